// Replaying: when what comes, in which time, and what goes wrong where it shall.
import { take, timestamp, VirtualTimeScheduler } from 'rxjs';
import type { LlmError } from 'rxllm';
import { ndjson } from 'rxllm/http';
import { ollama } from 'rxllm/ollama';
import { openaiChat, type OpenAIChatOptions } from 'rxllm/openai';
import { idleTimeout, text } from 'rxllm/operators';
import {
  like,
  marbles,
  parseTape,
  replay,
  withFaults,
  writeTape,
  type Fault,
  type ReplayFault,
  type Tape,
} from 'rxllm/testing';
import { delta, done, finish, streamOf } from '../providers/openai-chat/chunks.ts';

const say = (content: string) => JSON.stringify(streamOf([delta({ content })]));
const lines = (...last: readonly string[]) =>
  ['rxllm tape 1', 'POST http://api.example/chat/completions', '2 200 text/event-stream', ...last, ''].join('\n');
const rest = JSON.stringify(streamOf([finish('stop')]) + done);
const tape = lines(`4 ${say('a')}`, `6 ${say('b')}`, `10 ${say('c')}`, `12 ${rest}`, '12 end');

function chat(settings: Partial<OpenAIChatOptions>) {
  return openaiChat({ model: 'x', baseUrl: 'http://api.example', maxRetries: 0, ...settings });
}

/** Chunks of text with their frames, and the end. */
function seenOf(settings: Partial<OpenAIChatOptions>) {
  const scheduler = new VirtualTimeScheduler();
  const seen: (readonly [frame: number, what: string])[] = [];
  let error: LlmError | undefined;
  chat(settings)
    .prompt('Hi', { scheduler })
    .pipe(text())
    .subscribe({
      next: (chunk) => seen.push([scheduler.frame, chunk]),
      error: (thrown: LlmError) => {
        error = thrown;
        seen.push([scheduler.frame, thrown.code]);
      },
      complete: () => seen.push([scheduler.frame, 'done']),
    });
  scheduler.flush();
  return { seen, error, keptText: error?.partial?.messages.flatMap(({ parts }) => parts) };
}

