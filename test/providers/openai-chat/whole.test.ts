// Answers that come in one piece, asked for or not, are the same events.
import { foldMessages } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { startServer, type TestServer } from '../../support/servers.ts';
import { outcomeOf } from '../../support/outcome.ts';
import { call, delta, done, finish, outcomeOfBytes, streamOf } from './chunks.ts';

const message = {
  role: 'assistant',
  content: 'Hello',
  reasoning_content: 'Hm',
  refusal: null,
  annotations: [],
  tool_calls: [
    { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
    { id: 'b', type: 'function', function: { name: 'g', arguments: '' } },
  ],
};
const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
const document = JSON.stringify(
  { id: 'chatcmpl-1', model: 'served', choices: [{ index: 0, message, finish_reason: 'tool_calls' }], usage },
  null,
  2,
);
const encode = (text: string) => new TextEncoder().encode(text);

let server: TestServer;
afterEach(() => server?.close());

describe('a whole answer', () => {
  test.each([true, false])('is read from JSON when streaming was asked for: %p', async (stream) => {
    server = await startServer({ contentType: 'application/json', pieces: [document] });
    const { events, messages, error } = await outcomeOf(
      openaiChat({ model: 'm', maxRetries: 0, baseUrl: server.url }),
      { stream },
    );
    expect(error).toBeUndefined();
    expect(server.requests[0]).toMatchObject({
      json: { stream },
      headers: { accept: stream ? 'text/event-stream' : 'application/json' },
    });
    expect(messages[0]?.parts).toEqual([
      { type: 'reasoning', text: 'Hm', provider_metadata: { openai: { reasoning_field: 'reasoning_content' } } },
      { type: 'text', text: 'Hello' },
      { type: 'tool_call', name: 'f', arguments: { x: 1 }, tool_call_id: 'a' },
      { type: 'tool_call', name: 'g', arguments: {}, tool_call_id: 'b' },
    ]);
    expect(events[0]).toMatchObject({ type: 'start', resolved_model: 'served' });
    expect(events.slice(-2)).toEqual([
      { type: 'usage', usage: { input: 1, output: 2, details: { raw: usage } } },
      { type: 'finish', reason: 'tool_calls', raw_reason: 'tool_calls' },
    ]);
  });

  test('makes the messages that the same answer makes as a stream', async () => {
    const [a, b] = message.tool_calls;
    const stream = streamOf([
      delta({ reasoning_content: 'H' }),
      delta({ reasoning_content: 'm' }),
      delta({ content: 'Hel' }),
      delta({ content: 'lo' }),
      call({ index: 0, ...a, function: { name: 'f', arguments: '{"x"' } }),
      call({ index: 1, ...b }),
      call({ index: 0, function: { arguments: ':1}' } }),
      finish('tool_calls'),
      done,
    ]);
    const [whole, streamed] = await Promise.all([outcomeOfBytes([encode(document)]), outcomeOfBytes([encode(stream)])]);
    expect(foldMessages(whole.events)).toEqual(foldMessages(streamed.events));
  });

  test('is truncated when its JSON is', async () => {
    const { error } = await outcomeOfBytes([encode(document.slice(0, -20))], 'application/json');
    expect(error?.code).toBe('truncated');
  });

  test('is whole without a finish reason', async () => {
    const { error, events } = await outcomeOfBytes([encode('{"choices":[{"message":{"content":"a"}}]}')]);
    expect([error, events.at(-1)]).toEqual([undefined, { type: 'finish', reason: 'unknown' }]);
  });

  test('is the same wherever its bytes are cut', async () => {
    const bytes = encode(document);
    const whole = await outcomeOfBytes([bytes]);
    for (let at = 1; at < bytes.length; at++) {
      const cut = await outcomeOfBytes([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(cut.events.slice(1)).toEqual(whole.events.slice(1));
    }
  });
});
