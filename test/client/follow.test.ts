// What a client says and hears about a stream, in virtual time: many who follow one stream on one connection, and streams
// that are not what they were.
import { map, take, type Observable } from 'rxjs';
import { LlmError, type StreamEvent } from 'rxllm';
import { connect, type HubClient, type HubEntry } from 'rxllm/client';
import { fakeSockets, type Act, type Deed } from '../support/fakeWebSocket.ts';
import { marbles, type MarbleHelpers } from '../support/marbles.ts';

const letter = (chunk: string): StreamEvent => ({ type: 'text', chunk, part_index: 0, message_index: 0 });
const batch = (run: string, seq: number, chunks: string) => ({
  type: 'events',
  stream: 's',
  run,
  seq,
  events: Array.from(chunks, letter),
});

/** Events of runs 1 and 2 by where they begin, and what else the server says. */
const acts = {
  o: 'open',
  w: { type: 'welcome', heartbeat_ms: 1000 },
  a: { type: 'attached', stream: 's', run: '1' },
  A: { type: 'attached', stream: 's', run: '2' },
  e: batch('1', 1, 'abc'),
  f: batch('1', 4, 'de'),
  E: batch('2', 1, 'ABC'),
  F: batch('2', 3, 'CD'),
  z: { type: 'events', stream: 's', run: '1', seq: 4, events: [{ type: 'end', state: 'done' }] },
  x: 'break',
  u: { type: 'events', stream: 'other', run: '1', seq: 1, events: [letter('z')] },
  g: { type: 'gone', stream: 's', run: '2', first: 1, last: 5 },
  h: {
    type: 'gone',
    stream: 's',
    run: '2',
    first: 3,
    last: 5,
    snapshot: {
      seq: 2,
      response: {
        model: 'm',
        status: 'truncated',
        prompt: { messages: [] },
        messages: [{ role: 'assistant', parts: [{ type: 'text', text: 'AB' }] }],
      },
    },
  },
  r: { type: 'refused', stream: 's', error: { code: 'not_found', message: 'none', retryable: false } },
} as const satisfies Record<string, Act>;

function play({ cold, scheduler }: MarbleHelpers, ...scripts: readonly string[]) {
  const { WebSocketCtor, deeds$ } = fakeSockets((connection) => cold<Act>(scripts[connection]!, acts));
  const client = connect('ws://hub.example/hub', { WebSocketCtor, scheduler, random: () => 1, firstRetryMs: 1 });
  return { client, asked$: deeds$.pipe(map(asked)) };
}

/** An attach as its cursor, or `-` without one; all else by its type. */
function asked(deed: Deed): string {
  if (typeof deed === 'string') return deed;
  const { type, after = '-' } = deed;
  return type === 'attach' && typeof after === 'string' ? after : type;
}

/** Entries as `CURSOR LETTER`, and other events as `CURSOR TYPE`. */
function seen(client: HubClient, after?: string): Observable<string> {
  const show = ({ cursor, event }: HubEntry) => `${cursor} ${event.type === 'text' ? event.chunk : event.type}`;
  return client.entries('s', { after }).pipe(map(show));
}

const hello = { c: 'connect', h: 'hello' };

describe('followers of a stream', () => {
  test(
    'on one connection get each their own part of it',
    marbles((helpers) => {
      // The second makes the server go back: the first passes over what it has.
      const { client, asked$ } = play(helpers, '(ow)--ae----ae---uf');
      helpers.expectObservable(asked$, '^-------------------!').toBe('(cha)------a', { ...hello, a: '-' });
      helpers.expectObservable(seen(client), '^-------------------!').toBe('-------(abc)------(de)', {
        a: '1.1 a',
        b: '1.2 b',
        c: '1.3 c',
        d: '1.4 d',
        e: '1.5 e',
      });
      helpers.expectObservable(seen(client), '-----------^--------!').toBe('-------------(abc)(de)', {
        a: '1.1 a',
        b: '1.2 b',
        c: '1.3 c',
        d: '1.4 d',
        e: '1.5 e',
      });
    }),
  );

  test(
    'ask each for what they lack when the connection is back, and take of it what is next for them',
    marbles((helpers) => {
      const { client, asked$ } = play(helpers, '(ow)aex', '(ow)aef');
      helpers.expectObservable(asked$, '^ 20ms !').toBe('(chab)-(chde)', {
        ...hello,
        a: '-',
        b: '1.2',
        d: '1.3',
        e: '1.3',
      });
      const result = { a: '1.1 a', b: '1.2 b', c: '1.3 c', d: '1.4 d', e: '1.5 e' };
      helpers.expectObservable(seen(client), '       ^ 20ms !').toBe('-----(abc)---(de)', result);
      helpers.expectObservable(seen(client, '1.2'), '^ 20ms !').toBe('-----c-------(de)', result);
    }),
  );

  test(
    'pass over what is later than the next, and what they have',
    marbles((helpers) => {
      const { client } = play(helpers, '(ow)AF-E------F');
      const result = { a: '2.1 A', b: '2.2 B', c: '2.3 C', d: '2.4 D' };
      helpers.expectObservable(seen(client), '       ^ 20ms !').toBe('-------(abc)--d', result);
    }),
  );

  test(
    'complete after the end, also who came with its cursor',
    marbles((helpers) => {
      const { client } = play(helpers, '(ow)---ae-----z');
      helpers.expectObservable(seen(client, '1.2')).toBe('--------c-----(z|)', { c: '1.3 c', z: '1.4 end' });
      helpers.expectObservable(seen(client, '1.3')).toBe('--------------(z|)', { z: '1.4 end' });
      helpers.expectObservable(seen(client, '1.4')).toBe('--------------|');
    }),
  );

  test(
    'take nothing that was on its way to one who has left, which may be of a run that is over',
    marbles((helpers) => {
      const { client, asked$ } = play(helpers, '(ow)--a----eAE---');
      helpers.expectObservable(asked$, '^ 15ms !').toBe('(chaa)--d-a', { ...hello, a: '-', d: 'detach' });
      // Somebody else keeps the connection.
      helpers.expectObservable(client.entries('other'), '^ 20ms !').toBe('-');
      helpers.expectObservable(seen(client), '^-------!').toBe('-');
      const result = { a: '2.1 A', b: '2.2 B', c: '2.3 C' };
      helpers.expectObservable(seen(client), '----------^ 20ms !').toBe('-------------(abc)', result);
    }),
  );

  test(
    'hear nothing of other streams, and nothing that is meant for nobody',
    marbles((helpers) => {
      const { client } = play(helpers, '(ow)auue');
      helpers.expectObservable(seen(client).pipe(take(1))).toBe('-------(a|)', { a: '1.1 a' });
    }),
  );

  test(
    'all hear that there is no such stream',
    marbles((helpers) => {
      const { client, asked$ } = play(helpers, '(ow)--r');
      const error = new LlmError('not_found', 'none');
      helpers
        .expectObservable(asked$)
        .toBe('       (chab)(dx)', { ...hello, a: '-', b: '1.3', d: 'detach', x: 'close' });
      helpers.expectObservable(seen(client)).toBe('------#', {}, error);
      helpers.expectObservable(seen(client, '1.3')).toBe('------#', {}, error);
    }),
  );
});

