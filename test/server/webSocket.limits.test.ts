// What one client may use of a hub, and that it can be used again when it was given back.
import { NEVER, of } from 'rxjs';
import { closeCodes, type AuthorizeRequest, type HubOptions, type Refusal, type WebSocketOptions } from 'rxllm/server';
import { createSource, startHub, type TestHub } from '../support/hubs.ts';
import { countingModel } from '../support/models.ts';
import { closeSockets, enter, openSocket, until } from '../support/rawSockets.ts';

let server: TestHub | undefined;
const refused: Refusal[] = [];

/** A hub whose clients are called what their token says. */
async function start(options: HubOptions, webSocket: WebSocketOptions = {}): Promise<TestHub> {
  server = await startHub(
    {
      authorize: (request: AuthorizeRequest) => (request.action === 'connect' ? (request.token ?? false) : true),
      onRefused: (refusal) => refused.push(refusal),
      ...options,
    },
    webSocket,
  );
  return server;
}

afterEach(async () => {
  await closeSockets();
  await server?.close();
  refused.length = 0;
});

test('connections are counted for each principal, as long as they are there', async () => {
  const { url, served } = await start({ limits: { connections: 2 } });
  const first = await enter(url, 'ada');
  await enter(url, 'ada');
  const third = await openSocket(url);
  third.send({ type: 'hello', token: 'ada' });
  const reason = 'there are 2 connections already; at most 2 are taken';
  expect(await third.closed).toEqual({ code: closeCodes.tooMany, reason });
  expect(refused).toMatchObject([{ action: 'connect', principal: 'ada', reason }]);
  await enter(url, 'bob');
  first.webSocket.close();
  await until(() => served.connections === 2);
  await enter(url, 'ada');
});

test('prompts are counted for each principal, as long as they run', async () => {
  const { hub, url } = await start({ limits: { prompts: 1 }, models: { m: countingModel(() => NEVER) } });
  const ada = await enter(url, 'ada');
  ada.send({ type: 'prompt', request_id: '1', text: 'Hi' });
  const { stream } = await ada.next('prompted');
  ada.send({ type: 'prompt', request_id: '2', text: 'Hi' });
  expect(await ada.next()).toMatchObject({ type: 'refused', request_id: '2', error: { code: 'rate_limited' } });
  const reason = '1 prompts are running; at most 1 may';
  expect(refused).toEqual([{ action: 'publish', principal: 'ada', reason }]);
  const bob = await enter(url, 'bob');
  bob.send({ type: 'prompt', request_id: '2', text: 'Hi' });
  await bob.next('prompted');
  hub.stop(String(stream));
  ada.send({ type: 'prompt', request_id: '2', text: 'Hi' });
  await ada.next('prompted');
});

describe('streams attached to one socket', () => {
  test('are counted until they are detached, end, or the socket closes', async () => {
    const { hub, url } = await start({ limits: { attaches: 2 } });
    const ending = createSource();
    hub.publish('a', ending);
    for (const id of ['b', 'c', 'd']) hub.publish(id, NEVER);
    const raw = await enter(url, 'ada');
    raw.send({ type: 'attach', stream: 'a' }, { type: 'attach', stream: 'b' }, { type: 'attach', stream: 'b' });
    for (const stream of ['a', 'b', 'b']) expect(await raw.next()).toMatchObject({ type: 'attached', stream });
    raw.send({ type: 'attach', stream: 'c' });
    expect(await raw.next()).toMatchObject({ type: 'refused', stream: 'c', error: { code: 'rate_limited' } });
    raw.send({ type: 'detach', stream: 'b' }, { type: 'attach', stream: 'c' });
    expect(await raw.next()).toMatchObject({ type: 'attached', stream: 'c' });
    ending.complete();
    await raw.rest('a');
    raw.send({ type: 'attach', stream: 'd' });
    expect(await raw.next()).toMatchObject({ type: 'attached', stream: 'd' });
    const subscribers = () => hub.list().map((info) => info.subscribers);
    expect(subscribers()).toEqual([0, 0, 1, 1]);
    raw.webSocket.terminate();
    await until(() => subscribers().every((count) => count === 0));
  });

  test('are not counted where they had ended before', async () => {
    const { hub, url } = await start({ limits: { attaches: 1 } });
    for (const id of ['a', 'b', 'c']) hub.publish(id, of('Hi'));
    const raw = await enter(url, 'ada');
    for (const id of ['a', 'b', 'c']) {
      raw.send({ type: 'attach', stream: id });
      expect(await raw.rest(id)).toHaveLength(2);
    }
  });
});

