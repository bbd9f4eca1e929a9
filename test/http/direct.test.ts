// A fetch with a way around Promises, as somebody uses it who writes a transport: all of it happens synchronously.
import { Observable, Subject, VirtualTimeScheduler, type Subscriber } from 'rxjs';
import type { LlmError } from 'rxllm';
import { direct, ndjson, sse, type DirectFetch, type HttpRequest, type ResponseHead } from 'rxllm/http';

const utf8 = (text: string) => new TextEncoder().encode(text);
const ok: ResponseHead = { status: 200, contentType: 'text/event-stream' };

function setUp(more: Partial<HttpRequest> = {}, ask = sse) {
  const requests: HttpRequest[] = [];
  const scheduler = new VirtualTimeScheduler();
  let called = 0;
  let left = 0;
  const server = new Subject<ResponseHead | Uint8Array>();
  const fetch: DirectFetch = Object.assign(
    () => {
      called += 1;
      return Promise.reject(new Error('called'));
    },
    {
      [direct]: (request: HttpRequest) => {
        requests.push(request);
        return new Observable((subscriber: Subscriber<ResponseHead | Uint8Array>) => {
          subscriber.add(() => (left += 1));
          return server.subscribe(subscriber);
        });
      },
    },
  );
  const seen: string[] = [];
  const request = {
    url: 'http://api.example/x?k=secret-key',
    headers: new Headers(),
    body: { a: 1 },
    fetch,
    scheduler,
  };
  const events$ = ask({ ...request, ...more }, { isLast: ({ data }) => data === 'last' });
  const subscribe = () =>
    events$.subscribe({
      next: ({ data }) => seen.push(data),
      error: (error: LlmError) => seen.push(`${error.code}: ${error.message}`),
      complete: () => seen.push('complete'),
    });
  return { server, scheduler, requests, seen, subscribe, called: () => called, left: () => left };
}

test('is asked instead of being called, once a subscription, and what it gives is there at once', () => {
  const { server, requests, seen, subscribe, called } = setUp();
  expect(requests).toEqual([]);
  subscribe();
  expect(requests).toMatchObject([{ url: 'http://api.example/x?k=secret-key', body: { a: 1 } }]);
  server.next(ok);
  server.next(utf8('data: 1\n\nda'));
  expect(seen).toEqual(['1']);
  server.next(utf8('ta: ü\n\n').subarray(0, 5));
  server.next(utf8('ta: ü\n\n').subarray(5));
  expect(seen).toEqual(['1', 'ü']);
  server.complete();
  expect(seen).toEqual(['1', 'ü', 'complete']);
  expect(called()).toBe(0);
});

test('serves lines too', () => {
  const { server, seen, subscribe } = setUp({}, ndjson);
  subscribe();
  server.next(ok);
  server.next(utf8('{"a":1}\n{"b"'));
  server.next(utf8(':2}'));
  server.complete();
  expect(seen).toEqual(['{"a":1}', '{"b":2}', 'complete']);
});

test('an error before the head is a connection that was not made, one after it a body that broke off', () => {
  const refused = setUp();
  refused.subscribe();
  refused.server.error(new Error('no route with secret-key'));
  expect(refused.seen).toEqual(['connection: cannot reach api.example/x: no route with ***']);
  const broken = setUp();
  broken.subscribe();
  broken.server.next(ok);
  broken.server.error(new Error('cut'));
  expect(broken.seen).toEqual(['truncated: the answer of api.example/x broke off: cut']);
});

test('a status other than 2xx is an error with what the body says', () => {
  const { server, seen, subscribe, left } = setUp();
  subscribe();
  server.next({ status: 404, contentType: 'application/json' });
  server.next(utf8('{"error":"no such model"}'));
  server.complete();
  expect(seen).toEqual(['not_found: api.example/x answered 404: no such model']);
  expect(left()).toBe(1);
});

test('a refusal whose body does not end is told after two seconds', () => {
  const { server, scheduler, seen, subscribe, left } = setUp();
  subscribe();
  server.next({ status: 500, contentType: 'text/plain' });
  server.next(utf8('oops'));
  scheduler.flush();
  expect(seen).toEqual(['server_error: api.example/x answered 500: oops…']);
  expect(scheduler.frame).toBe(2000);
  expect(left()).toBe(1);
});

test('time limits hold for it', () => {
  const { server, scheduler, seen, subscribe, left } = setUp({
    timeouts: { connectMs: 5, firstEventMs: 7, idleMs: 9 },
  });
  subscribe();
  scheduler.schedule(() => server.next(ok), 5);
  scheduler.schedule(() => server.next(utf8('data: 1\n\n')), 11);
  scheduler.flush();
  expect(seen).toEqual([expect.stringMatching(/^connect_timeout: /)]);
  expect(left()).toBe(1);
});

test('who leaves leaves it at once, also after the last event', () => {
  for (const data of ['1', 'last']) {
    const { server, seen, subscribe, left } = setUp();
    const subscription = subscribe();
    server.next(ok);
    server.next(utf8(`data: ${data}\n\n`));
    expect(left()).toBe(0);
    subscription.unsubscribe();
    expect(left()).toBe(1);
    server.next(utf8('data: 2\n\n'));
    expect(seen).toEqual([data]);
  }
});

test('is not asked for a request with bad time limits', () => {
  const { requests, seen, subscribe } = setUp({ timeouts: { idleMs: -1 } });
  subscribe();
  expect(requests).toEqual([]);
  expect(seen).toEqual([expect.stringMatching(/^invalid_input: timeouts.idleMs/)]);
});
