// Streams that are not what they were when the client comes back: run again under the same id, trimmed, or not there.
import http from 'node:http';
import { firstValueFrom, from, lastValueFrom, skip, tap, toArray, type Observable } from 'rxjs';
import { foldMessages, type LlmError, type StreamEvent } from 'rxllm';
import type { HubEntry, HubEvent } from 'rxllm/client';
import { collectText } from 'rxllm/operators';
import { createHub, serveWebSocket, type Hub, type HubOptions } from 'rxllm/server';
import { connectTo, createSource, startHub, type TestHub, words } from '../support/hubs.ts';
import { startProxy } from '../support/proxies.ts';

const servers: TestHub[] = [];

async function start(options: HubOptions = {}): Promise<TestHub> {
  const server = await startHub(options);
  servers.push(server);
  return server;
}

afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const all = (entries$: Observable<HubEntry>) => lastValueFrom(entries$.pipe(toArray()));
const isEvent = (event: HubEvent): event is StreamEvent => event.type !== 'end';
const eventsOf = (entries: readonly HubEntry[]) => entries.map(({ event }) => event).filter(isEvent);
const until = (entries$: Observable<HubEntry>, seq: number) => firstValueFrom(entries$.pipe(skip(seq - 1)));

/** The text of some entries, as a page would show it. */
const textOf = (entries: readonly HubEntry[]) => lastValueFrom(from(eventsOf(entries)).pipe(collectText()));

/** What comes to a client whose connection breaks at an event, and what happens meanwhile. */
async function away(url: string, id: string, breakAt: number, meanwhile: () => void): Promise<readonly HubEntry[]> {
  const { client, sockets } = connectTo(url);
  const leave = ({ seq }: HubEntry) => {
    if (seq !== breakAt || sockets.length > 1) return;
    sockets.at(-1)!.terminate();
    meanwhile();
  };
  return all(client.entries(id).pipe(tap(leave)));
}

describe('a stream that was run again while the client was away', () => {
  test('begins anew after a reset', async () => {
    const { hub, url } = await start();
    const first = createSource();
    hub.publish('s', first);
    for (const word of words(5)) first.next(word);
    const seen = await away(url, 's', 3, () => {
      first.complete();
      hub.publish('s', from(['other ', 'text']));
    });
    // The first five came in one message, so the client has all of them.
    expect(seen.map(({ seq, event }) => `${seq} ${event.type}`)).toEqual([
      '1 text',
      '2 text',
      '3 text',
      '4 text',
      '5 text',
      '0 reset',
      '1 text',
      '2 text',
      '3 end',
    ]);
    expect(await textOf(seen)).toBe('other text');
  });

  test('begins anew where the run before was ahead of the one that there is', async () => {
    const { hub, url } = await start();
    hub.publish('s', from(words(50)));
    const { cursor } = await until(connectTo(url).client.entries('s'), 40);
    hub.publish('s', from(['new']));
    const seen = await all(connectTo(url).client.entries('s', { after: cursor }));
    expect(seen.map(({ event }) => event.type)).toEqual(['reset', 'text', 'end']);
  });
});

