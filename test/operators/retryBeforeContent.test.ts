import {
  concat,
  defer,
  finalize,
  from,
  NEVER,
  Observable,
  Subject,
  take,
  throwError,
  VirtualTimeScheduler,
} from 'rxjs';
import { defineModel, foldMessages, LlmError, type Message, type StreamEvent, type UsageDetails } from 'rxllm';
import { retryBeforeContent, type Retry, type RetryOptions } from 'rxllm/operators';
import { callEvents } from '../support/models.ts';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';

type Source = Observable<StreamEvent | string>;

const busy = new LlmError('overloaded', 'busy');
const tried = (times: number) => busy.with({ message: `busy (tried ${times} times)` });

/** Subscribes one after the other. */
function inTurn(...attempts: readonly Source[]): Source {
  let next = 0;
  return defer(() => attempts[next++] ?? throwError(() => new Error('asked too often')));
}

/** Some events, and then an error that may pass. */
function broken(...some: readonly (StreamEvent | string)[]): Source {
  return concat(
    from(some),
    throwError(() => busy),
  );
}

const whole = (...some: readonly (StreamEvent | string)[]): Source => from(some);

/** What comes of the attempts in virtual time, and how often it was waited. */
function play(attempts: readonly Source[], options: RetryOptions = {}) {
  const scheduler = new VirtualTimeScheduler();
  const retries: Retry[] = [];
  const onRetry = (retry: Retry) => {
    retries.push(retry);
    options.onRetry?.(retry);
  };
  const recording = record(inTurn(...attempts).pipe(retryBeforeContent({ scheduler, ...options, onRetry })));
  scheduler.flush();
  const { end } = recording;
  const values = recording.values as readonly StreamEvent[];
  return { values, end, retries, delays: retries.map(({ delayMs }) => delayMs), ms: scheduler.frame };
}

const said = (text: string): Message => ({ role: 'assistant', parts: [{ type: 'text', text }] });