describe('a stream that is another run now', () => {
  test(
    'begins anew after a reset, once',
    marbles((helpers) => {
      // The second answer was on its way when the first was heard.
      const { client, asked$ } = play(helpers, '(ow)---gg-AE');
      const result = { r: '2.0 reset', a: '2.1 A', b: '2.2 B', c: '2.3 C' };
      helpers.expectObservable(asked$, '              ^ 20ms !').toBe('(chab)-(ef)', {
        ...hello,
        a: '1.3',
        b: '1.1',
        e: '2.0',
        f: '2.0',
      });
      helpers.expectObservable(seen(client, '1.3'), '^ 20ms !').toBe('-------r---(abc)', result);
      helpers.expectObservable(seen(client, '1.1'), '^ 20ms !').toBe('-------r---(abc)', result);
    }),
  );

  test(
    'is asked after by who followed the run before, when another follower got the new one',
    marbles((helpers) => {
      const { client, asked$ } = play(helpers, '(ow)ae-----A-g-AE');
      helpers.expectObservable(asked$, '       ^ 20ms !').toBe('(cha)----b-f-(gb)', {
        ...hello,
        a: '-',
        b: '-',
        f: '1.3',
        g: '2.0',
      });
      const result = { a: '1.1 a', b: '1.2 b', c: '1.3 c', r: '2.0 reset', A: '2.1 A', B: '2.2 B', C: '2.3 C' };
      helpers.expectObservable(seen(client), '^ 20ms !').toBe('         -----(abc)---r--(ABC)', result);
      helpers.expectObservable(seen(client), '---------^ 20ms !').toBe('----------------(ABC)', result);
    }),
  );
});

describe('a stream that was trimmed', () => {
  const result = { r: '2.0 reset', s: '2.0 start', a: '2.0 AB', p: '2.2 part_end', c: '2.3 C', d: '2.4 D' };

  test(
    'begins anew with its snapshot, whose last event alone has the cursor after it',
    marbles((helpers) => {
      const { client, asked$ } = play(helpers, '(ow)---h------AF');
      helpers.expectObservable(asked$, '       ^ 20ms !').toBe('(cha)--b', { ...hello, a: '2.1', b: '2.2' });
      helpers.expectObservable(seen(client, '2.1'), '^ 20ms !').toBe('-------(rsap)--(cd)', result);
    }),
  );

  test(
    'comes as a whole to who left in the midst of its snapshot',
    marbles((helpers) => {
      const { client, asked$ } = play(helpers, '(ow)---h', '(ow)---h');
      helpers.expectObservable(asked$).toBe('                      (cha)--(dx)-(chb)--e--(dx)', {
        ...hello,
        a: '2.1',
        b: '2.0',
        d: 'detach',
        x: 'close',
        e: '2.2',
      });
      helpers.expectObservable(seen(client, '2.1').pipe(take(2))).toBe('-------(rs|)', result);
      helpers
        .expectObservable(seen(client, '2.0'), '------------^---------!')
        .toBe('-------------------(rsap)', result);
    }),
  );

  test(
    'goes on for who did not lack anything',
    marbles((helpers) => {
      // One of two is sent to the snapshot and leaves; with its place, that of the other is given up by the server.
      const { client, asked$ } = play(helpers, '(ow)--A--------h--AF');
      helpers.expectObservable(asked$, '       ^ 30ms !').toBe('(cha)-----b----a', {
        ...hello,
        a: '2.2',
        b: '2.1',
      });
      helpers.expectObservable(seen(client, '2.2'), '^ 30ms !').toBe('-------------------(cd)', result);
      helpers.expectObservable(seen(client, '2.1').pipe(take(1)), '----------^').toBe('---------------(r|)', result);
    }),
  );

  test(
    'begins anew for a place that is after its last event',
    marbles((helpers) => {
      const { client } = play(helpers, '(ow)h');
      helpers.expectObservable(seen(client, '2.6').pipe(take(1))).toBe('----(r|)', result);
    }),
  );
});
