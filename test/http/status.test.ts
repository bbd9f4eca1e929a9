// HTTP statuses as errors: the code, what the server said, how long to wait.
import { jest } from '@jest/globals';
import { firstValueFrom, Subject, VirtualTimeScheduler } from 'rxjs';
import type { LlmError, LlmErrorCode } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { outcomeOf } from '../support/outcome.ts';
import { startServer, type Answer, type TestServer } from '../support/servers.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function errorOf(answer: Answer): Promise<LlmError> {
  server = await startServer({ contentType: 'application/json', ...answer });
  const { error } = await outcomeOf(openaiChat({ model: 'm', maxRetries: 0, baseUrl: `${server.url}/v1` }));
  return error!;
}

describe('an HTTP error', () => {
  const codes: [number, LlmErrorCode, boolean][] = [
    [400, 'bad_request', false],
    [401, 'auth', false],
    [402, 'permission', false],
    [403, 'permission', false],
    [404, 'not_found', false],
    [408, 'server_error', true],
    [413, 'bad_request', false],
    [422, 'bad_request', false],
    [429, 'rate_limited', true],
    [500, 'server_error', true],
    [502, 'server_error', true],
    [503, 'overloaded', true],
    [529, 'overloaded', true],
  ];
  test.each(codes)('%i is %s', async (status, code, retryable) => {
    const error = await errorOf({ status, pieces: ['{"error":{"message":"no luck"}}'] });
    expect(error).toMatchObject({ code, status, retryable, partial: { messages: [], status: 'failed' } });
    expect(error.message).toMatch(/^127\.0\.0\.1:\d+\/v1\/chat\/completions answered \d+.*: no luck/);
    expect(error.cause).toEqual({ error: { message: 'no luck' } });
  });

  test('429 for an account without credit is not worth another try', async () => {
    const error = await errorOf({ status: 429, pieces: ['{"error":{"message":"pay","code":"insufficient_quota"}}'] });
    expect(error).toMatchObject({ code: 'rate_limited', retryable: false });
  });

  test.each([
    ['{"error":{"message":"no luck"}}'],
    ['{"error":"no luck"}'],
    ['{"message":"no luck"}'],
    ['{"error":"Bad Request","message":"no luck"}'],
    ['{"detail":"no luck"}'],
    ['{"detail":[{"loc":["body"],"msg":"no luck"}]}'],
    ['[{"error":{"message":"no luck"}}]'],
    ['{"errors":[{"message":"no luck"}]}'],
    ['{"error":{"error":{"message":"no luck"}}}'],
    ['no luck'],
    ['<html><head><title>no luck</title></head><body>and more</body></html>'],
    ['<html><style>p{}</style><body><h1>no</h1>\n<p>luck</p></body></html>'],
  ])('says what the server says in %s', async (body) => {
    const error = await errorOf({ status: 400, pieces: [body] });
    expect(error.message).toMatch(/answered 400 Bad Request: no luck$/);
  });

  test("adds the upstream provider's own words (OpenRouter)", async () => {
    const error = await errorOf({
      status: 400,
      pieces: ['{"error":{"message":"Provider returned error","metadata":{"raw":"no luck"}}}'],
    });
    expect(error.message).toMatch(/: Provider returned error: no luck$/);
  });

  test('shows at most 200 characters of a page', async () => {
    const error = await errorOf({ status: 500, pieces: [`<p>${'x'.repeat(100_000)}</p>`] });
    expect(error.message.length).toBeLessThan(300);
  });

  test('reads no more of its body than it needs', async () => {
    const error = await errorOf({ status: 500, pieces: ['x'.repeat(200_000)], atEnd: 'stay' });
    expect(error.code).toBe('server_error');
    await expect(server!.requests[0]!.closed).resolves.toBe('aborted');
  });

  test('without a body is told by its status', async () => {
    expect((await errorOf({ status: 500 })).message).toMatch(/answered 500 Internal Server Error$/);
  });

  test('whose body breaks off is told by its status', async () => {
    expect(await errorOf({ status: 500, pieces: ['{"err'], atEnd: 'destroy' })).toMatchObject({
      code: 'server_error',
      status: 500,
    });
  });

  test.each([
    [{ 'retry-after': '2' }, 2000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '120', 'retry-after': '2' }, 120],
    [{ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT', date: 'Wed, 21 Oct 2026 07:28:00 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('with %j asks to wait %p ms', async (headers, retryAfterMs) => {
    const error = await errorOf({ status: 429, headers, pieces: ['{}'] });
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  test('whose body does not come is told after two seconds, with what has come', async () => {
    const scheduler = new VirtualTimeScheduler();
    const reading = new Subject<void>();
    const cancelled = jest.fn<() => void>();
    const pieces = ['{"error":{"message":"no luck"}}'];
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const piece = pieces.shift();
          if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece));
          else reading.next();
          return piece === undefined ? new Promise(() => undefined) : undefined;
        },
        cancel: cancelled,
      },
      { highWaterMark: 0 },
    );
    const fetch = () => Promise.resolve(new Response(body, { status: 429, headers: { 'retry-after': '3' } }));
    const stalled = firstValueFrom(reading);
    const outcome = outcomeOf(openaiChat({ model: 'm', maxRetries: 0, baseUrl: 'http://127.0.0.1:9', fetch }), {
      scheduler,
    });
    await stalled;
    expect(cancelled).not.toHaveBeenCalled();
    scheduler.flush();
    const { error } = await outcome;
    expect(error).toMatchObject({ code: 'rate_limited', retryAfterMs: 3000 });
    expect(error?.message).toMatch(/answered 429: no luck$/);
    expect(scheduler.now()).toBe(2000);
    expect(cancelled).toHaveBeenCalledTimes(1);
  });
});