describe('retryBeforeContent', () => {
  const { s, r, q, t, n, a, e, u, f } = events;
  describe('alone', () => keepsOperatorLaws(() => retryBeforeContent(), s, r, q, t, n, a, e, u, f));
  describe('with afterContent', () =>
    keepsOperatorLaws(() => retryBeforeContent({ afterContent: 'restart' }), s, r, q, t, n, a, e, u, f));

  test(
    'asks again after a wait when its source errors before content',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('---#             ', events, busy);
      const subs = '                    ^--!             ';
      const again = cold<StreamEvent>('       -t-t-|   ', events);
      const againSubs = '               ------^----!   ';
      const result = '                  -------t-t-|   ';
      const asked = inTurn(source, again).pipe(retryBeforeContent({ initialDelayMs: 3, random: () => 1 }));
      expectObservable(asked).toBe(result, events);
      expectSubscriptions(source.subscriptions).toBe(subs);
      expectSubscriptions(again.subscriptions).toBe(againSubs);
    }),
  );

  test(
    'lets an error pass that comes after content, or may not pass',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const refused = new LlmError('auth', 'no');
      const begun = cold<StreamEvent>('  -t-#', events, busy);
      const wrong = cold<StreamEvent>('  --#', events, refused);
      expectObservable(begun.pipe(retryBeforeContent())).toBe('-t-#', events, busy);
      expectObservable(wrong.pipe(retryBeforeContent())).toBe('--#', events, refused);
      expectSubscriptions(begun.subscriptions).toBe('^--!');
      expectSubscriptions(wrong.subscriptions).toBe('^-!');
    }),
  );

  test(
    'errors with the last error, which says how often it was tried',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-#', events, busy);
      const subs = ['                   ^!', '---^!', '--------^!'];
      const result = '                  ---------#';
      expectObservable(source.pipe(retryBeforeContent({ initialDelayMs: 2, random: () => 1 }))).toBe(
        result,
        events,
        tried(3),
      );
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'asks nobody any more when it is unsubscribed during the wait or an attempt',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const waiting = cold<StreamEvent>('-#', events, busy);
      expectObservable(waiting.pipe(retryBeforeContent()), '---!').toBe('----');
      expectSubscriptions(waiting.subscriptions).toBe('^!');
      const first = cold<StreamEvent>(' -#        ', events, busy);
      const second = cold<StreamEvent>('   -t---t-|', events);
      const secondSubs = '               ---^--!     ';
      const asked = inTurn(first, second).pipe(retryBeforeContent({ initialDelayMs: 2, random: () => 1 }));
      expectObservable(asked, '------!').toBe('----t--', events);
      expectSubscriptions(second.subscriptions).toBe(secondSubs);
    }),
  );

  test('emits the events of an attempt as they come, the same objects', () => {
    const source = new Subject<StreamEvent>();
    const { values } = record(source.pipe(retryBeforeContent()));
    source.next(events.t);
    expect(values).toHaveLength(1);
    expect(values[0]).toBe(events.t);
  });

  test('stops an attempt that emits without end while it is being subscribed, also the second', () => {
    let emitted = 0;
    const endless = new Observable<string>((subscriber) => {
      while (!subscriber.closed) subscriber.next(String((emitted += 1)));
    });
    expect(record(endless.pipe(retryBeforeContent(), take(1))).values).toEqual(['1']);
    expect(emitted).toBe(1);
    const scheduler = new VirtualTimeScheduler();
    const recording = record(inTurn(broken(), endless).pipe(retryBeforeContent({ scheduler }), take(1)));
    scheduler.flush();
    expect(recording).toEqual({ values: ['2'], end: 'complete' });
    expect(emitted).toBe(2);
  });

  test('leaves no trace of attempts that said nothing', () => {
    expect(play([broken(), broken(), whole(s, t, f)]).values).toEqual([s, t, f]);
  });

  test('has left an attempt that failed before it waits', () => {
    const order: string[] = [];
    const first = broken().pipe(finalize(() => order.push('left')));
    const again = defer(() => {
      order.push('asked again');
      return NEVER;
    });
    play([first, again]);
    expect(order).toEqual(['left', 'asked again']);
  });
});

describe('retryBeforeContent counts as content', () => {
  const { s, u, q, t, r, n, a } = events;
  const result: StreamEvent = { type: 'tool_result', chunk: '3', tool_name: 'add' };
  const file: StreamEvent = { type: 'attachment', attachment: { url: 'https://x.test/a' } };

  test.each<[string, StreamEvent | string]>([
    ['text', t],
    ['a string', 'Hi'],
    ['reasoning', r],
    ['the name of a call', n],
    ['its arguments', a],
    ['a result', result],
    ['a file', file],
  ])('%s', (_, event) => {
    expect(play([broken(event), whole(t)])).toMatchObject({ values: [event], end: busy, retries: [] });
  });

  test('nothing else: neither start nor usage, raw messages and the end of a part', () => {
    const raw: StreamEvent = { type: 'raw', payload: { ping: 1 } };
    for (const event of [s, u, raw, q]) expect(play([broken(event), whole(t)]).end).toBe('complete');
  });
});

