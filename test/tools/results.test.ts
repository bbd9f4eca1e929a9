// What a tool may give back, and what the model and whoever watches see of it.
import { runInNewContext } from 'node:vm';
import {
  concat,
  firstValueFrom,
  NEVER,
  Observable,
  of,
  range,
  Subject,
  take,
  throwError,
  VirtualTimeScheduler,
} from 'rxjs';
import { attachment, PauseChain, tool, toolOutput, user, type Tool } from 'rxllm';
import { ofType } from 'rxllm/operators';
import { marbles } from '../support/marbles.ts';
import { caller, doing, foreignPromise, messagesAfter, outputs, progressOf, resultOf, told } from './oneCall.ts';

const cycle: { self?: unknown } = {};
cycle.self = cycle;

describe('a value', () => {
  test.each<[string, unknown, string]>([
    ['a string, as it is', 'Oslo: 3°', 'Oslo: 3°'],
    ['an empty string', '', ''],
    ['an object', { a: [1, null], b: undefined }, '{"a":[1,null]}'],
    ['a number', 0, '0'],
    ['undefined', undefined, 'null'],
    ['null', null, 'null'],
    ['a function', () => 1, 'null'],
    ['a bigint', 12345678901234567890n, '12345678901234567890'],
    ['bigints within', { ids: [1n, 2n] }, '{"ids":["1","2"]}'],
    ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['an object without anything', {}, '{}'],
    ['one without a prototype', Object.create(null), '{}'],
    ['one of another realm', runInNewContext('({})'), '{}'],
    [
      'one that says itself that it is empty',
      new (class Empty {
        toJSON = () => ({});
      })(),
      '{}',
    ],
    [
      'one of a class, with data',
      new (class Point {
        x = 1;
      })(),
      '{"x":1}',
    ],
    ['what a Promise resolves to', Promise.resolve({ a: 1 }), '{"a":1}'],
    ['what a thenable resolves to', foreignPromise('later'), 'later'],
    ['the last value of an Observable', of(1, 2, 3), '3'],
    ['of an Observable without values', of(), 'null'],
    ['the last value of an Observable that a Promise resolves to', Promise.resolve(of(1, 2)), '2'],
  ])('%s', async (_, value, output) => {
    expect(await resultOf(doing(() => value))).toEqual({ type: 'tool_result', name: 't', output, tool_call_id: 'c1' });
  });

  test.each<[string, () => unknown, object]>([
    ['a cycle', () => cycle, { output: expect.stringMatching(/^Error: Converting circular/) }],
    ['a rejection', () => Promise.reject(new RangeError('no')), { output: 'Error: no', exception: 'RangeError: no' }],
    ['an error', () => throwError(() => new RangeError('no')), { output: 'Error: no', exception: 'RangeError: no' }],
    [
      'an error after values',
      () =>
        concat(
          of(1),
          throwError(() => 'no'),
        ),
      { output: 'Error: no' },
    ],
    [
      'a thenable that throws',
      () => {
        const broken = {};
        Reflect.set(broken, 'then', () => {
          throw new Error('broken');
        });
        return broken;
      },
      { output: 'Error: broken' },
    ],
  ])('that is %s is an error that the model can read', async (_, run, expected) => {
    expect(await resultOf(doing(run))).toMatchObject(expected);
  });

  test.each<[string, unknown]>([
    ['Response', new Response('body')],
    ['Map', new Map([[1, 2]])],
    ['Set', new Set([1])],
    ['RegExp', /a/],
    [
      'Notebook',
      new (class Notebook {
        readonly #notes = ['milk'];
        all = () => this.#notes;
      })(),
    ],
    [
      'Generator',
      (function* () {
        yield 1;
      })(),
    ],
    ['Set', toolOutput(new Set([1]), { attachments: [] })],
    ['Map', of(1, new Map())],
  ])('of which JSON says nothing is an error that says what it was: a %s', async (name, value) => {
    const message = `the tool gave a ${name}, of which JSON says nothing; a tool gives back text or plain data`;
    expect(await resultOf(doing(() => value))).toMatchObject({
      output: `Error: ${message}`,
      exception: `InvalidResult: ${message}`,
    });
  });

  test.each<[string, () => unknown, string]>([
    ['returned', () => new RangeError('no'), 'RangeError: no'],
    ['resolved to', () => Promise.resolve(new RangeError('no')), 'RangeError: no'],
    ['with data', () => Object.assign(new RangeError('no'), { code: 7 }), 'RangeError: no'],
    ['with files', () => toolOutput(new RangeError('no'), { attachments: [] }), 'RangeError: no'],
    ['of another realm', () => runInNewContext('new RangeError("no")'), 'Error: no'],
  ])('that is an Error is as if it were thrown: %s', async (_, run, exception) => {
    expect(await resultOf(doing(run))).toMatchObject({ output: 'Error: no', exception });
  });

  test('with files is text and a message of the files', async () => {
    const cat = attachment({ type: 'image/png', content: 'Y2F0' });
    const run = () => toolOutput({ found: 1 }, { attachments: [cat] });
    for (const made of [doing(run), doing(() => Promise.resolve(run())), doing(() => of('looking', run()))]) {
      const messages = await messagesAfter(made);
      expect(messages.slice(2)).toEqual([
        { role: 'tool', parts: [{ type: 'tool_result', name: 't', output: '{"found":1}', tool_call_id: 'c1' }] },
        user(cat),
      ]);
    }
  });
});

