// Where clients of a WebSocket may come from: which pages, by which names, from which machines.
import { jest } from '@jest/globals';
import { closeCodes, type HubOptions, type Refusal, type WebSocketOptions } from 'rxllm/server';
import { startHub, type TestHub } from '../support/hubs.ts';
import { closeSockets, enter, openSocket, type Closing } from '../support/rawSockets.ts';

let server: TestHub | undefined;
const refused: Refusal[] = [];

async function start(options: HubOptions = {}, webSocket: WebSocketOptions = {}): Promise<TestHub> {
  server = await startHub({ onRefused: (refusal) => refused.push(refusal), ...options }, webSocket);
  return server;
}

/** How it ends for who says hello with these headers. */
async function refusalOf(url: string, headers: Record<string, string>, token?: string): Promise<Closing> {
  const raw = await openSocket(url, { headers });
  raw.send({ type: 'hello', ...(token !== undefined && { token }) });
  return raw.closed;
}

afterEach(async () => {
  await closeSockets();
  await server?.close();
  refused.length = 0;
});

const open = { authorize: () => true } as const;

describe('an origin', () => {
  test('that is the own one of the server may', async () => {
    const { url, port } = await start(open);
    await enter(url, undefined, { headers: { origin: `http://127.0.0.1:${port}` } });
    const host = `localhost:${port}`;
    await enter(url, undefined, { headers: { host, origin: `http://${host}` } });
    // Behind what speaks TLS.
    await enter(url, undefined, { headers: { host, origin: `https://${host}` } });
  });

  test.each([
    'https://evil.example',
    'http://localhost:1',
    'http://127.0.0.1.evil.example',
    // A page in a sandbox, or of a file.
    'null',
    '',
  ])('%j may not', async (origin) => {
    const { url } = await start(open);
    const { code, reason } = await refusalOf(url, { origin }, 'token');
    expect(code).toBe(closeCodes.forbidden);
    expect(reason).toBe(`pages of "${origin}" may not use it (origins)`);
    expect(refused).toEqual([{ action: 'connect', reason, address: expect.stringContaining('127.0.0.1') }]);
  });

  test.each(['https://app.example.com', 'https://App.Example.com/'])('that is listed as %s may', async (listed) => {
    const { url } = await start(open, { origins: [listed] });
    await enter(url, undefined, { headers: { origin: 'https://app.example.com' } });
    const { code } = await refusalOf(url, { origin: 'http://app.example.com' });
    expect(code).toBe(closeCodes.forbidden);
  });

  test('may be missing for who shows a token', async () => {
    const { url } = await start(open);
    await enter(url, 'token');
    expect(await refusalOf(url, { cookie: 'session=1' })).toEqual({
      code: closeCodes.forbidden,
      reason: 'who sends no origin has to send a token',
    });
  });
});

describe('a host', () => {
  test.each(['127.0.0.1', 'localhost', 'localhost:8080', '[::1]:8080'])('%j is this machine', async (host) => {
    const { url } = await start();
    await enter(url, undefined, { headers: { host } });
  });

  test('that a page has made to point here is refused, whatever its origin', async () => {
    const { url, port } = await start(open);
    const host = `evil.example:${port}`;
    const { code, reason } = await refusalOf(url, { host, origin: `http://${host}` }, 'token');
    expect(code).toBe(closeCodes.forbidden);
    expect(reason).toContain(`the host "${host}"`);
  });

  test('is taken when it is listed, with its port or for any', async () => {
    const { url } = await start(open, { hosts: ['a.example', 'b.example:8443'] });
    for (const host of ['a.example', 'a.example:81', 'b.example:8443']) {
      await enter(url, undefined, { headers: { host, origin: `https://${host}` } });
    }
    for (const host of ['b.example', 'c.a.example', '127.0.0.1']) {
      expect((await refusalOf(url, { host }, 'token')).code).toBe(closeCodes.forbidden);
    }
  });
});

describe('a hub without authorize', () => {
  test('is open to this machine, also without an origin', async () => {
    await enter((await start()).url);
  });

  test.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'is closed to who comes through a proxy, by %s',
    async (name) => {
      const { url } = await start();
      const { code, reason } = await refusalOf(url, { [name]: 'for=127.0.0.1' }, 'token');
      expect({ code, reason }).toEqual({
        code: closeCodes.forbidden,
        reason: 'without an authorize() the hub is open to this machine only',
      });
      expect(refused).toMatchObject([{ action: 'connect', reason }]);
    },
  );
});

// Of each of these a program may have meant no.
test.each([[''], [{}], [1], [undefined], [null]])(
  'an authorize() that answers %j to connect lets nobody in',
  async (answer) => {
    const { url } = await start({ authorize: () => answer as never });
    expect((await refusalOf(url, {}, 'token')).code).toBe(closeCodes.unauthorized);
  },
);

test('what is refused is one line on standard error, which steers no terminal', async () => {
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  try {
    const authorize: HubOptions['authorize'] = ({ action }) => {
      if (action === 'connect') return 'eve\u009b2J';
      throw new Error('red\u001b[31m\nrxllm hub: all is well');
    };
    const { url } = await start({ authorize, onRefused: undefined });
    const raw = await enter(url, 'token');
    raw.send({ type: 'attach', stream: '\u009b31m\u202e\u2028' });
    await raw.next('refused');
    expect(warn.mock.calls).toEqual([
      [
        'rxllm hub: refused attach "\\u009b31m\\u202e\\u2028" of "eve\\u009b2J": ' +
          'authorize() threw: red\\u001b[31m\\u000arxllm hub: all is well',
      ],
    ]);
  } finally {
    warn.mockRestore();
  }
});

test('who was not let in yet is cut when much comes, however large messages may be', async () => {
  const { url, served } = await start(open, { helloMs: 60_000 });
  const raw = await openSocket(url);
  raw.webSocket.on('error', () => undefined);
  raw.send({ type: 'hello', token: 'x'.repeat(1024 * 1024) });
  expect((await raw.closed).code).toBe(1006);
  await enter(url, 'token');
  expect(served.connections).toBe(1);
});

test('what is refused is told without the token', async () => {
  const authorize: HubOptions['authorize'] = ({ action, ...request }) => {
    if (action !== 'connect') return false;
    if ('token' in request && request.token === 'secret-throws') throw new Error(`what is ${request.token}?`);
    return 'token' in request && request.token === 'secret-good' && 'ada';
  };
  const { url } = await start({ authorize, limits: { connections: 1 } });
  const raw = await enter(url, 'secret-good');
  raw.send({ type: 'list', request_id: '1' }, { type: 'attach', stream: 's' });
  await raw.next('refused');
  await raw.next('refused');
  const codes = [];
  for (const token of ['secret-bad', 'secret-throws', 'secret-good'])
    codes.push((await refusalOf(url, {}, token)).code);
  codes.push((await refusalOf(url, { origin: 'https://evil.example' }, 'secret-good')).code);
  expect(codes).toEqual([4401, 1011, 4429, 4403]);
  expect(refused).toHaveLength(6);
  expect(JSON.stringify(refused)).not.toContain('secret');
});