describe('a tape is played', () => {
  test(
    'in virtual time, as a marble test sees it',
    marbles(({ scheduler, expectObservable }) => {
      const model = chat({ fetch: replay([tape, tape]) });
      expectObservable(model.prompt('Hi', { scheduler }).pipe(text())).toBe('----a-b---c-|');
      expectObservable(model.prompt('Hi').pipe(text(), take(2)), '^-').toBe('----a-(b|)');
    }),
  );

  test.each<[number, readonly number[]]>([
    [1, [4, 6, 10, 12]],
    [2, [2, 3, 5, 6]],
    [0.5, [8, 12, 20, 24]],
    [Infinity, [0, 0, 0, 0]],
  ])('at speed %d', (speed, [a, b, c, end]) => {
    const { seen } = seenOf({ fetch: replay(tape, { speed }) });
    expect(seen).toEqual([
      [a, 'a'],
      [b, 'b'],
      [c, 'c'],
      [end, 'done'],
    ]);
  });

  test('to each request in order, and one after the last errors', () => {
    const other = lines(`3 ${say('z')}`, `3 ${rest}`, '3 end');
    const scheduler = new VirtualTimeScheduler();
    const model = chat({ fetch: replay([tape, parseTape(other)]) });
    const said: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      model
        .prompt('Hi', { scheduler })
        .pipe(text())
        .subscribe({
          next: (chunk) => said.push(`${count}${chunk}`),
          error: (error: LlmError) => said.push(`${count} ${error.code}: ${error.message}`),
        });
    }
    scheduler.flush();
    expect(said).toEqual([
      '2 invalid_input: request 3 came, but replay() has 2 tapes; give it a tape for each request, retries included (maxRetries: 0 turns them off)',
      '1z',
      '0a',
      '0b',
      '0c',
    ]);
  });

  test('to each request in order where a text holds several', async () => {
    const play = replay(lines('3 "a"', '3 end') + lines('3 "b"', '3 end'), { speed: Infinity });
    const ask = async () => (await play('http://api.example', {})).text();
    expect([await ask(), await ask()]).toEqual(['a', 'b']);
    await expect(ask()).rejects.toThrow('request 3 came, but replay() has 2 tapes');
  });

  test('to retries as well', () => {
    const busy = tape.replace('2 200', '2 503').replace(/^4[\s\S]*$/m, '5 "busy"\n6 end\n');
    const { seen } = seenOf({ fetch: replay([busy, tape], { speed: Infinity }), maxRetries: 1 });
    expect(seen.map(([, what]) => what)).toEqual(['a', 'b', 'c', 'done']);
    expect(seenOf({ fetch: replay(busy), maxRetries: 1 }).error?.message).toMatch(
      'request 2 came, but replay() has one',
    );
  });

  test('line by line too', () => {
    const scheduler = new VirtualTimeScheduler();
    const request = { url: 'http://api.example/', headers: new Headers(), body: {}, scheduler };
    const seen: unknown[] = [];
    ndjson(
      { ...request, fetch: replay(lines('4 "{\\"a\\":1}\\n{\\"b\\""', '6 ":2}\\n"', '7 end')) },
      { isLast: () => false },
    )
      .pipe(timestamp(scheduler))
      .subscribe(({ value, timestamp: ms }) => seen.push([ms, value.data]));
    scheduler.flush();
    expect(seen).toEqual([
      [4, '{"a":1}'],
      [6, '{"b":2}'],
    ]);
  });

  test('no longer than somebody listens', () => {
    const scheduler = new VirtualTimeScheduler();
    const subscription = chat({ fetch: replay(tape) })
      .prompt('Hi', { scheduler })
      .subscribe();
    scheduler.schedule(() => subscription.unsubscribe(), 5);
    scheduler.flush();
    expect(scheduler.frame).toBe(5);
  });

  test('to its end mark: what comes after that is not waited for', () => {
    const open = tape.replace('12 end', '5000 silence');
    const scheduler = new VirtualTimeScheduler();
    chat({ fetch: replay(open) })
      .prompt('Hi', { scheduler })
      .subscribe();
    scheduler.flush();
    expect(scheduler.frame).toBe(12);
  });

  test.each([
    ['401', 'auth', 'api.example/chat/completions answered 401: no such key (check the API key)'],
    ['429', 'rate_limited', 'api.example/chat/completions answered 429: no such key'],
  ])('with its status %s', (status, code, message) => {
    const refusal = lines('3 "{\\"error\\":{\\"message\\":"', '9 "\\"no such key\\"}}"', '9 end').replace(
      '200',
      status,
    );
    const { seen, error } = seenOf({ fetch: replay(refusal) });
    expect(seen).toEqual([[9, code]]);
    expect(error).toMatchObject({ status: Number(status), message });
  });

  test('that breaks off, or whose recording was aborted, to the truncated response', () => {
    for (const [how, why] of [
      ['error', 'the tape breaks off here'],
      ['aborted', 'the tape ends where its recording was aborted'],
    ]) {
      const { seen, error } = seenOf({ fetch: replay(lines(`4 ${say('a')}`, `8 ${how}`)) });
      expect(seen).toEqual([
        [4, 'a'],
        [8, 'truncated'],
      ]);
      expect(error?.message).toBe(`the answer of api.example/chat/completions broke off: ${why}`);
    }
  });

  test.each([0, -1, NaN])('not at speed %d', (speed) => {
    expect(() => replay(tape, { speed })).toThrow(`speed is a number above 0, not ${speed}`);
  });

  test('not when it is damaged', () => {
    expect(() => replay([tape, tape.replace('12 end', '')])).toThrow('the tape stops before its end');
  });
});

