// The bytes of an event stream: however they are written and cut, the events are the same.
import * as fc from 'fast-check';
import { lastValueFrom, tap } from 'rxjs';
import { openaiChat } from 'rxllm/openai';
import { ofType } from 'rxllm/operators';
import { call, delta, done, finish, outcomeOfBytes, streamOf } from '../providers/openai-chat/chunks.ts';
import { fetchOf } from '../support/servers.ts';

const chunks = [
  delta({ reasoning: 'Hm ½ 👩‍👩‍👧‍👦' }),
  delta({ content: 'a\u2028日本\n語' }),
  call({ index: 0, id: 'c', function: { name: 'f', arguments: '{"x":"é"}' } }),
  finish('tool_calls'),
  { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
];
const plain = streamOf([...chunks, done]);
const encode = (text: string) => new TextEncoder().encode(text);

async function eventsOf(pieces: Iterable<Uint8Array>, contentType?: string): Promise<unknown> {
  const { events, error } = await outcomeOfBytes(pieces, contentType);
  return [error?.code, events.map((event) => (event.type === 'start' ? event.resolved_model : event))];
}

describe('an event stream', () => {
  test.each([
    ['CRLF line ends', plain.replaceAll('\n', '\r\n')],
    ['CR line ends', plain.replaceAll('\n', '\r')],
    ['no space after the colon', plain.replaceAll('data: ', 'data:')],
    ['a byte order mark', `\uFEFF${plain}`],
    ['blank lines first', `\n\n${plain}`],
    ['comments', plain.replaceAll('data: ', ': keep-alive\n\ndata: ')],
    ['empty data', plain.replaceAll('data: {', 'data:\n\ndata: {')],
    ['ids, names and unknown fields', plain.replaceAll('data: ', 'id: 1\nevent: message\nretry: 10\nfoo: bar\ndata: ')],
    ['data over several lines', plain.replaceAll('data: {"id"', 'data: {\ndata: "id"')],
    ['no blank line at the end', plain.trimEnd()],
    ['no end marker', streamOf(chunks)],
  ])('is the same with %s', async (_, text) => {
    expect(await eventsOf([encode(text)])).toEqual(await eventsOf([encode(plain)]));
  });

  test.each(['text/event-stream; charset=utf-8', 'application/octet-stream', 'text/plain', 'application/json', ''])(
    'is the same with content type "%s"',
    async (contentType) => {
      expect(await eventsOf([encode(plain)], contentType)).toEqual(await eventsOf([encode(plain)]));
    },
  );

  test.each([plain, `\uFEFF${plain.replaceAll('\n', '\r\n')}`])('is the same wherever it is cut (%#)', async (text) => {
    const bytes = encode(text);
    const whole = await eventsOf([bytes]);
    const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (positions) => {
        const ends = [...positions.toSorted((a, b) => a - b), bytes.length];
        const pieces = ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end));
        expect(await eventsOf(pieces)).toEqual(whole);
      }),
      { seed: 42, numRuns: 300 },
    );
  });

  test('costs in proportion to the empty lines before it', async () => {
    const timeOf = async (lines: number) => {
      const before = performance.now();
      const pieces = Array.from({ length: lines }, () => encode('\n'));
      expect(await eventsOf([...pieces, encode(plain)])).toEqual(await eventsOf([encode(plain)]));
      return performance.now() - before;
    };
    await timeOf(10_000);
    // Looked at again with every piece, they would cost 64 times as much.
    expect(await timeOf(160_000)).toBeLessThan((await timeOf(20_000)) * 25 + 500);
  }, 60_000);

  test('takes a mark of the byte order for a character when it is not the first', async () => {
    const text = streamOf([delta({ content: 'a' }), delta({ content: '\uFEFFb' }), finish('stop')]);
    const bytes = encode(text);
    const at = bytes.indexOf(0xef);
    const { messages } = await outcomeOfBytes([bytes.subarray(0, at), bytes.subarray(at)]);
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'a\uFEFFb' }]);
  });

  test('reaches the subscriber synchronously, all that one read brings', async () => {
    const order: string[] = [];
    const pieces = [1, 2].map((n) => encode(streamOf([delta({ content: `${n}a` }), delta({ content: `${n}b` })])));
    const model = openaiChat({ model: 'm', baseUrl: 'http://127.0.0.1:9', fetch: fetchOf([...pieces, encode(done)]) });
    await lastValueFrom(
      model.prompt('Hi').pipe(
        ofType('text'),
        tap(({ chunk }) => {
          order.push(chunk);
          queueMicrotask(() => order.push('later'));
        }),
      ),
    );
    expect(order).toEqual(['1a', '1b', 'later', 'later', '2a', '2b', 'later', 'later']);
  });

  test('that is any JSON gives an error of ours or an answer, and nothing else', async () => {
    const word = fc.constantFrom(
      'choices',
      'delta',
      'message',
      'content',
      'tool_calls',
      'function',
      'name',
      'arguments',
      'index',
      'id',
      'usage',
      'reasoning_details',
      'type',
      'text',
      'thinking',
      'logprobs',
      'images',
      'executed_tools',
      'function_call',
      'model',
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 6 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(word, tie('value'), { maxKeys: 6 }),
      ),
    }));
    const codes = [undefined, 'bad_response', 'truncated', 'provider_error'];
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 4 }), async (values) => {
        const text = values
          .map(
            (item) =>
              `data: ${JSON.stringify({ choices: [item] })}\n\ndata: ${JSON.stringify({ choices: [{ delta: item }] })}\n\n`,
          )
          .join('');
        const { error } = await outcomeOfBytes([encode(text + streamOf([finish('stop')]))]);
        expect(codes).toContain(error?.code);
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});