describe('progress', () => {
  test('of an Observable is all but its last value, also where all come at once', async () => {
    expect(await progressOf(doing(() => of(1, 2, 3)))).toEqual([1, 2]);
    expect(await progressOf(doing(() => of('only')))).toEqual([]);
    expect(await progressOf(doing(() => Promise.resolve('only')))).toEqual([]);
  });

  test(
    'is told when another value comes or time goes on, and what comes with the end is the result alone',
    marbles(({ cold, scheduler, expectObservable }) => {
      const values$ = cold('-a--(bc)-(d|)');
      const chain = caller().chain('Hi', { tools: [doing(() => values$)], scheduler });
      expectObservable(chain.pipe(ofType('tool_progress', 'tool_output'))).toBe('-a--(bc)-(d|)', {
        a: { type: 'tool_progress', tool_name: 't', tool_call_id: 'c1', value: 'a' },
        b: { type: 'tool_progress', tool_name: 't', tool_call_id: 'c1', value: 'b' },
        c: { type: 'tool_progress', tool_name: 't', tool_call_id: 'c1', value: 'c' },
        d: {
          type: 'tool_output',
          result: { type: 'tool_result', name: 't', output: 'd', tool_call_id: 'c1' },
          part_index: 1,
          message_index: 1,
        },
      });
    }),
  );

  test(
    'and result are both a value after which nothing comes for a while',
    marbles(({ cold, scheduler, expectObservable }) => {
      const chain = caller().chain('Hi', { tools: [doing(() => cold('-a---|'))], scheduler });
      expectObservable(chain.pipe(ofType('tool_progress'))).toBe('-a---|', {
        a: { type: 'tool_progress', tool_name: 't', tool_call_id: 'c1', value: 'a' },
      });
    }),
  );

  test('is also the last value before an error', async () => {
    const made = doing(() =>
      concat(
        of(1, 2),
        throwError(() => new Error('no')),
      ),
    );
    expect(await progressOf(made)).toEqual([1, 2]);
  });

  test('is plain data: what JSON makes of a value, and of one with files its output', async () => {
    const shown = { found: 1 };
    const made = doing(() => {
      const files = toolOutput('x', { attachments: [] });
      const values$ = of(shown, undefined, 5n, new Date(0), cycle, new Map(), NaN, files, 'end');
      return values$;
    });
    const values = await progressOf(made);
    expect(values).toEqual([
      { found: 1 },
      null,
      5,
      '1970-01-01T00:00:00.000Z',
      'a value that JSON cannot say',
      'a value that JSON cannot say',
      null,
      'x',
    ]);
    expect(values[0]).not.toBe(shown);
  });

  test('costs no more timers however much of it there is', () => {
    const scheduler = new VirtualTimeScheduler();
    const values$ = new Subject<number>();
    const chain = caller().chain('Hi', { tools: [doing(() => values$)], scheduler });
    const subscription = chain.subscribe();
    for (let at = 0; at < 100; at += 1) values$.next(at);
    expect(scheduler.actions).toHaveLength(1);
    subscription.unsubscribe();
    expect(scheduler.actions.filter((action) => !action.closed)).toEqual([]);
  });
});