describe('limits of time hold in virtual time:', () => {
  const slow = (ms: number) => lines(`4 ${say('a')}`, `${4 + ms} ${rest}`, `${4 + ms} end`);
  const limits = { connectMs: 50, firstEventMs: 60, idleMs: 70, keepAliveMs: 1000 };

  test.each([
    ['what comes at the very end of idleMs comes in time', 70, [74, 'done']],
    ['what comes a millisecond later does not', 71, [74, 'idle_timeout']],
  ])('%s', (_, ms, end) => {
    const { seen } = seenOf({ fetch: replay(slow(ms)), timeouts: limits });
    expect(seen).toEqual([[4, 'a'], end]);
  });

  test('so it is again and again', () => {
    const tick = (ms: number) => `${ms} ${say('t')}`;
    const steady = lines(tick(10), tick(80), tick(150), tick(160), tick(230), tick(301), '302 end');
    const { seen } = seenOf({ fetch: replay(steady), timeouts: limits });
    expect(seen.map(([ms]) => ms)).toEqual([10, 80, 150, 160, 230, 300]);
    expect(seen.at(-1)).toEqual([300, 'idle_timeout']);
  });

  test.each([
    ['connectMs', 50, 51, 'connect_timeout'],
    ['firstEventMs', 60, 61, 'first_event_timeout'],
  ])('so it is with %s', (limit, inTime, tooLate, code) => {
    const at = (ms: number): Tape => {
      const [headMs, firstMs] = limit === 'connectMs' ? [ms, ms] : [2, 2 + ms];
      const { chunks, ...others } = parseTape(slow(0));
      return {
        ...others,
        headMs,
        chunks: chunks.map((chunk) => ({ ...chunk, ms: firstMs })),
        end: { ms: firstMs, how: 'end' },
      };
    };
    expect(seenOf({ fetch: replay(at(inTime)), timeouts: limits }).error).toBeUndefined();
    expect(seenOf({ fetch: replay(at(tooLate)), timeouts: limits }).error?.code).toBe(code);
  });

  test(
    'idleTimeout() gives up when its limit is over',
    marbles(({ scheduler, expectObservable }) => {
      const model = chat({ fetch: replay([slow(10), slow(11)]) });
      const say$ = () => model.prompt('Hi', { scheduler }).pipe(idleTimeout(10, { scheduler }), text());
      expectObservable(say$()).toBe('----a---------|');
      expectObservable(say$()).toBe('----a---------#', undefined, like({ code: 'idle_timeout' }));
    }),
  );
});