/** What comes to a client that reads nothing from the first event to the end of the run, on one connection. */
async function unread(options: HubOptions, meanwhile: (hub: Hub) => void = () => undefined) {
  const { hub, url } = await start({ maxBufferedBytes: 50_000, ...options });
  const source = createSource();
  hub.publish('s', source);
  source.next('first');
  const { client, sockets } = connectTo(url);
  // More than the buffers of the system take.
  const chunks = Array.from({ length: 2000 }, () => 'x'.repeat(10_000));
  const pour = async () => {
    for (const [at, chunk] of chunks.entries()) {
      source.next(chunk);
      if (at % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    source.complete();
    meanwhile(hub);
    sockets[0]!.resume();
  };
  let isPaused = false;
  const pause = () => {
    if (isPaused) return;
    isPaused = true;
    sockets[0]!.pause();
    void pour();
  };
  const seen = await all(client.entries('s').pipe(tap(pause)));
  expect(sockets).toHaveLength(1);
  return { seen, text: `first${chunks.join('')}` };
}

/** Texts, reasoning and calls of tools, so many times. */
function talk(times: number): readonly StreamEvent[] {
  return Array.from({ length: times }, (_, at): readonly StreamEvent[] => [
    { type: 'reasoning', chunk: `thought ${at}` },
    { type: 'reasoning', chunk: ', and another' },
    { type: 'text', chunk: `word ${at}` },
    { type: 'text', chunk: ', and another ' },
    { type: 'tool_call_name', chunk: 'add', tool_call_id: `call ${at}` },
    { type: 'tool_call_args', chunk: `{"a":${at},`, tool_call_id: `call ${at}` },
    { type: 'tool_call_args', chunk: '"b":1}', tool_call_id: `call ${at}` },
    { type: 'part_end', part_index: 3 * at + 2 },
  ]).flat();
}

describe('a live stream that was trimmed while the client', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 57, 58, 59, 60, 61, 62, 63, 64])(
    'was away from event %i on folds to the whole',
    async (breakAt) => {
      const { hub, url } = await start({ retention: { maxStreamBytes: 8000 } });
      const source = createSource();
      const events = talk(60);
      hub.publish('s', source);
      for (const event of events.slice(0, breakAt)) source.next(event);
      const seen = await away(url, 's', breakAt, () => {
        for (const event of events.slice(breakAt)) source.next(event);
        source.complete();
      });
      const types = seen.map(({ event }) => event.type);
      expect(types.slice(breakAt, breakAt + 2)).toEqual(['reset', 'start']);
      expect(types.filter((type) => type === 'reset')).toHaveLength(1);
      expect(foldMessages(eventsOf(seen))).toEqual(foldMessages(events));
      expect(await textOf(seen)).toBe(await lastValueFrom(from(events).pipe(collectText())));
      // After the snapshot: no hole, and no event twice.
      const rest = seen.slice(seen.findLastIndex(({ seq }, at) => seq === seen[at - 1]?.seq) + 1).map(({ seq }) => seq);
      expect(rest).toEqual(Array.from(rest, (_, at) => events.length + 2 - rest.length + at));
    },
  );

  test('came for the first time folds to the whole', async () => {
    const { hub, url } = await start({ retention: { maxStreamBytes: 8000 } });
    const source = createSource();
    hub.publish('s', source);
    const events = talk(60);
    for (const event of events) source.next(event);
    const seen = all(connectTo(url).client.entries('s'));
    source.complete();
    expect((await seen)[0]?.event).toEqual({ type: 'reset' });
    expect(foldMessages(eventsOf(await seen))).toEqual(foldMessages(events));
  });

  test('did not read folds to the whole', async () => {
    const { seen, text } = await unread({ retention: { maxStreamBytes: 200_000 } });
    expect(seen.some(({ event }) => event.type === 'reset')).toBe(true);
    expect(await textOf(seen)).toBe(text);
  }, 20_000);

  test('was cut off without a word folds to the whole', async () => {
    const { hub, port } = await start({ retention: { maxStreamBytes: 8000 } });
    const proxy = await startProxy(port);
    const source = createSource();
    const events = talk(60);
    hub.publish('s', source);
    source.next(events[0]!);
    const { client } = connectTo(`ws://127.0.0.1:${proxy.port}/hub`, { idleMs: 40 });
    let isCut = false;
    const cut = () => {
      if (isCut) return;
      isCut = true;
      proxy.stall();
      for (const event of events.slice(1)) source.next(event);
      source.complete();
    };
    const seen = await all(client.entries('s').pipe(tap(cut)));
    expect(seen[1]?.event).toEqual({ type: 'reset' });
    expect(foldMessages(eventsOf(seen))).toEqual(foldMessages(events));
    await proxy.close();
  });
});

test('a stream that was run again while the client did not read begins anew', async () => {
  const { seen } = await unread({}, (hub) => hub.publish('s', from(['new'])));
  expect(seen.slice(-3).map(({ event }) => event.type)).toEqual(['reset', 'text', 'end']);
  expect(await textOf(seen)).toBe('new');
}, 20_000);

describe('a stream that is not there', () => {
  test('is not_found', async () => {
    const { url } = await start();
    const { client } = connectTo(url);
    const error: unknown = await lastValueFrom(client.attach('s')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'not_found',
      retryable: false,
      partial: { messages: [], status: 'truncated' },
    });
  });

  test('any more, because the server began anew, is not_found with what had come', async () => {
    const before = await startHub();
    const source = createSource();
    before.hub.publish('s', source);
    source.next('Hello ');
    const { client } = connectTo(before.url);
    const error = lastValueFrom(client.attach('s')).catch((thrown: unknown) => thrown);
    await until(client.entries('s'), 1);
    await before.close();
    const server = http.createServer();
    const hub = createHub();
    serveWebSocket(hub, server);
    server.listen(before.port, '127.0.0.1');
    expect((await error) as LlmError).toMatchObject({
      code: 'not_found',
      partial: { messages: [{ role: 'assistant', parts: [{ type: 'text', text: 'Hello ' }] }], status: 'truncated' },
    });
    hub.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
});