describe('retryBeforeContent waits', () => {
  const failing = () => throwError(() => busy);

  test('twice as long each time, up to the longest wait', () => {
    const { delays, ms, end } = play(Array.from({ length: 7 }, failing), { maxRetries: 6, random: () => 1 });
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(ms).toBe(23_500);
    expect(end).toEqual(tried(7));
    const attempts = Array.from({ length: 4 }, failing);
    const own = { maxRetries: 3, initialDelayMs: 10, maxDelayMs: 25, random: () => 1 };
    expect(play(attempts, own).delays).toEqual([10, 20, 25]);
  });

  test('half of that at least, by chance', () => {
    expect(play([failing(), failing(), failing()], { random: () => 0 }).delays).toEqual([250, 500]);
    expect(play([failing(), failing(), failing()], { random: () => 0.5 }).delays).toEqual([375, 750]);
    for (let round = 0; round < 100; round += 1) {
      const [delay] = play([failing(), whole('Hi')]).delays;
      expect(delay).toBeGreaterThanOrEqual(250);
      expect(delay).toBeLessThan(500);
    }
  });

  test('as long as the error asks for, and its own wait on top of that', () => {
    const asking = throwError(() => busy.with({ retryAfterMs: 7000 }));
    expect(play([asking, whole('Hi')], { random: () => 1 })).toMatchObject({ delays: [7500], ms: 7500 });
    expect(play([asking, asking, whole('Hi')], { random: () => 0 }).delays).toEqual([7250, 7500]);
  });

  test('not at all when that is longer than it may be', () => {
    const asking = (retryAfterMs: number) => throwError(() => busy.with({ retryAfterMs }));
    expect(play([asking(60_000), whole('Hi')]).end).toBe('complete');
    expect(play([asking(60_001), whole('Hi')])).toMatchObject({ end: busy, retries: [] });
    expect(play([asking(31), whole('Hi')], { maxRetryAfterMs: 30 })).toMatchObject({ end: busy, retries: [] });
    expect(play([asking(9e9), whole('Hi')], { maxRetryAfterMs: Infinity })).toMatchObject({
      end: 'complete',
      // What a timer can wait for.
      delays: [2 ** 31 - 1],
    });
  });

  test('no time when it is told so, however often it asks', () => {
    const attempts = [...Array.from({ length: 1100 }, failing), whole('Hi')];
    const { delays, end } = play(attempts, { maxRetries: Infinity, initialDelayMs: 0 });
    expect(new Set(delays)).toEqual(new Set([0]));
    expect(end).toBe('complete');
  });

  test(
    'on the async scheduler by default',
    marbles(({ cold, expectObservable }) => {
      const source = inTurn(cold('#', {}, busy), cold('(t|)'));
      expectObservable(source.pipe(retryBeforeContent({ random: () => 1 }))).toBe('500ms (t|)');
    }),
  );
});

