// The connection of a client in virtual time: when it is opened, given up and opened again, and what is said on it.
import { catchError, filter, map, of, repeat, retry, takeUntil, timer, type Observable } from 'rxjs';
import { LlmError, type StreamEvent } from 'rxllm';
import { connect, type ConnectOptions, type HubClient } from 'rxllm/client';
import { fakeSockets, type Act, type Deed } from '../support/fakeWebSocket.ts';
import { marbles, type MarbleHelpers } from '../support/marbles.ts';

/** What the other side does. */
const acts = {
  o: 'open',
  w: { type: 'welcome', heartbeat_ms: 40 },
  a: { type: 'attached', stream: 's', run: 'r' },
  e: { type: 'events', stream: 's', run: 'r', seq: 1, events: [{ type: 'text', chunk: 'Hi' }] },
  d: { type: 'events', stream: 's', run: 'r', seq: 1, events: [{ type: 'end', state: 'done' }] },
  i: { type: 'ping' },
  p: { type: 'pong' },
  x: 'break',
  n: { close: 4401, reason: 'no' },
} as const satisfies Record<string, Act>;

const refused = new LlmError('auth', 'the hub closed the connection with 4401: no');
const hi: StreamEvent = { type: 'text', chunk: 'Hi' };

/** What the client does. */
const deeds = {
  c: 'connect',
  x: 'close',
  h: { type: 'hello' },
  a: { type: 'attach', stream: 's' },
  b: { type: 'attach', stream: 's', after: 'r.1' },
  d: { type: 'detach', stream: 's' },
  i: { type: 'ping' },
  p: { type: 'pong' },
} as const satisfies Record<string, Deed>;

interface Played {
  readonly client: HubClient;
  readonly deeds$: Observable<Deed>;
}

/** A client whose connections play these scripts; the last one also all later ones. */
function play(
  { cold, scheduler }: MarbleHelpers,
  scripts: readonly string[],
  options: ConnectOptions = {},
  close: Act = 'break',
): Played {
  const script = (connection: number) => cold<Act>(scripts[connection] ?? scripts.at(-1)!, { ...acts, z: close });
  const { WebSocketCtor, deeds$ } = fakeSockets(script);
  const settings = { WebSocketCtor, scheduler, random: () => 1, firstRetryMs: 100, maxRetryMs: 400, ...options };
  return { client: connect('ws://hub.example/hub', settings), deeds$ };
}

