// The first words on a WebSocket of the hub: who comes in, and with which code the others are sent away.
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { NEVER } from 'rxjs';
import { closeCodes, createHub, serveWebSocket, type Refusal } from 'rxllm/server';
import { startHub, type TestHub } from '../support/hubs.ts';
import { closeSockets, enter, openSocket, until } from '../support/rawSockets.ts';

let server: TestHub | undefined;

async function start(...options: Parameters<typeof startHub>): Promise<TestHub> {
  return (server = await startHub(...options));
}

afterEach(async () => {
  await closeSockets();
  await server?.close();
  server = undefined;
});

test('hello is answered by welcome, with the time between heartbeats', async () => {
  const { url } = await start({}, { heartbeatMs: 9000 });
  const raw = await openSocket(url);
  expect(raw.webSocket.protocol).toBe('rxllm.v1');
  raw.send({ type: 'hello' });
  expect(await raw.next()).toEqual({ type: 'welcome', heartbeat_ms: 9000 });
});

test('a query belongs to no path', async () => {
  const { url } = await start({}, { path: '/chat' });
  await enter(`${url}?theme=dark`);
});

test.each([[[]], [['graphql-ws']]])('a client of the subprotocols %j is closed', async (protocols) => {
  const { url } = await start();
  const { closed } = await openSocket(url, { protocols });
  expect(await closed).toEqual({ code: closeCodes.unknownProtocol, reason: 'the subprotocol is rxllm.v1' });
});

test('a client that offers ours among others gets ours', async () => {
  const { url } = await start();
  const { webSocket } = await enter(url, undefined, { protocols: ['other', 'rxllm.v1'] });
  expect(webSocket.protocol).toBe('rxllm.v1');
});

test.each([{ type: 'ping' }, { type: 'pong' }, { type: 'list', request_id: '1' }, { type: 'attach', stream: 's' }])(
  '%j before hello is refused',
  async (message) => {
    const { url } = await start();
    const raw = await openSocket(url);
    raw.send(message);
    expect((await raw.closed).code).toBe(closeCodes.unauthorized);
    expect(raw.received).toEqual([]);
  },
);

test('a message between hello and welcome is refused', async () => {
  let welcome: (answer: string) => void = () => undefined;
  const { url } = await start({ authorize: () => new Promise<string>((resolve) => (welcome = resolve)) });
  const raw = await openSocket(url);
  raw.send({ type: 'hello' }, { type: 'ping' });
  expect(await raw.closed).toEqual({
    code: closeCodes.unauthorized,
    reason: 'nothing comes before welcome, no ping',
  });
  welcome('ada');
});

test.each([
  ['after welcome', () => 'ada'],
  ['before welcome', () => new Promise<string>(() => undefined)],
])('a second hello %s is refused', async (_, authorize) => {
  const { url } = await start({ authorize });
  const raw = await openSocket(url);
  raw.send({ type: 'hello', token: 't' }, { type: 'hello', token: 't' });
  expect((await raw.closed).code).toBe(closeCodes.badMessage);
});

test('a client that says no hello is closed', async () => {
  const { url } = await start({}, { helloMs: 20 });
  const raw = await openSocket(url);
  expect(await raw.closed).toEqual({ code: closeCodes.helloTimeout, reason: 'no hello came' });
});

test('a hello in time ends the wait for it', async () => {
  const { url } = await start({}, { helloMs: 40, heartbeatMs: 50 });
  const raw = await enter(url);
  await raw.next('ping');
  raw.send({ type: 'list', request_id: '1' });
  await raw.next('streams');
});

test('an authorize that does not answer in time is our fault, so the client may come back', async () => {
  const { url } = await start({ authorize: () => new Promise(() => undefined) }, { helloMs: 20 });
  const raw = await openSocket(url);
  raw.send({ type: 'hello', token: 't' });
  expect((await raw.closed).code).toBe(closeCodes.serverError);
});

