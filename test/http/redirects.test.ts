// Redirects: which are followed, and what is said of the others. That no key goes to another server is in test/faults.
import { openaiChat } from 'rxllm/openai';
import { outcomeOf } from '../support/outcome.ts';
import { startServer, type TestServer } from '../support/servers.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const answer = 'data: {"choices":[{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

/** Redirects from `/v1`, and answers elsewhere. */
async function redirected(status: number, location: string) {
  const started = await startServer((path) =>
    path.startsWith('/v1/')
      ? { status, headers: { location: location.replace('HOST', new URL(started.url).host) } }
      : { contentType: 'text/event-stream', pieces: [answer] },
  );
  server = started;
  const outcome = await outcomeOf(openaiChat({ model: 'm', maxRetries: 0, baseUrl: `${started.url}/v1` }));
  return { ...outcome, requests: started.requests };
}

describe('a redirect', () => {
  test.each([307, 308])('%i is followed on the same host, with the body of the request', async (status) => {
    const { events, requests } = await redirected(status, '/v2/chat');
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
    expect(requests.map(({ path, json }) => [path, json.model])).toEqual([
      ['/v1/chat/completions', 'm'],
      ['/v2/chat', 'm'],
    ]);
  });

  const where = String.raw`^127\.0\.0\.1:\d+/v1/chat/completions redirects`;
  test.each([
    ['that makes a GET of a POST', 302, '/v2', String.raw`to 127\.0\.0\.1:\d+ with status 302, which makes a GET`],
    ['to another server', 307, 'http://example.test/v2', 'to example.test, another server, which is sent no key'],
    ['to what is no server', 307, 'data:text/event-stream,hello', 'to data:, another server, which is sent no key'],
    ['with a password', 307, 'http://ada:secret@HOST/v2', 'to an address with a user name or a password'],
    ['without a place', 307, '', 'to nowhere'],
    ['to no URL', 307, 'http://', 'to nowhere'],
    ['to itself', 308, '/v1/chat/completions', 'once more, after 5 times'],
  ] as const)('%s is refused', async (_, status, location, message) => {
    const { error, requests } = await redirected(status, location);
    expect(error).toMatchObject({ code: 'bad_response', status, retryable: false });
    expect(error?.message).toMatch(new RegExp(`${where} ${message}.*; if that is right, change baseUrl$`));
    expect(error?.message).not.toContain('secret');
    expect(requests).toHaveLength(message.startsWith('once more') ? 6 : 1);
  });
});
