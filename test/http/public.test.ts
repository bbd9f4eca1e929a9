// `rxllm/http` by itself, as somebody uses it who writes a provider.
import { asyncScheduler, lastValueFrom, map, toArray } from 'rxjs';
import { LlmError } from 'rxllm';
import { ndjson, sse, type HttpRequest } from 'rxllm/http';
import { startServer, type Answer } from '../support/servers.ts';

const isLast = () => false;
const kinds = {
  sse: (request: HttpRequest) => sse(request, { isLast }).pipe(map(({ data }) => data)),
  ndjson: (request: HttpRequest) => ndjson(request, { isLast }).pipe(map(({ data }) => data)),
};

function requestTo(url: string): HttpRequest {
  const headers = new Headers({ authorization: 'Bearer sk-very-secret' });
  return { url: `${url}/talk?token=query-secret`, headers, body: { say: 'hi' }, scheduler: asyncScheduler };
}

async function asking<T>(answer: Answer, ask: (request: HttpRequest) => Promise<T>): Promise<T> {
  const server = await startServer(answer);
  try {
    return await ask(requestTo(server.url));
  } finally {
    await server.close();
  }
}

test('sse gives events, and a JSON document that stands between them as an error event', async () => {
  const pieces = ['data: 1\n\n', 'event: ping\ndata: 2\n\n{\n  "error": {\n    "code": 503\n  }\n}\n', 'data: 3\n\n'];
  const events = await asking({ pieces }, (request) => lastValueFrom(sse(request, { isLast }).pipe(toArray())));
  expect(events).toMatchObject([
    { data: '1' },
    { data: '2', event: 'ping' },
    { event: 'error', data: '{\n  "error": {\n    "code": 503\n  }\n}' },
    { data: '3' },
  ]);
});

test('ndjson gives lines', async () => {
  const pieces = ['{"a":1}\r\n\n{"b"', ':2}\n', '{"c":3}'];
  const lines = await asking({ pieces }, (request) => lastValueFrom(ndjson(request, { isLast }).pipe(toArray())));
  expect(lines).toEqual([{ data: '{"a":1}' }, { data: '{"b":2}' }, { data: '{"c":3}', tail: true }]);
});

describe.each(Object.entries(kinds))('%s', (_, ask) => {
  test('sends nothing before it is subscribed', async () => {
    const server = await startServer({});
    ask(requestTo(server.url));
    expect(server.requests).toHaveLength(0);
    await server.close();
  });

  test.each<[string, Answer, string]>([
    ['a status', { status: 401, pieces: ['no key sk-very-secret for query-secret'] }, 'auth'],
    ['a page', { contentType: 'text/html', pieces: ['<title>sk-very-secret</title>'] }, 'bad_response'],
  ])('keeps secrets out of the error for %s', async (__, answer, code) => {
    const error: unknown = await asking(answer, (request) => lastValueFrom(ask(request))).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(LlmError);
    expect(error).toMatchObject({ code, message: expect.stringContaining('***') });
    expect(`${(error as LlmError).message} ${String((error as LlmError).cause)}`).not.toContain('secret');
  });
});
