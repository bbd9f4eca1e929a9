// Arguments that come as values with paths are fragments of their JSON text.
import * as fc from 'fast-check';
import type { JsonObject, JsonValue, StreamEvent } from 'rxllm';
import { chunk, outcomeOfChunks, stop } from './chunks.ts';

type Pieces = readonly JsonObject[];

/** The outcome of one call whose arguments come in these pieces, one a chunk. */
function outcomeOfPieces(pieces: Pieces) {
  const part = (functionCall: JsonObject) => chunk([{ functionCall }]);
  return outcomeOfChunks([
    part({ name: 'f', id: 'a', willContinue: true }),
    ...pieces.map((piece) => part({ partialArgs: [piece], willContinue: true })),
    part({}),
    stop,
  ]);
}

const isArgs = (event: StreamEvent) => event.type === 'tool_call_args';

async function fragmentsOf(pieces: Pieces): Promise<readonly string[]> {
  const { events, error } = await outcomeOfPieces(pieces);
  expect(error).toBeUndefined();
  return events.filter(isArgs).map((event) => ('chunk' in event ? event.chunk : ''));
}

describe('streamed arguments', () => {
  test('come out as they come in', async () => {
    expect(
      await fragmentsOf([
        { jsonPath: '$.city', stringValue: 'Bos', willContinue: true },
        { jsonPath: '$.city', stringValue: 'ton "x"' },
        { jsonPath: '$.days', numberValue: 2 },
        { jsonPath: '$.warm', boolValue: false },
        { jsonPath: '$.note', nullValue: 'NULL_VALUE' },
      ]),
    ).toEqual(['{"city":"Bos', 'ton \\"x\\"', '","days":2', ',"warm":false', ',"note":null', '}']);
  });

  test('may be nested, in lists too, with names in quotes', async () => {
    const fragments = await fragmentsOf([
      { jsonPath: '$.trip.days[0].city', stringValue: 'Rome' },
      { jsonPath: "$.trip.days[0]['the hotel\\'s name']", stringValue: 'A' },
      { jsonPath: '$.trip.days[1].city', stringValue: 'Bari' },
      { jsonPath: '$["trip"].tags[0][0]', stringValue: 'x' },
      { jsonPath: '$.trip.tags[0][1]', numberValue: 1.5 },
      { jsonPath: '$.last', stringValue: '' },
    ]);
    expect(JSON.parse(fragments.join(''))).toEqual({
      trip: { days: [{ city: 'Rome', "the hotel's name": 'A' }, { city: 'Bari' }], tags: [['x', 1.5]] },
      last: '',
    });
  });

  test('may be none', async () => {
    const { messages } = await outcomeOfPieces([]);
    expect(messages[0]?.parts).toEqual([{ type: 'tool_call', name: 'f', arguments: {}, tool_call_id: 'a' }]);
  });

  test('may come with the name, and as many in one chunk', async () => {
    const partialArgs = [
      { jsonPath: '$.a', numberValue: 1 },
      { jsonPath: '$.b', numberValue: 2 },
    ];
    const { messages } = await outcomeOfChunks([chunk([{ functionCall: { name: 'f', id: 'a', partialArgs } }]), stop]);
    expect(messages[0]?.parts).toMatchObject([{ arguments: { a: 1, b: 2 } }]);
  });

  test('of any JSON that is written from the first value to the last are that JSON', async () => {
    const json = fc.letrec<{ value: JsonValue; record: JsonObject }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
        tie('record'),
      ),
      record: fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), {
        minKeys: 1,
        maxKeys: 3,
        noNullPrototype: true,
      }),
    })).record;
    await fc.assert(
      fc.asyncProperty(json, async (args) => {
        const text = (await fragmentsOf(piecesOf(args, '$'))).join('');
        expect(JSON.parse(text)).toEqual(args);
      }),
    );
  });

  test.each([
    ['a place that has been left', ['$.a.x', '$.b', '$.a.y']],
    ['the same value twice', ['$.a', '$.a']],
    ['a value inside a value', ['$.a', '$.a.b']],
    ['a list item too early', ['$.a[1]']],
    ['an index where names are', ['$.a.b', '$.a[0]']],
    ['no path', ['a']],
    ['a path to nothing', ['$']],
    ['half a path', ['$.a[']],
  ])('that lead to %s are an error, and what came is kept', async (_, paths) => {
    const { error } = await outcomeOfPieces(paths.map((jsonPath) => ({ jsonPath, numberValue: 1 })));
    expect(error).toMatchObject({ code: 'bad_response' });
    expect(error?.partial?.incomplete).toMatchObject([{ name: 'f', tool_call_id: 'a' }]);
  });

  test('that are cut off leave the call incomplete', async () => {
    const { error } = await outcomeOfChunks([
      chunk([
        {
          functionCall: {
            name: 'f',
            id: 'a',
            willContinue: true,
            partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }],
          },
        },
      ]),
    ]);
    expect(error).toMatchObject({ code: 'truncated' });
    expect(error?.partial).toMatchObject({
      messages: [],
      incomplete: [{ name: 'f', arguments_raw: '{"a":"x', tool_call_id: 'a' }],
    });
  });
});

test('calls in pieces follow each other, and a signature may come late', async () => {
  const part = (functionCall: JsonObject, more = {}) => chunk([{ functionCall, ...more }]);
  const { messages, events } = await outcomeOfChunks([
    part({ name: 'f', willContinue: true }),
    part({ partialArgs: [{ jsonPath: '$.x', numberValue: 1 }], willContinue: true }, { thoughtSignature: 'S' }),
    part({ name: 'f', id: 'b', willContinue: true }),
    part({ name: 'f', id: 'b', partialArgs: [{ jsonPath: '$.x', numberValue: 2 }], willContinue: true }),
    stop,
  ]);
  expect(messages[0]?.parts).toEqual([
    {
      type: 'tool_call',
      name: 'f',
      arguments: { x: 1 },
      tool_call_id: 'tc_r1_0',
      provider_metadata: { gemini: { thoughtSignature: 'S' }, rxllm: { synthetic_id: true } },
    },
    { type: 'tool_call', name: 'f', arguments: { x: 2 }, tool_call_id: 'b' },
  ]);
  expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'tool_calls' });
});

/** A value as a model writes it: one piece a value, strings in two. */
function piecesOf(value: JsonValue, jsonPath: string): Pieces {
  if (typeof value === 'string') {
    const middle = Math.floor(value.length / 2);
    return [
      { jsonPath, stringValue: value.slice(0, middle), willContinue: true },
      { jsonPath, stringValue: value.slice(middle) },
    ];
  }
  if (typeof value === 'number') return [{ jsonPath, numberValue: value }];
  if (typeof value === 'boolean') return [{ jsonPath, boolValue: value }];
  if (value === null) return [{ jsonPath, nullValue: 'NULL_VALUE' }];
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).flatMap((item, at) => piecesOf(item, `${jsonPath}[${at}]`));
  }
  return Object.entries(value).flatMap(([key, item]) => piecesOf(item, `${jsonPath}[${JSON.stringify(key)}]`));
}
