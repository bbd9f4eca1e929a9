// What connect() and what it returns are given: addresses, times, ids, tokens.
import { lastValueFrom, NEVER, take, tap, toArray } from 'rxjs';
import { LlmError } from 'rxllm';
import { connect, type ConnectionState, type ConnectOptions, type HubClient, type PromptInput } from 'rxllm/client';
import type { HubOptions } from 'rxllm/server';
import { connectTo, createSource, startHub, type TestHub } from '../support/hubs.ts';
import { fakeSockets } from '../support/fakeWebSocket.ts';

const servers: TestHub[] = [];

async function start(options: HubOptions = {}): Promise<TestHub> {
  const server = await startHub(options);
  servers.push(server);
  return server;
}

afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const { WebSocketCtor } = fakeSockets(() => NEVER);

/** Makes what TypeScript would not let a program make. */
const wrong = (value: unknown) => value as never;

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => Promise.reject(new Error('there was no error')),
    (error: unknown) => error,
  );

describe('connect()', () => {
  /** The address that a socket is made with. */
  function addressOf(url: string): string {
    const addresses: string[] = [];
    class Noted {
      constructor(address: string) {
        addresses.push(address);
      }
      close(): void {
        addresses.push('closed');
      }
    }
    connect(url, { WebSocketCtor: wrong(Noted) })
      .list()
      .subscribe()
      .unsubscribe();
    return addresses[0]!;
  }

  test.each([
    ['ws://localhost:8080/hub', 'ws://localhost:8080/hub'],
    ['wss://example.com/hub?a=1', 'wss://example.com/hub?a=1'],
    ['http://localhost:8080/hub', 'ws://localhost:8080/hub'],
    ['https://example.com/http:/#top', 'wss://example.com/http:/'],
    ['HTTPS://EXAMPLE.com', 'wss://example.com/'],
  ])('takes the address %s as %s', (url, address) => expect(addressOf(url)).toBe(address));

  describe('on a page', () => {
    beforeEach(() => Object.assign(globalThis, { location: { href: 'https://example.com/chat/?a=1#top' } }));
    afterEach(() => Reflect.deleteProperty(globalThis, 'location'));

    test.each([
      ['/hub', 'wss://example.com/hub'],
      ['hub', 'wss://example.com/chat/hub'],
      ['', 'wss://example.com/chat/?a=1'],
      ['//other.example/hub', 'wss://other.example/hub'],
    ])('takes the address "%s" as %s', (url, address) => expect(addressOf(url)).toBe(address));
  });

  test.each(['/hub', '', 'hub', 'ftp://example.com/hub', 'ws://', 'ws://example.com:99999/', 'javascript:alert(1)'])(
    'does not take the address "%s"',
    (url) => {
      const error = thrownBy(() => connect(url, { WebSocketCtor }));
      expect(error).toMatchObject({
        code: 'invalid_input',
        message: `the address of a hub is ws://HOST/PATH or wss://HOST/PATH, not ${JSON.stringify(url)}`,
      });
    },
  );

  test.each<ConnectOptions>([
    { connectMs: 0 },
    { idleMs: -1 },
    { firstRetryMs: NaN },
    { maxRetryMs: Infinity },
    // No timer waits for that; it would be over at once.
    { idleMs: 2 ** 31 },
  ])('does not take %p', (options) => {
    const [[name, value]] = Object.entries(options) as [[string, number]];
    expect(thrownBy(() => connect('ws://localhost/', { WebSocketCtor, ...options }))).toMatchObject({
      code: 'invalid_input',
      message: `${name} is a time in milliseconds, up to 2147483647, not ${value}`,
    });
  });

  test('does not take what is no WebSocket', () => {
    expect(thrownBy(() => connect('ws://localhost/', { WebSocketCtor: wrong('ws') }))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('WebSocketCtor'),
    });
  });

  test('does not try again where no WebSocket can be made', async () => {
    let attempts = 0;
    function Insecure(): never {
      attempts += 1;
      throw new Error('an insecure connection may not be made from this page');
    }
    const client = connect('ws://example.com/', { WebSocketCtor: wrong(Insecure) });
    expect(await errorOf(lastValueFrom(client.list()))).toMatchObject({
      code: 'unsupported',
      message: 'no WebSocket to ws://example.com/ can be made: an insecure connection may not be made from this page',
    });
    expect(attempts).toBe(1);
  });
});