describe('authorize of connect', () => {
  const refused: Refusal[] = [];
  const options = { onRefused: (refusal: Refusal) => void refused.push(refusal) };
  beforeEach(() => void (refused.length = 0));

  test.each([
    ['at once', (token: string | undefined) => token === 'right'],
    ['later', (token: string | undefined) => Promise.resolve(token === 'right' && 'ada')],
  ])('that answers %s lets in who has the right token', async (_, check) => {
    const { url } = await start({
      ...options,
      authorize: (request) => request.action === 'connect' && check(request.token),
    });
    await enter(url, 'right');
    const raw = await openSocket(url);
    raw.send({ type: 'hello', token: 'wrong-token' });
    expect(await raw.closed).toEqual({ code: closeCodes.unauthorized, reason: 'the credentials are not taken' });
    expect(refused).toEqual([
      { action: 'connect', reason: 'the credentials are not taken', address: expect.stringContaining('127.0.0.1') },
    ]);
  });

  test('sees the token, the headers and the address', async () => {
    const seen: unknown[] = [];
    const { url } = await start({
      authorize(request) {
        if (request.action !== 'connect') return false;
        seen.push([request.token, request.headers.get('cookie'), request.address]);
        return true;
      },
    });
    await enter(url, 'secret', { headers: { cookie: 'session=1' } });
    expect(seen).toEqual([['secret', 'session=1', expect.stringContaining('127.0.0.1')]]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no database for token-42');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no database for token-42'))],
  ])('that %s closes as a failure of the server, and tells the reason to the log only', async (_, authorize) => {
    const { url } = await start({ ...options, authorize });
    const raw = await openSocket(url);
    raw.send({ type: 'hello', token: 'token-42' });
    expect(await raw.closed).toEqual({ code: closeCodes.serverError, reason: 'the server failed' });
    expect(refused).toMatchObject([{ action: 'connect', reason: 'authorize() threw: no database for …' }]);
    expect(JSON.stringify(refused)).not.toContain('token-42');
  });

  test('that answers when the client has gone counts nobody', async () => {
    const answers: ((answer: string) => void)[] = [];
    const { url, served } = await start({
      limits: { connections: 1 },
      authorize: ({ action }) => action !== 'connect' || new Promise<string>((resolve) => answers.push(resolve)),
    });
    const gone = await openSocket(url);
    gone.send({ type: 'hello', token: 't' });
    await until(() => answers.length === 1);
    gone.webSocket.terminate();
    await until(() => served.connections === 0);
    answers[0]!('ada');
    const raw = await openSocket(url);
    raw.send({ type: 'hello', token: 't' });
    await until(() => answers.length === 2);
    answers[1]!('ada');
    await raw.next('welcome');
  });
});

describe('an upgrade of another path', () => {
  test('is answered with 404, and its connection closed', async () => {
    const { port } = await start();
    const socket = net.connect(port, '127.0.0.1');
    socket.write(upgradeTo('/other'));
    // A client that does not hang up is hung up on.
    expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 404 Not Found\r\n/);
  });

  test('that is reset meanwhile harms nobody', async () => {
    const { port, url } = await start();
    for (let at = 0; at < 20; at += 1) {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(upgradeTo('/other'), () => socket.resetAndDestroy());
      await new Promise((resolve) => {
        socket.on('close', resolve);
      });
    }
    await enter(url);
  });

  test('is answered where several hubs listen, and each has its own', async () => {
    const both = http.createServer();
    const served = ['/a', '/b'].map((path) => serveWebSocket(createHub(), both, { path }));
    await new Promise<void>((resolve) => {
      both.listen(0, '127.0.0.1', resolve);
    });
    const { port } = both.address() as AddressInfo;
    await enter(`ws://127.0.0.1:${port}/a`);
    await enter(`ws://127.0.0.1:${port}/b`);
    expect(served.map(({ connections }) => connections)).toEqual([1, 1]);
    const socket = net.connect(port, '127.0.0.1');
    socket.write(upgradeTo('/c'));
    expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 404/);
    for (const one of served) one.close();
    await new Promise((resolve) => {
      both.close(resolve);
    });
  });

  test('belongs to one hub', async () => {
    const httpServer = http.createServer();
    const served = serveWebSocket(createHub(), httpServer);
    expect(() => serveWebSocket(createHub(), httpServer)).toThrow('"/hub" of this server is served already');
    served.close();
    serveWebSocket(createHub(), httpServer).close();
  });

  test('is left to others who listen', async () => {
    const hub = createHub();
    const both = http.createServer();
    const served = serveWebSocket(hub, both);
    both.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Teapot\r\n\r\n');
    });
    await new Promise<void>((resolve) => {
      both.listen(0, '127.0.0.1', resolve);
    });
    const { port } = both.address() as AddressInfo;
    const socket = net.connect(port, '127.0.0.1');
    socket.write(upgradeTo('/other'));
    expect(await textOf(socket)).toMatch(/^HTTP\/1\.1 418 Teapot/);
    await enter(`ws://127.0.0.1:${port}/hub`);
    served.close();
    await new Promise((resolve) => {
      both.close(resolve);
    });
  });
});

test.each([{ helloMs: 0 }, { heartbeatMs: Number.NaN }, { heartbeatMs: Infinity }, { path: 'hub' }])(
  'options that make no sense are an error: %j',
  (options) => {
    const hub = createHub();
    expect(() => serveWebSocket(hub, http.createServer(), options)).toThrow(
      expect.objectContaining({ code: 'invalid_input' }),
    );
  },
);

describe('who is sent away', () => {
  test.each(['hub', 'served'] as const)('by %s.close() is told that the server is going away', async (who) => {
    const { url, hub, served } = await start();
    const raw = await enter(url);
    const silent = await openSocket(url);
    hub.publish('s', NEVER);
    raw.send({ type: 'attach', stream: 's' });
    await raw.next('attached');
    if (who === 'hub') hub.close();
    else served.close();
    const goodbye = { code: closeCodes.goingAway, reason: 'the server is going away' };
    expect(await raw.closed).toEqual(goodbye);
    expect(await silent.closed).toEqual(goodbye);
    await until(() => served.connections === 0);
    await expect(openSocket(url)).rejects.toThrow();
  });
});

function upgradeTo(path: string): string {
  const head = ['Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  return `GET ${path} HTTP/1.1\r\n${head.join('\r\n')}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
}

/** All that comes until the other side closes. */
async function textOf(socket: net.Socket): Promise<string> {
  let text = '';
  for await (const bytes of socket) text += String(bytes);
  return text;
}
