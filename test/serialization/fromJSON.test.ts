// A response again from its JSON: nothing is lost, bad input is told where it is bad.
import { concat, from, lastValueFrom, of, throwError, toArray } from 'rxjs';
import { LlmError, foldMessages, type ResponseJSON } from 'rxllm';
import { fromJSON, MessageSchema, StreamEventSchema } from 'rxllm/serialization';
import { callEvents, countingModel } from '../support/models.ts';

const model = countingModel(() =>
  from([
    { type: 'reasoning' as const, chunk: 'hm', provider_metadata: { anthropic: { signature: 's' } } },
    {
      type: 'reasoning' as const,
      chunk: '',
      redacted: true,
      part_index: 9,
      provider_metadata: { anthropic: { data: 'd' } },
    },
    { type: 'text' as const, chunk: 'first', message_index: 0 },
    { type: 'text' as const, chunk: 'second', message_index: 1 },
    ...callEvents('add', { a: 1 }, 'c1').map((event) => ({ ...event, message_index: 1 })),
    { type: 'usage' as const, usage: { input: 3, output: 5, details: { reasoning: 1 } } },
  ]),
);

async function answered(): Promise<ResponseJSON> {
  const response = model.prompt('Hi', { system: ' Be brief ', options: { temperature: 0 } });
  await response.text();
  return response.toJSON();
}

describe('fromJSON', () => {
  test('gives back what toJSON wrote, through text', async () => {
    const json = await answered();
    const restored = fromJSON(JSON.stringify(json), { model });
    expect(restored.toJSON()).toEqual(json);
    expect(JSON.stringify(restored)).toBe(JSON.stringify(json));
    expect(await restored.usage()).toEqual(json.usage);
    expect(await restored.text()).toBe('firstsecond');
  });

  test('replays events that fold to the stored messages, without asking the model', async () => {
    const json = await answered();
    const before = model.requests.length;
    const events = await lastValueFrom(fromJSON(json, { model }).pipe(toArray()));
    expect(foldMessages(events)).toEqual(json.messages);
    expect(events.at(0)).toMatchObject({ type: 'start', id: json.id });
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
    expect(model.requests).toHaveLength(before);
  });

  test('keeps how a response ended, and its incomplete calls', async () => {
    const failing = countingModel(() =>
      concat(
        from(['so far', { type: 'tool_call_name' as const, chunk: 'half' }]),
        throwError(() => new LlmError('truncated', 'cut')),
      ),
    );
    const error: LlmError = await failing
      .prompt('Hi')
      .text()
      .then(
        () => Promise.reject(new Error('it must fail')),
        (reason: LlmError) => reason,
      );
    const restored = fromJSON(JSON.parse(JSON.stringify(error.partial)), { model: failing });
    expect(restored.toJSON()).toEqual(error.partial);
    expect(restored.toJSON()).toMatchObject({ status: 'truncated', incomplete: [{ name: 'half', arguments_raw: '' }] });
    await expect(restored.text()).rejects.toMatchObject({ code: 'truncated', partial: error.partial });
    await expect(lastValueFrom(restored)).rejects.toMatchObject({ code: 'truncated' });
    const answering = countingModel(() => of('more'));
    expect(await fromJSON(error.partial, { model: answering }).reply('go on').text()).toBe('more');
    expect(answering.requests[0]!.messages).toHaveLength(3);
  });

  test('keeps what it read, whatever is done to the data later', () => {
    const call = { type: 'tool_call', name: 'f', arguments: { a: 1 } };
    const data = { model: 'm', prompt: { messages: [] }, messages: [{ role: 'assistant', parts: [call] }] };
    const restored = fromJSON(data, { model });
    call.arguments.a = 2;
    expect(restored.toJSON().messages[0]!.parts[0]).toMatchObject({ arguments: { a: 1 } });
  });

  test('keeps a key __proto__ as data', () => {
    const text =
      '{"model":"m","prompt":{"messages":[]},"messages":[{"role":"assistant","parts":[{"type":"tool_call","name":"f","arguments":{"__proto__":{"x":1}}}]}]}';
    const json = fromJSON(text, { model }).toJSON();
    expect(JSON.stringify(json)).toBe(text);
    expect({}).not.toHaveProperty('x');
  });

  test.each([
    ['{"model":1}', /model/],
    ['{', /not JSON/],
    [
      '{"model":"m","prompt":{"messages":[]},"messages":[{"role":"a","parts":[{"type":"text"}]}]}',
      /messages\[0\]\.parts\[0\]\.text/,
    ],
    [
      '{"model":"m","prompt":{"messages":[]},"messages":[{"role":"a","parts":[{"type":"song"}]}]}',
      /messages\[0\]\.parts\[0\]\.type/,
    ],
  ])('tells the path and the reason: %s', (text, message) => {
    expect(() => fromJSON(text, { model })).toThrow(message);
    expect(() => fromJSON(text, { model })).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});

describe('the schemas', () => {
  test('read defaults that are written out, and leave them out', () => {
    const written = {
      role: 'user',
      parts: [{ type: 'text', text: 'a', provider_metadata: null }],
      provider_metadata: {},
    };
    expect(MessageSchema.parse(written)).toEqual({ role: 'user', parts: [{ type: 'text', text: 'a' }] });
  });

  test('read the events of a run, and events of a type they do not know', async () => {
    const events = await lastValueFrom(model.prompt('Hi').pipe(toArray()));
    expect(events.map((event) => StreamEventSchema.parse(event))).toEqual(events);
    const unknown = { type: 'weather', degrees: 3 };
    expect(StreamEventSchema.parse(unknown)).toEqual(unknown);
    expect(() => StreamEventSchema.parse({ type: 'text' })).toThrow();
    expect(() => StreamEventSchema.parse({ chunk: 'no type' })).toThrow();
  });
});