describe('a connection', () => {
  test(
    'is there as long as somebody is subscribed, and leaves no timer behind',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['-o-w']);
      helpers.expectObservable(deeds$).toBe('        ---ch-a-a----(dx)--ch-a-(dx)', deeds);
      helpers.expectObservable(client.attach('s'), '  ---^------!').toBe('-');
      helpers.expectObservable(client.entries('s'), ' --------^----!').toBe('-');
      helpers.expectObservable(client.attach('s'), '  -------------------^----!').toBe('-');
      helpers.flush();
      expect(helpers.scheduler.actions).toEqual([]);
    }),
  );

  test(
    'is not opened by who watches it',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['-o-w']);
      helpers.expectObservable(deeds$).toBe('-');
      helpers.expectObservable(client.state$).toBe('i', { i: { status: 'idle' } });
    }),
  );

  test(
    'is tried again after waits that double',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['x']);
      helpers.expectObservable(deeds$).toBe('       c 99ms c 199ms c 399ms c 399ms c', deeds);
      helpers.expectObservable(client.attach('s'), '^ 1200ms !').toBe('-');
    }),
  );

  test(
    'is tried again after half of each wait where chance says so',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['x'], { random: () => 0 });
      helpers.expectObservable(deeds$).toBe('       c 49ms c 99ms c 199ms c 199ms c', deeds);
      helpers.expectObservable(client.attach('s'), '^ 600ms !').toBe('-');
    }),
  );

  test(
    'is tried again after the first wait when events had come, and after ever longer ones when none had',
    marbles((helpers) => {
      // Without events, twice; with events; and nothing at all.
      const { client, deeds$ } = play(helpers, ['(owx)', '(owx)', '(owaex)', 'x']);
      helpers.expectObservable(deeds$).toBe('       (cha) 95ms (cha) 195ms (cha) 95ms c 199ms c', deeds);
      helpers.expectObservable(client.attach('s'), '^ 700ms !').toBe('300ms t', { t: hi });
    }),
  );

  test(
    'is tried again after the first wait when it has held for maxRetryMs',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['(owx)', '(ow) 395ms x', '(ow) 396ms x', 'x'], { idleMs: 1000 });
      helpers.expectObservable(deeds$).toBe('       (cha) 95ms (cha) 594ms (cha) 495ms c', deeds);
      helpers.expectObservable(client.attach('s'), '^ 1230ms !').toBe('-');
    }),
  );

  test(
    'whose token does not come is given up after connectMs',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['-'], { connectMs: 10, token: () => new Promise(() => undefined) });
      helpers.expectObservable(client.state$.pipe(map(({ status }) => status))).toBe('(ic) 6ms w----i', {
        i: 'idle',
        c: 'connecting',
        w: 'waiting',
      });
      helpers.expectObservable(deeds$).toBe('-');
      helpers.expectObservable(client.attach('s'), '^ 14ms !').toBe('-');
    }),
  );

  test(
    'that does not come about is given up after connectMs',
    marbles((helpers) => {
      // It opens, but nobody says welcome; nothing opens at all.
      const { client, deeds$ } = play(helpers, ['-o', '-'], { connectMs: 10 });
      helpers.expectObservable(deeds$).toBe('       ch--------x 99ms c 9ms x', deeds);
      helpers.expectObservable(client.attach('s'), '^ 150ms !').toBe('-');
    }),
  );

  test(
    'is asked after half of idleMs of silence whether it is there, and given up when nothing comes',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['(ow)', '-'], { idleMs: 10 });
      helpers.expectObservable(deeds$).toBe('       (cha)i----x', deeds);
      helpers.expectObservable(client.attach('s'), '^ 11ms !').toBe('-');
    }),
  );

  test(
    'stays as long as anything comes, and answers the server',
    marbles((helpers) => {
      // A pong at 8, a ping at 16, then silence.
      const { client, deeds$ } = play(helpers, ['(ow)----p-------i', '-'], { idleMs: 10 });
      helpers.expectObservable(deeds$).toBe('       (cha)i-------i--p----i----x', deeds);
      helpers.expectObservable(client.attach('s'), '^ 27ms !').toBe('-');
    }),
  );

  test(
    'counts as broken after two and a half heartbeats of the server',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['(ow)', '-']);
      helpers.expectObservable(deeds$).toBe('       (cha) 45ms i 49ms x', deeds);
      helpers.expectObservable(client.attach('s'), '^ 110ms !').toBe('-');
    }),
  );

  test(
    'tells its state',
    marbles((helpers) => {
      const { client } = play(helpers, ['-o-w-x', 'x', '-o-w-n'], { firstRetryMs: 4 });
      helpers.expectObservable(client.state$).toBe('   ic--o-v---(dw)----f--o-n------c--oi', {
        i: { status: 'idle' },
        c: { status: 'connecting', attempt: 1 },
        o: { status: 'open' },
        v: { status: 'waiting', attempt: 2, retryInMs: 4, reason: 'the connection broke' },
        d: { status: 'connecting', attempt: 2 },
        w: { status: 'waiting', attempt: 3, retryInMs: 8, reason: 'the connection broke' },
        f: { status: 'connecting', attempt: 3 },
        n: { status: 'closed', error: refused },
      });
      helpers.expectObservable(client.entries('s'), '-^').toBe('-----------------------#', {}, refused);
      helpers.expectObservable(client.entries('s'), '------------------------------^---!').toBe('-');
    }),
  );

  test(
    'that is given up the moment it is there leaves nothing to the next',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['-o-w', '------o'], { connectMs: 10 });
      helpers.expectObservable(deeds$).toBe('ch-(dxc)-h---x', deeds);
      // Leaves when the connection is open, and comes back at once.
      const isOpen$ = client.state$.pipe(filter(({ status }) => status === 'open'));
      const twice$ = client.entries('s').pipe(takeUntil(isOpen$), repeat(2));
      helpers.expectObservable(twice$, '^ 13ms !').toBe('-');
    }),
  );

  test(
    'is opened anew for who comes again after a refusal',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['(own)', '-(owad)']);
      const again$ = client.attach('s').pipe(retry({ delay: () => timer(5) }));
      helpers.expectObservable(deeds$).toBe('(cha)c(hadx)', deeds);
      helpers.expectObservable(again$).toBe('------|');
    }),
  );

  test(
    'is opened anew at once where a refused one is asked for again at once',
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['-o-n', '-o-w(ad)']);
      helpers.expectObservable(deeds$).toBe('                ch-ch-a(dx)', deeds);
      helpers.expectObservable(client.attach('s').pipe(retry(1))).toBe('-------|');
      helpers.expectObservable(client.attach('s')).toBe('                ---#', {}, refused);
    }),
  );
});

describe('a close code', () => {
  test.each([
    [4400, 'bad_request'],
    [4401, 'auth'],
    [4403, 'permission'],
    [4406, 'bad_request'],
    [4408, 'connect_timeout'],
    [4429, 'rate_limited'],
    [4499, 'bad_request'],
    [1002, 'bad_request'],
    [1003, 'bad_request'],
    [1007, 'bad_request'],
    [1009, 'bad_request'],
  ] as const)('%i is final: %s', (close, code) =>
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['(ow)-z'], {}, { close, reason: 'because' });
      const error = new LlmError(code, `the hub closed the connection with ${close}: because`);
      helpers.expectObservable(deeds$).toBe('(cha)', deeds);
      const told$ = client.entries('s').pipe(catchError((thrown) => of(said(thrown))));
      helpers.expectObservable(told$).toBe('-----(t|)', { t: { ...said(error), retryable: false } });
    })(),
  );

  test.each([1000, 1001, 1005, 1006, 1011, 1012, 1013, 4504, 4508, 3000])('%i is not', (close) =>
    marbles((helpers) => {
      const { client, deeds$ } = play(helpers, ['(ow)-z', '(owad)'], {}, { close });
      helpers.expectObservable(deeds$).toBe('           (cha) 100ms (chadx)', deeds);
      helpers.expectObservable(client.attach('s')).toBe('105ms |');
    })(),
  );
});

function said(thrown: unknown): object {
  const { code, message, retryable } = thrown as LlmError;
  return { code, message, retryable };
}