describe('a fault', () => {
  const kept = (said: string) => [{ type: 'text', text: said }];
  const bytesOf = (chunk: number) => parseTape(tape).chunks[chunk]!.bytes.length;

  test.each<[string, Fault | readonly Fault[], readonly (readonly [number, string])[], string]>([
    [
      'cuts before a chunk',
      { do: 'cut', at: { chunk: 1 } },
      [
        [4, 'a'],
        [4, 'truncated'],
      ],
      'a',
    ],
    ['cuts before the first', { do: 'cut', at: { chunk: 0 } }, [[2, 'truncated']], ''],
    [
      'cuts after the last',
      { do: 'cut', at: { chunk: 3 } },
      [
        [4, 'a'],
        [6, 'b'],
        [10, 'c'],
        [10, 'truncated'],
      ],
      'abc',
    ],
    [
      'cuts between two chunks by bytes',
      { do: 'cut', at: { byte: bytesOf(0) } },
      [
        [4, 'a'],
        [4, 'truncated'],
      ],
      'a',
    ],
    [
      'cuts within a chunk',
      { do: 'cut', at: { byte: bytesOf(0) + bytesOf(1) - 1 } },
      [
        [4, 'a'],
        [6, 'truncated'],
      ],
      'a',
    ],
    [
      'ends the body early',
      { do: 'cut', at: { chunk: 2 }, as: 'end' },
      [
        [4, 'a'],
        [6, 'b'],
        [6, 'truncated'],
      ],
      'ab',
    ],
    [
      'stalls for ever',
      { do: 'stall', at: { chunk: 1 } },
      [
        [4, 'a'],
        [74, 'idle_timeout'],
      ],
      'a',
    ],
    [
      'stalls for a time',
      { do: 'stall', at: { chunk: 1 }, ms: 30 },
      [
        [4, 'a'],
        [36, 'b'],
        [40, 'c'],
        [42, 'done'],
      ],
      '',
    ],
    [
      'stalls within a chunk',
      { do: 'stall', at: { byte: bytesOf(0) + 3 }, ms: 9 },
      [
        [4, 'a'],
        [15, 'b'],
        [19, 'c'],
        [21, 'done'],
      ],
      '',
    ],
    [
      'doubles a chunk',
      { do: 'duplicate', chunk: 1 },
      [
        [4, 'a'],
        [6, 'b'],
        [6, 'b'],
        [10, 'c'],
        [12, 'done'],
      ],
      '',
    ],
    [
      'follows another',
      [
        { do: 'duplicate', chunk: 0 },
        { do: 'stall', at: { chunk: 2 }, ms: 20 },
        { do: 'cut', at: { chunk: 3 } },
      ],
      [
        [4, 'a'],
        [4, 'a'],
        [26, 'b'],
        [26, 'truncated'],
      ],
      'aab',
    ],
  ])('%s', (_, faults, expected, left) => {
    const settings = { timeouts: { idleMs: 70 } };
    const { seen, error, keptText } = seenOf({ fetch: replay(tape, { faults }), ...settings });
    expect(seen).toEqual(expected);
    expect(keptText).toEqual(error && (left === '' ? [] : kept(left)));
    expect(error?.partial?.status).toBe(error && (error.code === 'truncated' ? 'truncated' : 'failed'));
    // The same, on a tape of its own.
    const faulty = withFaults(parseTape(tape), faults);
    expect(seenOf({ fetch: replay(writeTape(faulty)), ...settings }).seen).toEqual(expected);
  });

  test('cut anywhere keeps a beginning of the text', () => {
    const size = parseTape(tape).chunks.reduce((sum, { bytes }) => sum + bytes.length, 0);
    for (let byte = 0; byte < size; byte += 1) {
      const { error, keptText = [] } = seenOf({ fetch: replay(tape, { faults: { do: 'cut', at: { byte } } }) });
      if (error) {
        expect(error.code).toBe('truncated');
        expect(['', 'a', 'ab', 'abc']).toContain(
          keptText.map((part) => (part.type === 'text' ? part.text : '')).join(''),
        );
      }
    }
  });

  test('breaks the connection, or ends the body as if it were whole', () => {
    const cut = (as?: 'end') => seenOf({ fetch: replay(tape, { faults: { do: 'cut', at: { chunk: 1 }, as } }) }).error;
    expect(cut()?.message).toMatch('broke off: the tape breaks off here');
    expect(cut('end')?.message).toBe('the answer ended before the provider said that it was complete');
  });

  test('stalls as long at any speed', () => {
    const faults: Fault = { do: 'stall', at: { chunk: 1 }, ms: 30 };
    const { seen } = seenOf({ fetch: replay(tape, { speed: Infinity, faults }) });
    expect(seen.map(([ms]) => ms)).toEqual([0, 30, 30, 30]);
  });

  test('of one tape leaves the others alone, and the tape itself', () => {
    const parsed = parseTape(tape);
    const fetch = replay([withFaults(parsed, { do: 'cut', at: { chunk: 0 } }), parsed]);
    expect(seenOf({ fetch, maxRetries: 1 }).seen.map(([, what]) => what)).toEqual(['a', 'b', 'c', 'done']);
    expect(writeTape(parsed)).toBe(writeTape(parseTape(tape)));
  });

  test('is done to every tape of a text, or to the one that it says', async () => {
    const tapes = lines('3 "a"', '4 "b"', '4 end') + lines('3 "c"', '4 "d"', '5 "e"', '5 end');
    const saidWith = (faults: ReplayFault | readonly ReplayFault[]) => {
      const play = replay(tapes, { speed: Infinity, faults });
      const ask = async () => (await play('http://api.example', {})).text();
      return Promise.all([ask(), ask()]);
    };
    const cut = { do: 'cut', at: { chunk: 1 }, as: 'end' } as const;
    expect(await saidWith(cut)).toEqual(['a', 'c']);
    expect(await saidWith({ ...cut, tape: 0 })).toEqual(['a', 'cde']);
    expect(await saidWith({ ...cut, tape: 1 })).toEqual(['ab', 'c']);
    expect(
      await saidWith([
        { do: 'duplicate', chunk: 2, tape: 1 },
        { do: 'duplicate', chunk: 0 },
      ]),
    ).toEqual(['aab', 'ccdee']);
  });

  test.each<[string, ReplayFault, string]>([
    [
      'that is not on every tape',
      { do: 'duplicate', chunk: 4 },
      'the fault {"do":"duplicate","chunk":4} is not on tape 1 (of 2, counted from 0; a fault may say its "tape"), which has 1 chunks with 1 bytes',
    ],
    [
      'for a tape that is not there',
      { do: 'duplicate', chunk: 0, tape: 2 },
      'the fault {"do":"duplicate","chunk":0,"tape":2} is for a tape that is none of 2, counted from 0',
    ],
    [
      'for a tape before the first',
      { do: 'duplicate', chunk: 0, tape: -1 },
      'the fault {"do":"duplicate","chunk":0,"tape":-1} is for a tape that is none of 2, counted from 0',
    ],
  ])('%s is refused', (_, faults, message) => {
    const short = lines('3 "x"', '3 end');
    const long = lines(...'abcde'.split('').map((letter) => `3 "${letter}"`), '3 end');
    expect(() => replay(long + short, { faults })).toThrow(expect.objectContaining({ code: 'invalid_input', message }));
  });

  test.each<[Fault]>([
    [{ do: 'cut', at: { chunk: 5 } }],
    [{ do: 'cut', at: { chunk: -1 } }],
    [{ do: 'cut', at: { chunk: 0.5 } }],
    [{ do: 'stall', at: { byte: 100_000 } }],
    [{ do: 'stall', at: { byte: -1 } }],
    [{ do: 'stall', at: { byte: 1.5 } }],
    [{ do: 'duplicate', chunk: 4 }],
  ])('that is not on the tape is refused: %j', (fault) => {
    expect(() => replay(tape, { faults: fault })).toThrow(
      `the fault ${JSON.stringify(fault)} is not on the tape, which has 4 chunks`,
    );
  });

  test('that makes no sense is refused', () => {
    expect(() => replay(tape, { faults: { do: 'stall', at: { chunk: 0 }, ms: -1 } })).toThrow(
      'a stall lasts for milliseconds',
    );
    expect(() => replay(tape, { faults: { do: 'burn' } as never })).toThrow('a fault is a cut, a stall or a duplicate');
  });
});

