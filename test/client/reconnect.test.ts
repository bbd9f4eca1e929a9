// A client whose connection is cut, wherever that is: every event once, in order.
import { lastValueFrom, tap, toArray, type Observable } from 'rxjs';
import type { ConnectOptions, HubEntry } from 'rxllm/client';
import { connectTo, createSource, startHub, words, type TestHub } from '../support/hubs.ts';
import { startProxy, type ProxyOptions, type TestProxy } from '../support/proxies.ts';

let server: TestHub;

beforeAll(async () => {
  server = await startHub();
});

afterAll(() => server.close());

const seqs = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

/** Publishes a stream whose next event comes when `follow` has seen the one before: one message each. */
function publishSteps(id: string, count: number): (entries$: Observable<HubEntry>) => Promise<readonly HubEntry[]> {
  const source = createSource();
  server.hub.publish(id, source);
  const texts = words(count);
  const step = (seen: number) => {
    const text = texts[seen];
    if (text === undefined) source.complete();
    else source.next(text);
  };
  step(0);
  return (entries$) => lastValueFrom(entries$.pipe(tap({ next: ({ seq }) => seq <= count && step(seq) }), toArray()));
}

describe('a connection that is cut', () => {
  const count = 200;

  test.each([
    ['the next comes while it is away', (next: () => void) => next()],
    ['the next comes when it is back', undefined],
  ])(`after each of ${count} events goes on there: %s`, async (_, whileAway) => {
    const { hub, url } = server;
    const id = `cut ${whileAway ? 'away' : 'back'}`;
    const source = createSource();
    hub.publish(id, source);
    const { client, sockets } = connectTo(url);
    const cuts: number[] = [];
    const texts = words(count);
    const step = (seen: number) => (seen < count ? source.next(texts[seen]!) : source.complete());
    const isBack = client.state$.subscribe(({ status }) => {
      // The next that the server says is that the stream is attached.
      if (status === 'open' && !whileAway) sockets.at(-1)!.once('message', () => step(cuts.length));
    });
    if (whileAway) step(0);
    const seen = await lastValueFrom(
      client.entries(id).pipe(
        tap(({ seq }) => {
          if (seq > count) return;
          cuts.push(seq);
          sockets.at(-1)!.terminate();
          whileAway?.(() => step(seq));
        }),
        toArray(),
      ),
    );
    isBack.unsubscribe();
    expect(seen.map(({ seq }) => seq)).toEqual(seqs(count + 1));
    expect(seen).toEqual(await lastValueFrom(hub.attach(id).pipe(toArray())));
    expect(cuts).toEqual(seqs(count));
    // Each brought one event, and the last one the end.
    expect(sockets).toHaveLength(count + 1);
  });
});

describe('a network', () => {
  const count = 20;
  let proxy: TestProxy;
  let limit: number | undefined;
  let runs = 0;

  /** A proxy whose next connection breaks after `limit` bytes; those after it stay. */
  async function breakOnce(how: ProxyOptions['how']): Promise<void> {
    proxy = await startProxy(server.port, {
      how,
      breakAfter: () => {
        const now = limit;
        limit = undefined;
        return now;
      },
    });
  }

  afterEach(() => proxy.close());

  /** Follows a stream through the proxy: how many connections that took, and whether it was all there. */
  async function follow(options: ConnectOptions = {}): Promise<number> {
    const before = proxy.connections;
    runs += 1;
    const id = `network ${String(runs).padStart(6, '0')}`;
    const { client } = connectTo(`ws://127.0.0.1:${proxy.port}/hub`, options);
    const seen = await publishSteps(id, count)(client.entries(id));
    expect(seen).toEqual(await lastValueFrom(server.hub.attach(id).pipe(toArray())));
    expect(seen).toHaveLength(count + 1);
    return proxy.connections - before;
  }

  /** From the first byte to the last; all of them in the full run, else some that are always the same. */
  function places(bytes: number, some: number): readonly number[] {
    if (process.env.RXLLM_FULL) return seqs(bytes);
    let state = 42;
    return Array.from({ length: some }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return 1 + (state % bytes);
    });
  }

  test('that resets the connection after any byte loses nothing', async () => {
    await breakOnce('reset');
    expect(await follow()).toBe(1);
    const { bytes } = proxy;
    for (const place of places(bytes - 1, 60)) {
      limit = place;
      expect(await follow()).toBe(2);
    }
  }, 600_000);

  test('that goes silent after any byte loses nothing', async () => {
    await breakOnce('stall');
    await follow();
    const { bytes } = proxy;
    for (const place of places(bytes - 1, 12).slice(0, 12)) {
      limit = place;
      expect(await follow({ connectMs: 40, idleMs: 40 })).toBeGreaterThan(1);
    }
  }, 20_000);
});