describe('an Observable', () => {
  test(
    'that never ends is unsubscribed with the chain',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const values$ = cold('a--a--a--a');
      const chain = caller().chain('Hi', { tools: [doing(() => values$)], scheduler });
      expectObservable(chain.pipe(outputs()), '--^----!').toBe('-');
      expectSubscriptions(values$.subscriptions).toBe('--^----!');
    }),
  );

  test('that emits without end at once is stopped by whoever has seen enough', async () => {
    const made = doing(() => range(0, Infinity));
    const event = await firstValueFrom(told(made).pipe(ofType('tool_progress')));
    expect(event).toMatchObject({ value: 0 });
  });

  test('that a Promise resolves to too late is not subscribed', async () => {
    let subscriptions = 0;
    const late = Promise.resolve(new Observable(() => void (subscriptions += 1)));
    told(doing(() => late))
      .subscribe()
      .unsubscribe();
    await late;
    expect(subscriptions).toBe(0);
  });

  test('is subscribed when the call runs', async () => {
    let subscriptions = 0;
    const value$ = new Observable((subscriber) => {
      subscriptions += 1;
      subscriber.next(subscriptions);
      subscriber.complete();
    });
    const made = doing(() => value$);
    expect([await resultOf(made), await resultOf(made)]).toMatchObject([{ output: '1' }, { output: '2' }]);
  });
});

