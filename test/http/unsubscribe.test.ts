// Subscriptions and sockets: the server sees who is there.
import {
  AsyncSubject,
  firstValueFrom,
  lastValueFrom,
  of,
  Subject,
  switchMap,
  take,
  takeUntil,
  VirtualTimeScheduler,
  type Observable,
  type Subscription,
} from 'rxjs';
import type { LlmResponse, StreamEvent } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { idleTimeout } from 'rxllm/operators';
import { outcomeOf } from '../support/outcome.ts';
import { delta, done, finish, streamOf } from '../providers/openai-chat/chunks.ts';
import { fetchOf, startServer, type Answer, type TestServer } from '../support/servers.ts';

let server: TestServer;
afterEach(() => server.close());

const openEnded: Answer = { pieces: [streamOf([delta({ content: 'a' }), delta({ content: 'b' })])], atEnd: 'stay' };

async function responseTo(answer: Answer): Promise<LlmResponse> {
  server = await startServer(answer);
  return openaiChat({ model: 'm', baseUrl: server.url }).prompt('Hi');
}

function closed(number = 0): Promise<'finished' | 'aborted'> {
  return server.request(number).then((request) => request.closed);
}

/** Subscribes, and resolves with the first event of the type. */
function until(source$: Observable<StreamEvent>, type: StreamEvent['type']): Promise<Subscription> {
  return new Promise((resolve) => {
    const subscription = source$.subscribe((event) => {
      if (event.type === type) resolve(subscription);
    });
  });
}

describe('unsubscribing closes the connection', () => {
  test('when the only subscriber unsubscribes', async () => {
    const subscription = await until(await responseTo(openEnded), 'text');
    subscription.unsubscribe();
    await expect(closed()).resolves.toBe('aborted');
  });

  test('when take(n) has enough', async () => {
    const response = await responseTo(openEnded);
    const events: StreamEvent[] = [];
    response.pipe(take(2)).subscribe((event) => events.push(event));
    await expect(closed()).resolves.toBe('aborted');
    expect(events.map((event) => event.type)).toEqual(['start', 'text']);
  });

  test('when it falls silent under idleTimeout, which keeps what had arrived', async () => {
    const response = await responseTo(openEnded);
    await expect(lastValueFrom(response.pipe(idleTimeout(100)))).rejects.toMatchObject({
      code: 'idle_timeout',
      partial: { model: 'm', messages: [{ role: 'assistant', parts: [{ type: 'text', text: 'ab' }] }] },
    });
    await expect(closed()).resolves.toBe('aborted');
  });

  test('when takeUntil is notified', async () => {
    const stop$ = new Subject<void>();
    const response = await responseTo(openEnded);
    await until(response.pipe(takeUntil(stop$)), 'text');
    stop$.next();
    await expect(closed()).resolves.toBe('aborted');
  });

  test('when switchMap goes on to another prompt', async () => {
    const response = await responseTo(openEnded);
    const prompts$ = new Subject<Observable<StreamEvent>>();
    const subscribed = until(prompts$.pipe(switchMap((next$) => next$)), 'text');
    prompts$.next(response);
    await subscribed;
    prompts$.next(of());
    await expect(closed()).resolves.toBe('aborted');
  });

  test('before any answer has come', async () => {
    server = await startServer({});
    const signals: AbortSignal[] = [];
    const model = openaiChat({
      model: 'm',
      baseUrl: server.url,
      fetch: (_, init) => {
        signals.push(init.signal!);
        return new Promise(() => undefined);
      },
    });
    model.prompt('Hi').subscribe().unsubscribe();
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
    expect(server.requests).toHaveLength(0);
  });

  test.each([200, 500])('and cancels the body (%i) of a fetch that does not listen to signals', async (status) => {
    server = await startServer({});
    const cancelled = new Promise<string>((resolve) => {
      const bytes = new TextEncoder().encode(streamOf([delta({ content: 'a' })]));
      const body: ReadableStream<Uint8Array> = new ReadableStream({
        start: (controller) => controller.enqueue(bytes),
        // Called when it is being read.
        pull: () => subscription.unsubscribe(),
        cancel: () => resolve('cancelled'),
      });
      const headers = { 'content-type': 'text/event-stream' };
      const fetch = () => Promise.resolve(new Response(body, { status, headers }));
      const subscription = openaiChat({ model: 'm', baseUrl: server.url, fetch }).prompt('Hi').subscribe();
    });
    await expect(cancelled).resolves.toBe('cancelled');
  });
});

describe('a subscription is a request', () => {
  test('and nothing is sent before it', async () => {
    const response = await responseTo({ pieces: [streamOf([delta({ content: 'a' }), finish('stop')])] });
    expect(server.connections).toBe(0);
    const texts = await Promise.all(
      [1, 2, 3].map(() => new Promise((resolve) => void response.subscribe({ complete: () => resolve('done') }))),
    );
    expect(texts).toEqual(['done', 'done', 'done']);
    expect(server.requests).toHaveLength(3);
  });

  test('and one after another they use connections again, because each is read to its end', async () => {
    server = await startServer({ pieces: [streamOf([delta({ content: 'a' }), finish('stop')]), done] });
    for (let number = 0; number < 6; number++) {
      const read$ = new AsyncSubject<void>();
      const read = firstValueFrom(read$, { defaultValue: undefined });
      const model = openaiChat({
        model: 'm',
        baseUrl: server.url,
        async fetch(url, init) {
          const response = await fetch(url, init);
          const watched = new TransformStream<Uint8Array, Uint8Array>({ flush: () => read$.complete() });
          return new Response(response.body!.pipeThrough(watched), response);
        },
      });
      expect((await outcomeOf(model)).error).toBeUndefined();
      await read;
    }
    // Node's fetch may not have taken a connection back in the moment in which its body ends.
    expect(server.requests).toHaveLength(6);
    expect(server.connections).toBeLessThanOrEqual(2);
  });
});

describe('after the end marker', () => {
  test('the response is done at once, though the body has not ended', async () => {
    server = await startServer({ pieces: [streamOf([delta({ content: 'a' }), finish('stop'), done])], atEnd: 'stay' });
    expect((await outcomeOf(openaiChat({ model: 'm', baseUrl: server.url }))).error).toBeUndefined();
  });

  test('a server that does not end the body is cut off after a second', async () => {
    server = await startServer({ pieces: [streamOf([delta({ content: 'a' }), done])], atEnd: 'stay' });
    // A second of the clock, though nobody moves the time of the run on.
    await outcomeOf(openaiChat({ model: 'm', baseUrl: server.url }), { scheduler: new VirtualTimeScheduler() });
    await expect(closed()).resolves.toBe('aborted');
  });

  test('what still comes is read and dropped', async () => {
    server = await startServer({});
    const pieces = [streamOf([delta({ content: 'a' }), finish('stop'), done]), streamOf([delta({ content: 'late' })])];
    const fetch = fetchOf(pieces.map((piece) => new TextEncoder().encode(piece)));
    const { messages } = await outcomeOf(openaiChat({ model: 'm', baseUrl: server.url, fetch }));
    expect(messages).toMatchObject([{ parts: [{ type: 'text', text: 'a' }] }]);
  });
});