describe('the size of a message', () => {
  const ping = (bytes: number) => JSON.stringify({ type: 'ping' }).padEnd(bytes);

  test('may be all of what is allowed', async () => {
    const { url } = await start({ limits: { messageBytes: 1000 } });
    const raw = await enter(url, 'ada');
    raw.send(ping(1000));
    await raw.next('pong');
    raw.send(ping(1001));
    expect((await raw.closed).code).toBe(closeCodes.tooLarge);
    await enter(url, 'ada');
  });

  test('may be nothing, for a hub that nobody may speak to', async () => {
    const { url } = await start({ limits: { messageBytes: 0 } });
    const raw = await openSocket(url);
    raw.send(ping(20));
    expect((await raw.closed).code).toBe(closeCodes.tooLarge);
  });
});

test('the attachments of a prompt are counted in bytes, all together', async () => {
  const { url } = await start({ limits: { attachmentBytes: 10 }, models: { m: countingModel(() => of('Hi')) } });
  const raw = await enter(url, 'ada');
  const file = (bytes: number) => ({ type: 'text/plain', content: Buffer.alloc(bytes).toString('base64') });
  raw.send({ type: 'prompt', request_id: '1', text: 'Hi', attachments: [file(4), file(6)] });
  await raw.next('prompted');
  raw.send({ type: 'prompt', request_id: '2', text: 'Hi', attachments: [file(4), file(7)] });
  const message = 'the attachments have 11 bytes; at most 10 are taken';
  expect(await raw.next()).toMatchObject({ type: 'refused', error: { code: 'invalid_input', message } });
});

test('messages that come faster than authorize answers are answered one after the other, all of them', async () => {
  let answer: (isAllowed: boolean) => void = () => undefined;
  const slow = new Promise<boolean>((resolve) => (answer = resolve));
  const authorize: HubOptions['authorize'] = ({ action }) => (action === 'connect' ? 'ada' : slow);
  const { url } = await start({ authorize }, { heartbeatMs: 300 });
  const raw = await enter(url, 'token');
  const ids = Array.from({ length: 1000 }, (_, at) => String(at));
  raw.send(...ids.map((request_id) => ({ type: 'list', request_id })));
  // What is not read meanwhile is not taken for silence.
  for (let beat = 0; beat < 3; beat += 1) await raw.next('ping');
  answer(true);
  raw.webSocket.on('message', () => raw.send({ type: 'pong' }));
  for (const request_id of ids) expect(await raw.next()).toMatchObject({ type: 'streams', request_id });
});

test('a client that asks and does not read is closed before its answers fill the memory', async () => {
  const { hub, url } = await start({});
  for (let at = 0; at < 1000; at += 1) hub.publish(`${at}`.padStart(200), of('Hi'));
  hub.publish('s', NEVER);
  const watches = () => hub.list().at(-1)?.subscribers;
  const raw = await enter(url, 'ada');
  raw.send({ type: 'attach', stream: 's' });
  await raw.next('attached');
  raw.webSocket.pause();
  raw.send(...Array.from({ length: 500 }, (_, at) => ({ type: 'list', request_id: String(at) })));
  await until(() => watches() === 0);
  raw.webSocket.resume();
  expect((await raw.closed).code).toBe(closeCodes.slowConsumer);
  expect(raw.received.length).toBeLessThan(400);
});
