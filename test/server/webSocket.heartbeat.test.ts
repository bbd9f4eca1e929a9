// Heartbeats of the hub on a WebSocket: who is there, and who only seems to be.
import { closeCodes } from 'rxllm/server';
import { startHub, type TestHub } from '../support/hubs.ts';
import { closeSockets, enter, openSocket } from '../support/rawSockets.ts';

let server: TestHub;

beforeAll(async () => {
  server = await startHub({}, { heartbeatMs: 150 });
});

afterAll(async () => {
  await closeSockets();
  await server.close();
});

test('a ping is answered by a pong, at once', async () => {
  const raw = await enter(server.url);
  raw.send({ type: 'ping' });
  expect(await raw.next()).toEqual({ type: 'pong' });
});

test('a client that says nothing is cut', async () => {
  const raw = await enter(server.url);
  expect(await raw.closed).toEqual({ code: closeCodes.silent, reason: 'nothing came' });
  expect(raw.received.map(({ type }) => type)).toEqual(['welcome', 'ping']);
});

test('a client that answers stays', async () => {
  const raw = await enter(server.url);
  for (let beat = 0; beat < 5; beat += 1) {
    await raw.next('ping');
    raw.send({ type: 'pong' });
  }
  raw.send({ type: 'list', request_id: '1' });
  await raw.next('streams');
});

test('a client whose message takes longer than that is not silent', async () => {
  const raw = await enter(server.url);
  const pieces = ['{"type":', '"list",', '"request_id":', '"1"', '}'];
  for (const [at, piece] of pieces.entries()) {
    await raw.next('ping');
    raw.webSocket.send(piece, { fin: at === pieces.length - 1 });
  }
  await raw.next('streams');
});

test('a client is not asked before it is welcome', async () => {
  const slow = await startHub({ authorize: () => new Promise(() => undefined) }, { heartbeatMs: 10, helloMs: 100 });
  const raw = await openSocket(slow.url);
  raw.send({ type: 'hello', token: 'token' });
  await raw.closed;
  expect(raw.received).toEqual([]);
  await slow.close();
});
