// A recorded answer, written down as JSON, read again and replied to: the next request holds it as Ollama wants it.
import { user } from 'rxllm';
import { ollama } from 'rxllm/ollama';
import { fromJSON } from 'rxllm/serialization';
import { streamCases } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { outcomeOfResponse } from '../../support/outcome.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { done, line, streamOf } from './lines.ts';

let server: TestServer;
afterEach(() => server.close());

/** The messages of the second request, after this answer to the first. */
async function secondRequest(answer: string | Uint8Array): Promise<readonly unknown[]> {
  const answers = [answer, streamOf([line({ content: 'ok' }), done()])];
  server = await startServer(() => ({ contentType: 'application/x-ndjson', pieces: [answers.shift()!] }));
  const model = ollama({ model: 'm', baseUrl: server.url });
  const tools = [{ name: 'get_current_weather', run: () => '22°C' }];
  const first = model.prompt('Weather?', { tools });
  expect((await outcomeOfResponse(first)).error).toBeUndefined();
  const again = fromJSON(JSON.stringify(first), { model });
  expect((await outcomeOfResponse(again.reply(user('Thanks'), { tools }))).error).toBeUndefined();
  return server.requests[1]!.json.messages as readonly unknown[];
}

const call = { function: { name: 'get_current_weather', arguments: { city: 'Paris' } } };

describe('the next request', () => {
  needs('corpus').test('holds thinking, call and result with their id', async () => {
    const { bytes, expected } = streamCases('ollama-chat').find(({ name }) => name.includes('reasoning-tools'))!;
    expect(await secondRequest(bytes)).toEqual([
      { role: 'user', content: 'Weather?' },
      {
        role: 'assistant',
        content: '',
        thinking: expected.reasoning,
        tool_calls: [{ id: 'call_gsiiy8py', ...call }],
      },
      { role: 'tool', content: '22°C', tool_name: 'get_current_weather', tool_call_id: 'call_gsiiy8py' },
      { role: 'user', content: 'Thanks' },
    ]);
  });

  test('holds no id where the server gave none', async () => {
    expect(await secondRequest(streamOf([line({ content: 'Hm', tool_calls: [call] }), done()]))).toEqual([
      { role: 'user', content: 'Weather?' },
      { role: 'assistant', content: 'Hm', tool_calls: [call] },
      { role: 'tool', content: '22°C', tool_name: 'get_current_weather' },
      { role: 'user', content: 'Thanks' },
    ]);
  });
});
