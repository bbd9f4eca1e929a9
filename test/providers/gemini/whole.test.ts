// Answers that come in one piece, asked for or not, are the same events.
import type { JsonObject } from 'rxllm';
import { gemini } from 'rxllm/gemini';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { chunk, outcomeOfChunks } from './chunks.ts';

const parts: readonly JsonObject[] = [
  { text: 'Hm', thought: true },
  { text: 'Hello' },
  { functionCall: { id: 'a', name: 'f', args: { x: 1 } }, thoughtSignature: 'S' },
  { functionCall: { name: 'g' } },
];
const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 2, totalTokenCount: 3 };
const answer = chunk(parts, { finishReason: 'STOP' }, { usageMetadata });

let server: TestServer;
afterEach(() => server?.close());

describe('a whole answer', () => {
  test('is asked for by another method, without server-sent events', async () => {
    server = await startServer({ contentType: 'application/json', pieces: [JSON.stringify(answer)] });
    await outcomeOf(gemini({ model: 'gemini-x', maxRetries: 0, baseUrl: `${server.url}/v1beta?a=b` }), {
      stream: false,
    });
    await outcomeOf(gemini({ model: 'gemini-x', maxRetries: 0, baseUrl: `${server.url}/v1beta/?a=b` }));
    expect(server.requests.map(({ path, headers }) => [path, headers.accept])).toEqual([
      ['/v1beta/models/gemini-x:generateContent?a=b', 'application/json'],
      ['/v1beta/models/gemini-x:streamGenerateContent?a=b&alt=sse', 'text/event-stream'],
    ]);
  });

  test.each([true, false])('is read from JSON when streaming was asked for: %p', async (stream) => {
    server = await startServer({ contentType: 'application/json', pieces: [JSON.stringify(answer, null, 2)] });
    const { events, messages, error } = await outcomeOf(gemini({ model: 'm', maxRetries: 0, baseUrl: server.url }), {
      stream,
    });
    expect(error).toBeUndefined();
    const streamed = await outcomeOfChunks([
      ...parts.map((part) => chunk([part])),
      chunk([], { finishReason: 'STOP' }, { usageMetadata }),
    ]);
    expect(messages).toEqual(streamed.messages);
    expect(events.slice(-2)).toEqual([
      { type: 'usage', usage: { input: 1, output: 2, details: { raw: usageMetadata } } },
      { type: 'finish', reason: 'tool_calls', raw_reason: 'STOP' },
    ]);
  });

  test('that is cut is truncated', async () => {
    server = await startServer({ contentType: 'application/json', pieces: [JSON.stringify(answer).slice(0, -40)] });
    const { error } = await outcomeOf(gemini({ model: 'm', maxRetries: 0, baseUrl: server.url }), { stream: false });
    expect(error).toMatchObject({ code: 'truncated' });
  });
});