describe('called as a fetch it', () => {
  test('gives a Response', async () => {
    const response = await replay(lines('3 "a"', '3 base64 /w==', '4 "b"', '4 end'))('http://api.example', {});
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.of(97, 255, 98));
  });

  test.each([200, 204, 404])('gives its status %d', async (status) => {
    const response = await replay(lines('3 end').replace('200', String(status)))('http://api.example', {});
    expect(response.status).toBe(status);
    expect(await response.text()).toBe('');
  });

  test('breaks off where the tape does', async () => {
    const response = await replay(lines('3 "a"', '4 error'))('http://api.example', {});
    await expect(response.text()).rejects.toThrow('the tape breaks off here');
  });

  test('listens to its signal', async () => {
    const play = replay([lines('3 "a"', '4 silence'), lines('3 end')]);
    const controller = new AbortController();
    const response = await play('http://api.example', { signal: controller.signal });
    const body = response.text();
    controller.abort(new Error('enough'));
    await expect(body).rejects.toThrow('enough');
    await expect(play('http://api.example', { signal: controller.signal })).rejects.toThrow('enough');
  });

  test('can be left', async () => {
    const response = await replay(lines('3 "a"', '4 silence'))('http://api.example', {});
    const reader = response.body!.getReader();
    expect((await reader.read()).value).toEqual(Uint8Array.of(97));
    await reader.cancel();
    expect((await reader.read()).done).toBe(true);
  });

  test('rejects a request after the last', async () => {
    await expect(replay([])('http://api.example', {})).rejects.toThrow('request 1 came, but replay() has 0 tapes');
  });

  test('serves a model through any fetch that wraps it', async () => {
    const play = replay(lines('3 "{\\"message\\":{\\"content\\":\\"Hi\\"},\\"done\\":true}\\n"', '3 end'));
    const model = ollama({ model: 'x', fetch: (url, init) => play(url, init) });
    expect(await model.prompt('Hi').text()).toBe('Hi');
  });
});