describe('a client', () => {
  test.each<[string, (client: HubClient) => unknown, RegExp]>([
    ['attach() without an id', (client) => client.attach(''), /the id of a stream is empty/],
    ['attach() with what is no id', (client) => client.attach(wrong(7)), /the id of a stream is a string, not 7/],
    ['entries() with a long id', (client) => client.entries('x'.repeat(257)), /has 257 characters; at most 256/],
    ['attach() with what is no cursor', (client) => client.attach('s', { after: '7' }), /after is a cursor, not "7"/],
    ['attach() with an empty cursor', (client) => client.attach('s', { after: '' }), /after is a cursor, not ""/],
    ['stop() without an id', (client) => client.stop(''), /the id of a stream is empty/],
    ['stop() with a long reason', (client) => client.stop('s', 'x'.repeat(1025)), /reason has 1025 characters/],
    ['prompt() without a text', (client) => client.prompt(wrong({})), /prompt lacks text/],
    ['prompt() with an empty model', (client) => client.prompt({ text: 'Hi', model: '' }), /prompt\.model is empty/],
    [
      'prompt() with a long request_id',
      (client) => client.prompt({ text: 'Hi', request_id: 'x'.repeat(257) }),
      /prompt\.request_id has 257 characters/,
    ],
    [
      'prompt() with a file that is no base64',
      (client) => client.prompt({ text: 'Hi', attachments: [{ type: 'image/png', content: 'https://a.b' }] }),
      /prompt\.attachments\[0\]\.content is standard base64/,
    ],
  ])('does not take %s', (_, call, message) => {
    const client = connect('ws://localhost/', { WebSocketCtor });
    const error = thrownBy(() => call(client));
    expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringMatching(message) });
  });

  test('sends nothing of a prompt but what is of the protocol', async () => {
    const { url } = await start();
    const prompt: PromptInput & { readonly system: string } = { text: 'Hi', system: 'no' };
    const error = await errorOf(lastValueFrom(connectTo(url).client.prompt(prompt)));
    expect(error).toMatchObject({ code: 'unsupported', message: 'this server takes no prompts' });
  });
});

describe('a token', () => {
  test.each<[string, (make: () => string) => string | PromiseLike<string>]>([
    ['at once', (make) => make()],
    ['later', async (make) => Promise.resolve(make())],
  ])('of a function that answers %s is asked for at each attempt', async (_, answer) => {
    const shown: unknown[] = [];
    const { hub, url } = await start({
      authorize: (request) => {
        if (request.action === 'connect') shown.push(request.token);
        return true;
      },
    });
    const source = createSource();
    hub.publish('s', source);
    source.next('a');
    let asked = 0;
    const { client, sockets } = connectTo(url, { token: () => answer(() => `token ${(asked += 1)}`) });
    expect(asked).toBe(0);
    const cut = () => {
      sockets.at(-1)!.terminate();
      source.next('b');
    };
    const seen = await lastValueFrom(client.entries('s').pipe(tap(cut), take(3), toArray()));
    expect(seen).toHaveLength(3);
    expect(shown).toEqual(['token 1', 'token 2', 'token 3']);
    expect(sockets).toHaveLength(3);
  });

  test.each<[string, () => string | PromiseLike<string>]>([
    [
      'throws',
      () => {
        throw new Error('logged out');
      },
    ],
    ['rejects', () => Promise.reject(new Error('logged out'))],
  ])('of a function that %s is asked for again, as after a broken connection', async (_, fail) => {
    const { url } = await start({ authorize: ({ action }) => action !== 'connect' || 'me' });
    let asked = 0;
    const { client, sockets } = connectTo(url, { token: () => ((asked += 1) < 3 ? fail() : 'token') });
    const states: ConnectionState[] = [];
    const watching = client.state$.subscribe((state) => states.push(state));
    expect(await lastValueFrom(client.list())).toEqual([]);
    expect(sockets).toHaveLength(1);
    expect(states.map(({ status }) => status)).toEqual(
      'idle connecting waiting connecting waiting connecting open idle'.split(' '),
    );
    expect(states[2]).toMatchObject({ reason: 'there is no token: logged out' });
    watching.unsubscribe();
  });

  test('of a function that says for good that there is none ends the attempts, until it is asked for again', async () => {
    const { url } = await start({ authorize: ({ action }) => action !== 'connect' || 'me' });
    const loggedOut = new LlmError('auth', 'logged out');
    let isLoggedIn = false;
    const { client, sockets } = connectTo(url, {
      token: () => {
        if (isLoggedIn) return 'token';
        throw loggedOut;
      },
    });
    const both = await Promise.all([errorOf(lastValueFrom(client.list())), errorOf(lastValueFrom(client.attach('s')))]);
    for (const error of both) expect(error).toMatchObject({ code: 'auth', message: 'logged out', retryable: false });
    expect(sockets).toEqual([]);
    isLoggedIn = true;
    expect(await lastValueFrom(client.list())).toEqual([]);
  });

  test('that came too late is not used', async () => {
    let give: ((token: string) => void) | undefined;
    const token = () => new Promise<string>((resolve) => (give = resolve));
    const { client, sockets } = connectTo('ws://127.0.0.1:1/', { token });
    client.list().subscribe().unsubscribe();
    give!('token');
    await new Promise((resolve) => setImmediate(resolve));
    expect(sockets).toEqual([]);
  });

  test('that is refused is not shown again', async () => {
    const shown: unknown[] = [];
    const { url } = await start({
      authorize: (request) => request.action !== 'connect' || (shown.push(request.token), false),
    });
    const { client } = connectTo(url, { token: 'wrong' });
    expect(await errorOf(lastValueFrom(client.list()))).toMatchObject({ code: 'auth', retryable: false });
    expect(shown).toEqual(['wrong']);
  });
});