describe('retryBeforeContent is told', () => {
  test('how often to ask again', () => {
    const attempts = [broken(), broken(), broken(), whole('Hi')];
    expect(play(attempts, { maxRetries: 0 })).toMatchObject({ end: busy, retries: [] });
    expect(play(attempts, { maxRetries: 1 }).end).toEqual(tried(2));
    expect(play(attempts).end).toEqual(tried(3));
    expect(play(attempts, { maxRetries: 3 }).end).toBe('complete');
    expect(play(attempts, { maxRetries: Infinity }).end).toBe('complete');
  });

  test('which errors may pass', () => {
    const refused = new LlmError('auth', 'no');
    const asked: LlmError[] = [];
    const isRetryable = (error: LlmError) => {
      asked.push(error);
      return error.code === 'auth';
    };
    expect(play([throwError(() => refused), whole('Hi')], { isRetryable }).end).toBe('complete');
    expect(play([broken(), whole('Hi')], { isRetryable })).toMatchObject({ end: busy, retries: [] });
    expect(asked).toEqual([refused, busy]);
  });

  test('of errors of others, too, which pass unchanged when they are final', () => {
    const foreign = new TypeError('oops');
    const failing = throwError(() => foreign);
    expect(play([failing, whole('Hi')])).toMatchObject({ end: foreign, retries: [] });
    const isRetryable = ({ code, cause }: LlmError) => code === 'provider_error' && cause === foreign;
    expect(play([failing, whole('Hi')], { isRetryable }).end).toBe('complete');
    const { end } = play([failing, failing], { isRetryable, maxRetries: 1 });
    expect(end).toMatchObject({ code: 'provider_error', message: 'oops (tried 2 times)', cause: foreign });
  });

  test('whom to tell before each wait', () => {
    const scheduler = new VirtualTimeScheduler();
    const seen: [Retry, number][] = [];
    const source = inTurn(broken(), broken(), whole('Hi'));
    const onRetry = (retry: Retry) => seen.push([retry, scheduler.frame]);
    source.pipe(retryBeforeContent({ scheduler, random: () => 1, onRetry })).subscribe();
    scheduler.flush();
    expect(seen).toEqual([
      [{ attempt: 1, error: busy, delayMs: 500 }, 0],
      [{ attempt: 2, error: busy, delayMs: 1000 }, 500],
    ]);
  });

  test('nothing that may throw: that is an error of the stream', () => {
    const thrown = new RangeError('a mistake');
    const fail = () => {
      throw thrown;
    };
    for (const options of [{ isRetryable: fail }, { onRetry: fail }, { random: fail }]) {
      const { end } = play([broken(), whole('Hi')], options);
      expect(end).toMatchObject({ code: 'invalid_input', message: 'a mistake', cause: thrown });
    }
    expect(play([broken('Hi')], { afterContent: fail }).end).toMatchObject({ code: 'invalid_input', cause: thrown });
    const final = new LlmError('tool_limit', 'enough');
    const giveUp = () => {
      throw final;
    };
    expect(play([broken(), whole('Hi')], { onRetry: giveUp }).end).toBe(final);
  });

  test('nothing that makes no sense', () => {
    const wrong: readonly object[] = [
      { maxRetries: -1 },
      { maxRetries: 1.5 },
      { maxRetries: NaN },
      { maxRetries: '2' },
      { initialDelayMs: -1 },
      { maxDelayMs: NaN },
      { maxRetryAfterMs: '1s' },
      { afterContent: 'continue' },
      { afterContent: true },
    ];
    for (const options of wrong) {
      const [name = ''] = Object.keys(options);
      const error = { code: 'invalid_input', message: expect.stringContaining(`${name} is `) as unknown };
      expect(() => retryBeforeContent(options)).toThrow(expect.objectContaining(error));
    }
  });
});

describe('retryBeforeContent', () => {
  const { t, f } = events;

  test('asks no more after finish', () => {
    for (const afterContent of [undefined, 'restart', () => whole('more')] as const) {
      const { values, end } = play([broken(t, f), whole(t)], { afterContent });
      expect(values).toEqual([t, f]);
      expect(end).toBe(busy);
    }
    expect(play([broken(f), whole(t)])).toMatchObject({ end: busy, retries: [] });
  });

  test('adds up the usage of all attempts', () => {
    const usage = (input: number, output: number, details: UsageDetails = {}): StreamEvent => ({
      type: 'usage',
      usage: { input, output, details },
    });
    const first = broken(usage(5, 1, { cached: 2, raw: { a: 1 } }), usage(6, 1, { cached: 3, raw: { a: 2 } }));
    const second = broken(usage(5, 0, { cached: 1 }));
    const third = whole(t, usage(5, 20, { reasoning: 4, raw: { b: 1 } }), f);
    const { values } = play([first, second, third]);
    const counted = values.flatMap((event) => (event.type === 'usage' ? [event.usage] : []));
    expect(counted).toEqual([
      { input: 5, output: 1, details: { cached: 2, raw: { a: 1 } } },
      { input: 6, output: 1, details: { cached: 3, raw: { a: 2 } } },
      { input: 11, output: 1, details: { cached: 4, raw: { a: 2 } } },
      { input: 16, output: 21, details: { cached: 4, reasoning: 4, raw: { b: 1 } } },
    ]);
  });

  test('says in the partial what all attempts have cost, under the id that was shown', () => {
    const scheduler = new VirtualTimeScheduler();
    const usage: StreamEvent = { type: 'usage', usage: { input: 5, output: 1 } };
    const model = defineModel({ id: 'm', stream: () => broken(usage) });
    const recording = record(model.prompt('Hi', { scheduler }).pipe(retryBeforeContent({ scheduler })));
    scheduler.flush();
    const [start] = recording.values as [StreamEvent];
    expect(recording.end).toMatchObject({
      message: 'busy (tried 3 times)',
      partial: { id: 'id' in start && start.id, usage: { input: 15, output: 3 }, status: 'failed', messages: [] },
    });
  });

  test('begins anew, with a new start, when a run that has begun is subscribed again', () => {
    const { s } = events;
    const again = { ...s, id: '01k1' };
    const { values } = play([broken(s), whole(again, t, f)]);
    expect(values).toEqual([s, { type: 'reset' }, again, t, f]);
  });

  test('leaves alone what begins anew by itself', () => {
    const { s, u, x } = events;
    const source = [s, t, u, x, { ...s, id: '01k1' }, t, f];
    for (const afterContent of [undefined, 'restart'] as const) {
      expect(play([whole(...source)], { afterContent }).values).toEqual(source);
    }
  });

  test('errors with bad_response when something comes that is no event', () => {
    for (const afterContent of [undefined, 'restart'] as const) {
      const none = from([null]) as Observable<unknown> as Source;
      expect(play([none], { afterContent }).end).toMatchObject({ code: 'bad_response' });
    }
    const empty = from([{ type: 'text' }]) as Observable<unknown> as Source;
    expect(play([empty], { afterContent: 'restart' }).end).toMatchObject({ code: 'bad_response' });
  });
});

