// Keys and passwords: whatever repeats them, no error shows them, neither in its words nor in its cause.
import { inspect } from 'node:util';
import type { LlmError } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { outcomeOf } from '../support/outcome.ts';
import { delta, finish, streamOf } from '../providers/openai-chat/chunks.ts';
import { startServer, type Answer } from '../support/servers.ts';

const said = 'no key sk-very-secret for team-secret at query/secret';
const settings = { model: 'm', apiKey: 'sk-very-secret', headers: { 'x-team': 'team-secret' } };
const query = '?key=query%2Fsecret';

function shown(error: LlmError | undefined): string {
  return inspect([error, error?.message, error?.stack, JSON.stringify(error)], { depth: 20, showHidden: true });
}

describe('no error shows what was sent in headers and query', () => {
  const chunk = JSON.stringify(delta({ content: 'a' }));
  const cases: [string, Answer][] = [
    ['an error status', { status: 401, contentType: 'application/json', pieces: [`{"error":{"message":"${said}"}}`] }],
    ['an error status with plain text', { status: 500, contentType: 'text/plain', pieces: [said] }],
    ['an error status whose text breaks off', { status: 401, pieces: ['no key sk-very-se'], atEnd: 'destroy' }],
    ['an error status with a long text', { status: 401, pieces: [`${'x '.repeat(90)}${said}`] }],
    ['an error in a chunk', { pieces: [streamOf([{ error: { message: said } }])] }],
    ['an error in a chunk after the finish reason', { pieces: [streamOf([finish('stop'), { error: said }])] }],
    ['an error event', { pieces: [`event: error\ndata: ${said}\n\n`] }],
    ['an error event that breaks off', { pieces: ['event: error\ndata: no key sk-very-se'] }],
    ['a web page', { contentType: 'text/html', pieces: [`<title>${said}</title>`] }],
    ['a content type', { contentType: 'text/sk-very-secret', pieces: ['<p>no</p>'] }],
    ['a line that is no JSON', { pieces: [`data: ${said}\n\n`] }],
    ['a line that is no JSON and is cut', { pieces: [`data: ${chunk.slice(0, 48)}sk-very-secret${chunk}\n\n`] }],
  ];
  test.each(cases)('though %s repeats it', async (_, answer) => {
    const server = await startServer(answer);
    const { error } = await outcomeOf(openaiChat({ ...settings, maxRetries: 0, baseUrl: `${server.url}/v1${query}` }));
    await server.close();
    expect(error?.message).toContain('***');
    expect(shown(error)).not.toMatch(/very-se|team-se|query.{1,3}se/);
  });

  test.each<[string, unknown]>([
    ['words', Object.assign(new TypeError(said), { code: 'ENOTFOUND' })],
    ['cause', new TypeError('fetch failed', { cause: new Error(said) })],
    ['fields', Object.assign(new Error('no'), { config: { headers: { authorization: 'Bearer sk-very-secret' } } })],
    ['value, which is no error', { message: said, request: { url: `http://127.0.0.1:9/v1${query}` } }],
    ['value, which is a text', said],
  ])('though the injected fetch rejects with it in its %s', async (_, reason) => {
    const fetch = () => new Promise<Response>((_resolve, reject) => reject(reason));
    const { error } = await outcomeOf(
      openaiChat({ ...settings, maxRetries: 0, baseUrl: `http://127.0.0.1:9/v1${query}`, fetch }),
    );
    expect(error?.code).toBe('connection');
    expect(shown(error)).not.toMatch(/very-secret|team-secret|query.{1,3}secret/);
  });

  test('and a cause keeps its words and its code', async () => {
    const reason = new TypeError('fetch failed', { cause: Object.assign(new Error('sk-very-secret'), { code: 'EX' }) });
    const fetch = () => Promise.reject(reason);
    const { error } = await outcomeOf(openaiChat({ ...settings, maxRetries: 0, baseUrl: 'http://127.0.0.1:9', fetch }));
    expect(error?.cause).toMatchObject({
      name: 'TypeError',
      message: 'fetch failed',
      cause: { message: '***', code: 'EX' },
    });
  });

  test('and a cause that leads back to itself is cut off', async () => {
    const reason = new Error('no luck');
    reason.cause = reason;
    const fetch = () => Promise.reject(reason);
    const { error } = await outcomeOf(openaiChat({ ...settings, maxRetries: 0, baseUrl: 'http://127.0.0.1:9', fetch }));
    expect(error).toMatchObject({ code: 'connection', cause: { message: 'no luck' } });
  });

  test('and leaves short values alone, which are words', async () => {
    const server = await startServer({ status: 400, pieces: ['not true, says me'] });
    const headers = { 'x-flag': 'true' };
    const { error } = await outcomeOf(
      openaiChat({ ...settings, maxRetries: 0, headers, baseUrl: `${server.url}?a=me` }),
    );
    await server.close();
    expect(error?.message).toMatch(/: not true, says me$/);
  });
});