describe('an async generator', () => {
  test('yields progress and returns the result', async () => {
    const made = doing(async function* () {
      yield 'looking';
      yield 'found';
      return { found: 2 };
    });
    expect(await progressOf(made)).toEqual(['looking', 'found']);
    expect(await resultOf(made)).toMatchObject({ output: '{"found":2}' });
  });

  test('that returns nothing has its last value for a result', async () => {
    const made = doing(async function* () {
      yield 'looking';
      yield 'found';
    });
    expect(await progressOf(made)).toEqual(['looking']);
    expect(await resultOf(made)).toMatchObject({ output: 'found' });
  });

  test('may return what a tool may give back otherwise', async () => {
    const made = doing(async function* () {
      yield 'looking';
      return of('nearly', 'found');
    });
    expect(await progressOf(made)).toEqual(['looking', 'nearly']);
    expect(await resultOf(made)).toMatchObject({ output: 'found' });
  });

  test('that throws leaves an error', async () => {
    const made = doing(async function* () {
      yield 'looking';
      throw new RangeError('lost');
    });
    expect(await progressOf(made)).toEqual(['looking']);
    expect(await resultOf(made)).toMatchObject({ output: 'Error: lost', exception: 'RangeError: lost' });
  });

  test('is told to return where the chain is left, and goes no further', async () => {
    const steps: string[] = [];
    const closed = new Promise<void>((resolve) => {
      const made = doing(async function* () {
        try {
          for (let at = 0; ; at += 1) {
            steps.push(`step ${at}`);
            yield at;
          }
        } finally {
          resolve();
        }
      });
      told(made).pipe(ofType('tool_progress'), take(1)).subscribe();
    });
    await closed;
    expect(steps).toEqual(['step 0', 'step 1']);
  });

  test('is not told to return when it has ended', async () => {
    const calls: string[] = [];
    const iterable = (last: () => Promise<IteratorResult<unknown>>) => ({
      [Symbol.asyncIterator]: () => ({
        next: last,
        return: () => {
          calls.push('return');
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    });
    await resultOf(doing(() => iterable(() => Promise.resolve({ done: true, value: 'x' }))));
    await resultOf(doing(() => iterable(() => Promise.reject(new Error('no')))));
    expect(calls).toEqual([]);
  });

  test.each<[string, object]>([
    [
      'throws at a step',
      {
        next() {
          throw new Error('broken');
        },
      },
    ],
    ['rejects', { next: () => Promise.reject(new Error('broken')) }],
  ])('written by hand that %s leaves an error', async (_, iterator) => {
    const made = doing(() => ({ [Symbol.asyncIterator]: () => iterator }));
    expect(await resultOf(made)).toMatchObject({ output: 'Error: broken' });
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('cannot close');
      },
    ],
    ['rejects', () => Promise.reject(new Error('cannot close'))],
    ['is none', () => undefined],
  ])('written by hand whose return() %s harms nobody', async (_, close) => {
    const closing = new Promise<void>((resolve) => {
      const iterator = {
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: () => {
          resolve();
          return close();
        },
      };
      const made = doing(() => ({ [Symbol.asyncIterator]: () => iterator }));
      told(made).pipe(ofType('tool_progress'), take(1)).subscribe();
    });
    await closing;
  });
});

describe('what a tool knows', () => {
  test('is its call, everything said so far, and where time comes from', async () => {
    const scheduler = new VirtualTimeScheduler();
    const seen: object[] = [];
    const made = doing((_args, context) => seen.push(context));
    caller({ a: 1 })
      .chain('Hi', { tools: [made], scheduler })
      .subscribe();
    const call = { type: 'tool_call', name: 't', arguments: { a: 1 }, tool_call_id: 'c1' };
    expect(seen).toEqual([
      {
        call,
        signal: expect.any(AbortSignal),
        messages: [user('Hi'), { role: 'assistant', parts: [call] }],
        scheduler,
      },
    ]);
  });

  test('is when nobody waits any more', () => {
    let signal: AbortSignal | undefined;
    const made = doing((_args, context) => {
      signal = context.signal;
      return NEVER;
    });
    const subscription = told(made).subscribe();
    expect(signal?.aborted).toBe(false);
    subscription.unsubscribe();
    expect(signal?.aborted).toBe(true);
  });

  test.each<[string, () => unknown]>([
    ['has given its result', () => 'x'],
    ['has ended', () => of('x')],
    ['has failed', () => throwError(() => new Error('no'))],
  ])('is not told so by its own end: a tool that %s is not aborted', async (_, give) => {
    let signal: AbortSignal | undefined;
    await resultOf(
      doing((_args, context) => {
        signal = context.signal;
        return give();
      }),
    );
    expect(signal?.aborted).toBe(false);
  });

  test('is the same in a reply', async () => {
    const seen: unknown[] = [];
    const made = doing((args, { call, messages, signal }) => {
      seen.push(args, call.tool_call_id, messages.length, signal.aborted);
      return of('on its way', 'done');
    });
    const model = caller({ a: 1 });
    await model
      .prompt('Hi', { tools: [made] })
      .reply()
      .text();
    expect(seen).toEqual([{ a: 1 }, 'c1', 2, false]);
    expect(model.requests[1]?.messages.at(-1)?.parts).toMatchObject([{ output: 'done' }]);
  });
});

describe('a tool that pauses', () => {
  const pausing: [string, () => unknown][] = [
    ['by what it gives back', () => new PauseChain('ask Ada first')],
    [
      'at once',
      () => {
        throw new PauseChain('ask Ada first');
      },
    ],
    ['later', () => Promise.reject(new PauseChain('ask Ada first'))],
    [
      'after progress',
      () =>
        concat(
          of(1),
          throwError(() => new PauseChain('ask Ada first')),
        ),
    ],
  ];
  test.each(pausing)('%s ends the chain, and its call stays without a result', async (_, run) => {
    const error = await new Promise((resolve) => told(doing(run)).subscribe({ error: resolve }));
    expect(error).toMatchObject({
      code: 'paused',
      message: 'ask Ada first',
      partial: { messages: [{ role: 'assistant', parts: [{ type: 'tool_call', tool_call_id: 'c1' }] }] },
    });
  });

  test('may go on with the same history', async () => {
    let isReady = false;
    const made: Tool = tool({
      name: 't',
      run() {
        if (!isReady) throw new PauseChain('not yet');
        return 'ready';
      },
    });
    const model = caller();
    const chain = model.chain('Hi', { tools: [made] }).share();
    await expect(chain.text()).rejects.toMatchObject({ code: 'paused' });
    isReady = true;
    expect(await chain.reply().text()).toBe('ok');
    expect(model.requests[1]?.messages.at(-1)?.parts).toMatchObject([{ output: 'ready' }]);
  });
});
