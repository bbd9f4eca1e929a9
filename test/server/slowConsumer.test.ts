// Clients that read slowly, or not at all: the hub holds no more for them than it was told, and the others wait for nobody.
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { jest } from '@jest/globals';
import { NEVER } from 'rxjs';
import {
  closeCodes,
  createHub,
  serveWebSocket,
  type Hub,
  type HubOptions,
  type Served,
  type WebSocketOptions,
} from 'rxllm/server';
import { createSource } from '../support/hubs.ts';
import { closeSockets, enter, openSocket, until, type RawSocket } from '../support/rawSockets.ts';

type TestSource = ReturnType<typeof createSource>;

jest.setTimeout(60_000);

const mib = 1024 * 1024;
const cap = mib / 4;
/** The most that is sent at once: 64 Ki characters of events, and what is around them. */
const batch = 65_536 + 200;

let hub: Hub;
let served: Served;
let server: http.Server;
let url: string;
/** The server's ends, the newest last. */
let ends: Socket[];

async function start(options: HubOptions = {}, webSocket: WebSocketOptions = {}): Promise<void> {
  ends = [];
  hub = createHub({ maxBufferedBytes: cap, retention: { maxStreamBytes: 100 * mib }, ...options });
  server = http.createServer().on('connection', (socket) => ends.push(socket));
  served = serveWebSocket(hub, server, webSocket);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/hub`;
}

afterEach(async () => {
  await closeSockets();
  hub.close();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A client, and the server's end of it. */
async function watch(...streams: readonly string[]): Promise<readonly [RawSocket, Socket]> {
  const raw = await enter(url);
  const end = ends.at(-1)!;
  for (const stream of streams) {
    raw.send({ type: 'attach', stream });
    await raw.next('attached');
  }
  return [raw, end];
}

/** Emits so many events of 10,000 characters on each source, ten a turn, and its end; tells the most that waited on each socket. */
async function emit(sources: readonly TestSource[], count: number, sockets: readonly Socket[]): Promise<number[]> {
  const most = sockets.map(() => 0);
  for (let at = 0; at < count; at += 1) {
    for (const source of sources) source.next(`${at}`.padEnd(10_000));
    if (at % 10 === 9) await nextTurn();
    for (const [index, { writableLength }] of sockets.entries()) most[index] = Math.max(most[index]!, writableLength);
  }
  for (const source of sources) source.complete();
  return most;
}

function publish(stream: string): TestSource {
  const source = createSource();
  hub.publish(stream, source);
  return source;
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1);

async function numbersOf(raw: RawSocket, stream: string): Promise<number[]> {
  return (await raw.rest(stream)).map(([seq]) => seq);
}

// More than all buffers of the system between two sockets take.
const count = 3000;

describe('catch-up', () => {
  test('holds no more than the cap and one message for each client that stands still, and gives it all when it goes on', async () => {
    await start();
    const source = publish('s');
    const fast = await Promise.all(numbers(3).map(() => enter(url)));
    for (const raw of fast) {
      raw.send({ type: 'attach', stream: 's' });
      await raw.next('attached');
    }
    const slow = [await watch('s'), await watch('s'), await watch('s')];
    for (const [raw] of slow) raw.webSocket.pause();
    const most = await emit(
      [source],
      count,
      slow.map(([, end]) => end),
    );
    for (const amount of most) {
      expect(amount).toBeGreaterThan(cap / 2);
      expect(amount).toBeLessThanOrEqual(cap + batch);
    }
    // The others have it all while these have not moved.
    for (const raw of fast) expect(await numbersOf(raw, 's')).toEqual(numbers(count + 1));
    expect(hub.list()).toMatchObject([{ subscribers: 3 }]);
    for (const [raw] of slow) {
      raw.webSocket.resume();
      expect(await numbersOf(raw, 's')).toEqual(numbers(count + 1));
    }
    expect(hub.list()).toMatchObject([{ subscribers: 0 }]);
  });

  test('counts the streams of a socket together', async () => {
    await start();
    const streams = numbers(20).map((at) => `stream ${at}`);
    const sources = streams.map(publish);
    const [raw, end] = await watch(...streams);
    raw.webSocket.pause();
    const [most] = await emit(sources, count / 10, [end]);
    expect(most).toBeGreaterThan(cap / 2);
    expect(most).toBeLessThanOrEqual(cap + batch);
    raw.webSocket.resume();
    await until(() => hub.list().every(({ subscribers }) => subscribers === 0));
    raw.send({ type: 'list', request_id: 'after all' });
    await raw.next('streams');
    for (const stream of streams) {
      const seqs = raw.received.flatMap(({ type, stream: of, seq, events }) =>
        type === 'events' && of === stream ? (events as unknown[]).map((_, at) => Number(seq) + at) : [],
      );
      expect(seqs).toEqual(numbers(count / 10 + 1));
    }
  });

  test.each([
    ['the same', 'gone'],
    ['another', 'refused'],
  ])('of a run that is forgotten meanwhile ends where the next is of %s owner: %s', async (owner, answer) => {
    await start();
    const source = createSource();
    hub.publish('s', source, { owner: 'the same' });
    const [raw] = await watch('s');
    raw.webSocket.pause();
    await emit([source], count, []);
    hub.publish('s', NEVER, { owner });
    const { run } = hub.list()[0]!;
    raw.webSocket.resume();
    const notFound = { code: 'not_found', message: 'there is no stream "s"', retryable: false };
    const fields = answer === 'gone' ? { run, first: 1, last: 0 } : { error: notFound };
    expect(await raw.next(answer)).toEqual({ type: answer, stream: 's', ...fields });
    expect(hub.list()).toMatchObject([{ subscribers: 0 }]);
  });

  test('works with a cap of nothing', async () => {
    await start({ maxBufferedBytes: 0 });
    const source = publish('s');
    const [raw] = await watch('s');
    await emit([source], 100, []);
    expect(await numbersOf(raw, 's')).toEqual(numbers(101));
  });

  test('goes on after answers that fill the socket', async () => {
    await start({ maxBufferedBytes: 1000 });
    for (const at of numbers(200)) hub.publish(`${at}`.padStart(200), NEVER);
    const source = publish('s');
    const [raw] = await watch('s');
    raw.webSocket.pause();
    raw.send(...numbers(10).map((at) => ({ type: 'list', request_id: String(at) })));
    await emit([source], 100, []);
    raw.webSocket.resume();
    expect(await numbersOf(raw, 's')).toEqual(numbers(101));
  });
});

test('disconnect closes who stands still, and nobody else', async () => {
  await start({ slowConsumer: 'disconnect' });
  const source = publish('s');
  const fast = await enter(url);
  fast.send({ type: 'attach', stream: 's' });
  await fast.next('attached');
  const [slow, end] = await watch('s');
  slow.webSocket.pause();
  const heard = (async () => {
    const seqs: number[] = [];
    while (seqs.at(-1) !== count + 1) {
      const { seq, events } = await fast.next('events');
      for (const at of (events as unknown[]).keys()) seqs.push(Number(seq) + at);
    }
    return seqs;
  })();
  const most: number[] = [0];
  for (let at = 0; at < count; at += 1) {
    source.next(`${at}`.padEnd(10_000));
    await nextTurn();
    most.push(end.writableLength);
  }
  source.complete();
  expect(await heard).toEqual(numbers(count + 1));
  expect(Math.max(...most)).toBeLessThanOrEqual(cap + batch);
  slow.webSocket.resume();
  expect((await slow.closed).code).toBe(closeCodes.slowConsumer);
});

describe('nothing stays of', () => {
  test('a client that never reads', async () => {
    await start({}, { heartbeatMs: 30, helloMs: 30 });
    const source = publish('s');
    const [raw] = await watch('s');
    raw.webSocket.pause();
    await emit([source], count, []);
    await until(() => served.connections === 0);
    expect(hub.list()).toMatchObject([{ subscribers: 0 }]);
  });

  test('a client that says no hello and answers no goodbye', async () => {
    await start({}, { helloMs: 30 });
    const raw = await openSocket(url);
    raw.webSocket.pause();
    await until(() => served.connections === 0);
  });

  test('a client that speaks no WebSocket after its upgrade', async () => {
    await start({}, { helloMs: 30 });
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    const head = ['Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const request = ['GET /hub HTTP/1.1', ...head, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''];
    socket.write(request.join('\r\n'));
    await until(() => served.connections === 1);
    await until(() => served.connections === 0);
    socket.destroy();
  });

  test('a client that is gone', async () => {
    await start();
    publish('s');
    const [raw] = await watch('s');
    raw.webSocket.terminate();
    await until(() => served.connections === 0);
    expect(hub.list()).toMatchObject([{ subscribers: 0 }]);
  });
});