describe('retryBeforeContent with afterContent "restart"', () => {
  const { s, t, r, n, a, e, u, f, x } = events;
  const restart = { afterContent: 'restart' } as const;

  test(
    'begins anew, with a reset right before the new attempt says something',
    marbles(({ cold, expectObservable }) => {
      const first = cold<StreamEvent>(' -s-t-#               ', events, busy);
      const second = cold<StreamEvent>('        -s--t-----f-|', events);
      const result = '                  -s-t-------(xst)-f-|';
      const options = { ...restart, initialDelayMs: 2, random: () => 1 };
      expectObservable(inTurn(first, second).pipe(retryBeforeContent(options))).toBe(result, events);
    }),
  );

  test('says what the attempts before have cost after the reset, which takes that away, too', () => {
    const { values } = play([broken(s, u, t), whole(s, t, u, f)], restart);
    const twice = { type: 'usage', usage: { input: 10, output: 14 } };
    expect(values).toEqual([s, u, t, x, s, u, t, twice, f]);
  });

  test('keeps what there is while new attempts fail before they say anything', () => {
    const scheduler = new VirtualTimeScheduler();
    const raw: StreamEvent = { type: 'raw', payload: { ping: 1 } };
    const attempts = [broken(t, n, a), broken(s, raw, u), broken()];
    const model = defineModel({ id: 'm', stream: () => attempts.shift()! });
    const source = model.prompt('Hi', { scheduler });
    const recording = record(source.pipe(retryBeforeContent({ ...restart, scheduler })));
    scheduler.flush();
    const [{ id }] = recording.values as [typeof s];
    expect(recording.values.slice(4)).toEqual([raw, u]);
    expect(recording.end).toMatchObject({
      message: 'busy (tried 3 times)',
      partial: { id, messages: [said('Hi')], incomplete: [{ name: 'add', arguments_raw: '{}', tool_call_id: 'c1' }] },
    });
  });

  test('keeps of several failed attempts what the last one said', () => {
    const attempts = [broken('first'), broken('second'), broken('third')];
    const { values, end } = play(attempts, restart);
    expect(foldMessages(values)).toEqual([said('third')]);
    expect(end).toEqual(tried(3));
  });

  test('takes what there was away when the new attempt ends well without a word', () => {
    expect(play([broken(s, t), whole()], restart)).toMatchObject({ values: [s, t, x], end: 'complete' });
    const { values } = play([broken(t, n, a), whole()], { afterContent: () => whole() });
    expect(values).toEqual([t, n, a, x, { ...t, part_index: 0 }]);
  });

  test('begins anew after half a call', () => {
    expect(play([broken(t, n, a), whole(t, f)], restart).values).toEqual([t, n, a, x, t, f]);
  });

  const call = [{ ...n, server_executed: true }, { ...a, server_executed: true }, e];
  const result: StreamEvent = { type: 'tool_result', chunk: '3', tool_name: 'add', tool_call_id: 'c1' };

  test.each<[string, readonly StreamEvent[]]>([
    ['a call is complete', [t, n, a, e]],
    ['a call that the provider runs is complete', call],
    ['its result has come', [...call, { ...result, server_executed: true }]],
    ['a result has come without its call', [result]],
  ])('does not when %s', (_, some) => {
    expect(play([broken(...some), whole(t)], restart)).toMatchObject({ values: some, end: busy, retries: [] });
  });

  test('waits as it does before content, and asks no more often', () => {
    const attempts = [broken(), broken(r), broken(t), whole(t)];
    const { delays, end } = play(attempts, { ...restart, random: () => 1 });
    expect(delays).toEqual([500, 1000]);
    expect(end).toEqual(tried(3));
  });
});

describe('retryBeforeContent with a function for afterContent', () => {
  const { s, t, r, q, n, a, e, u, f, x } = events;
  const call = [{ ...n, server_executed: true }, { ...a, server_executed: true }, e];
  const result: StreamEvent = { type: 'tool_result', chunk: '3', tool_call_id: 'c1', server_executed: true };
  const asked: (readonly Message[])[] = [];
  beforeEach(() => asked.splice(0));

  function goOn(first: Source, ...rests: readonly Source[]) {
    const next = rests[Symbol.iterator]();
    const afterContent = (messages: readonly Message[]) => {
      asked.push(messages);
      return next.next().value as Source;
    };
    return play([first, whole({ ...t, chunk: 'anew' }, f)], { afterContent });
  }

  test(
    'goes on with the rest, within the same part',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const first = cold<StreamEvent>('-s-r-t-#          ', events, busy);
      const rest = cold<StreamEvent>('          -s-h-g-|', { ...events, h: { type: 'text', chunk: '!' }, g: f });
      const restSubs = '               ---------^------!';
      const shown = '                  -s-r-t------h-g-|';
      const { part_index, message_index } = t;
      const h = { type: 'text', chunk: '!', part_index, message_index } as const;
      const options = { afterContent: () => rest, initialDelayMs: 2, random: () => 1 };
      expectObservable(inTurn(first).pipe(retryBeforeContent(options))).toBe(shown, { ...events, h, g: f });
      expectSubscriptions(rest.subscriptions).toBe(restSubs);
    }),
  );

  test('gives it what there is, also when it goes on more than once', () => {
    const { values, end } = goOn(broken('One, '), broken('two, '), whole('three.', f));
    expect(asked).toEqual([[said('One, ')], [said('One, two, ')]]);
    expect(foldMessages(values)).toEqual([said('One, two, three.')]);
    expect(end).toBe('complete');
  });

  test('keeps what there is when the rest fails', () => {
    const { values, end } = goOn(broken('One, '), broken(), broken('two'));
    expect(foldMessages(values)).toEqual([said('One, two')]);
    expect(end).toEqual(tried(3));
  });

  test('puts new parts after those that are there, and in a message of their own where they have one', () => {
    const late = { ...t, part_index: 1, message_index: 1 };
    const { values } = goOn(broken(r, q, t), whole(r, q, late, n, a, e, f));
    expect(values.map((event) => ('part_index' in event ? event.part_index : -1))).toEqual([
      0, 0, 1, 2, 2, 3, 4, 4, 4, -1,
    ]);
    const messages = foldMessages(values);
    expect(messages.map(({ parts }) => parts.map(({ type }) => type))).toEqual([
      ['reasoning', 'text', 'reasoning', 'tool_call'],
      ['text'],
    ]);
  });

  test('begins another text where that before had ended, or something came between', () => {
    const end: StreamEvent = { type: 'part_end', part_index: 1 };
    const two = [
      {
        role: 'assistant',
        parts: [
          { type: 'text', text: 'Hi' },
          { type: 'text', text: '!' },
        ],
      },
    ];
    expect(foldMessages(goOn(broken(t, end), whole('!')).values)).toEqual(two);
    const { values } = goOn(broken(t), whole(r, '!'));
    expect(foldMessages(values)[0]?.parts.map(({ type }) => type)).toEqual(['text', 'reasoning', 'text']);
  });

  test('takes half a call away before it goes on, with all that was said before', () => {
    const half = [s, u, r, q, t, n, a] as const;
    const { values } = goOn(broken(...half), whole({ type: 'text', chunk: '!' }, ...callEvents('sub', [1], 'c2'), f));
    expect(values.slice(0, half.length)).toEqual(half);
    expect(values.slice(half.length)).toEqual([
      x,
      s,
      u,
      r,
      q,
      t,
      { ...t, chunk: '!' },
      ...callEvents('sub', [1], 'c2').map((event) => ({ ...event, part_index: 2, message_index: 0 })),
      f,
    ]);
    expect(asked).toEqual([foldMessages([r, t])]);
  });

  test('says again that the part before it is complete, unless it is a text', () => {
    const { values } = goOn(broken(...call, result, { ...events.m, part_index: 4 }), whole('!'));
    const again = values.slice(values.findIndex(({ type }) => type === 'reset'));
    expect(again.filter(({ type }) => type === 'part_end')).toEqual([
      { type: 'part_end', part_index: 0 },
      { type: 'part_end', part_index: 1 },
    ]);
  });

  test('goes on in the last message', () => {
    const second = { ...t, part_index: 2, message_index: 1 };
    expect(foldMessages(goOn(broken(t, second), whole('!')).values)).toEqual([said('Hi'), said('Hi!')]);
    expect(foldMessages(goOn(broken(t, second), whole(r)).values)).toMatchObject([
      said('Hi'),
      { parts: [{ text: 'Hi' }, { type: 'reasoning' }] },
    ]);
  });

  test('leaves half a call where it is while the rest says nothing', () => {
    const { values, end } = goOn(broken(t, n, a), broken(s), broken());
    expect(values).toEqual([t, n, a]);
    expect(end).toEqual(tried(3));
  });

  test.each<[string, readonly StreamEvent[]]>([
    ['thoughts', [r]],
    ['thoughts and half a call', [r, n]],
    ['space', [{ ...t, chunk: '\n ' }]],
    ['half a call', [n, a]],
  ])('begins anew when there is nothing but %s', (_, some) => {
    const { values, end } = goOn(broken(...some), whole('more'));
    expect(asked).toEqual([]);
    expect(values).toEqual([...some, x, { ...t, chunk: 'anew' }, f]);
    expect(end).toBe('complete');
  });

  test.each<[string, readonly StreamEvent[]]>([
    ['waits for the client', [t, n, a, e]],
    ['waits for the provider', [t, ...call]],
  ])('is final when a call %s', (_, some) => {
    expect(goOn(broken(...some), whole('more'))).toMatchObject({ end: busy, retries: [] });
    expect(asked).toEqual([]);
  });

  test('goes on after a call that the provider has run', () => {
    const { values, end } = goOn(broken(...call, result), whole('three'));
    expect(foldMessages(values)[0]?.parts.map(({ type }) => type)).toEqual(['tool_call', 'tool_result', 'text']);
    expect(end).toBe('complete');
  });

  test('takes the word of the rest when that begins anew by itself', () => {
    const { values } = goOn(broken(t), whole('wrong', x, { type: 'text', chunk: '!' }, f));
    expect(values).toEqual([
      t,
      { ...t, chunk: 'wrong' },
      x,
      { ...t, part_index: 0 },
      { ...t, part_index: 0, chunk: '!' },
      f,
    ]);
  });
});
