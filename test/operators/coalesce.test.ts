import * as fc from 'fast-check';
import { concat, from, NEVER, Subject, VirtualTimeScheduler } from 'rxjs';
import { foldMessages, LlmError, type StreamEvent } from 'rxllm';
import { coalesce } from 'rxllm/operators';
import { numRuns } from '../support/arbitraries.ts';
import { events, marbles } from '../support/marbles.ts';
import { keepsOperatorLaws, record } from '../support/operatorLaws.ts';
import { interleavedRun, rawRun } from './arbitraryEvents.ts';

const alphabet = { ...events, T: { ...events.t, chunk: 'HiHi' }, U: { ...events.t, chunk: 'HiHiHi' } } as const;

describe('coalesce', () => {
  keepsOperatorLaws(() => coalesce({ maxMs: 5 }), events.s, events.t, events.t, events.n, events.a, events.e, events.f);

  test(
    'joins neighbouring chunks until the time is over or another event comes',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-t-r-t-------|', alphabet);
      const subs = '                    ^--------------!';
      const result = '                  -----T-r----t--|';
      expectObservable(source.pipe(coalesce({ maxMs: 5 }))).toBe(result, alphabet);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'counts the time from the first chunk, not from the last',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-t-t-t-t-t---|', alphabet);
      const result = '                  ------U-----T|';
      expectObservable(source.pipe(coalesce({ maxMs: 5 }))).toBe(result, alphabet);
    }),
  );

  test(
    'emits what it holds before the source completes or errors',
    marbles(({ cold, expectObservable }) => {
      const [done, failed] = ['           -t-t-|    ', '-t-t-#    '];
      const [doneResult, failedResult] = ['-----(T|) ', '-----(T#) '];
      expectObservable(cold<StreamEvent>(done, alphabet).pipe(coalesce({ maxMs: 50 }))).toBe(doneResult, alphabet);
      expectObservable(cold<StreamEvent>(failed, alphabet).pipe(coalesce({ maxMs: 50 }))).toBe(failedResult, alphabet);
    }),
  );

  test(
    'drops what it holds when it is unsubscribed, and leaves no timer behind',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<StreamEvent>('-t-t------', alphabet);
      const subs = '                    ^---!-----';
      const result = '                  ----------';
      expectObservable(source.pipe(coalesce({ maxMs: 5 })), subs).toBe(result);
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  test(
    'joins up to a number of bytes, and then does not wait',
    marbles(({ cold, expectObservable }) => {
      const source = cold<StreamEvent>('-t-t-t-t-t-|', alphabet);
      const result4 = '                 ---T---T---(t|)';
      const result5 = '                 -----T---T-(t|)';
      expectObservable(source.pipe(coalesce({ maxBytes: 4 }))).toBe(result4, alphabet);
      expectObservable(source.pipe(coalesce({ maxBytes: 5 }))).toBe(result5, alphabet);
    }),
  );

  test('takes its time from the scheduler that it is given', () => {
    const scheduler = new VirtualTimeScheduler();
    const { values } = record(concat(from([events.t]), NEVER).pipe(coalesce({ maxMs: 5, scheduler })));
    expect(values).toEqual([]);
    scheduler.flush();
    expect(values).toEqual([events.t]);
    expect(scheduler.now()).toBe(5);
  });

  test('counts bytes of UTF-8, and leaves a chunk that is larger whole', () => {
    const chunks = (maxBytes: number, ...texts: string[]) =>
      record(from(texts).pipe(coalesce({ maxBytes }))).values.map((event) => (event as { chunk: string }).chunk);
    expect(chunks(4, 'é', 'é', 'é')).toEqual(['éé', 'é']);
    expect(chunks(6, '€', '€', '€')).toEqual(['€€', '€']);
    expect(chunks(8, '😀', '\ud83d', '\ude00', '😀')).toEqual(['😀😀', '😀']);
    expect(chunks(3, 'abcdef', 'g', 'h')).toEqual(['abcdef', 'gh']);
  });

  test('does not join what differs in anything but the chunk', () => {
    const signed: StreamEvent = { ...events.r, provider_metadata: { anthropic: { signature: 'x' } } };
    const run: StreamEvent[] = [
      events.r,
      signed,
      events.r,
      { ...events.r, redacted: true },
      events.t,
      events.n,
      events.a,
    ];
    const { values } = record(from(run).pipe(coalesce({ maxMs: 5 })));
    expect(values).toEqual(run);
    for (const [at, event] of run.entries()) expect(values[at]).toBe(event);
  });

  test('keeps raw calls without ids apart, and passes events that it does not know', () => {
    const name: StreamEvent = { type: 'tool_call_name', chunk: 'a' };
    const unknown = { type: 'video', chunk: 'x', part_index: 7, message_index: 0 } as StreamEvent & { type: 'video' };
    const { values } = record(from<StreamEvent[]>([name, name, unknown, unknown]).pipe(coalesce({ maxMs: 5 })));
    expect(values).toEqual([
      { ...name, part_index: 0, message_index: 0 },
      { ...name, part_index: 1, message_index: 0 },
      unknown,
      unknown,
    ]);
  });

  test.each([
    ['another chunk', events.a, 'text, reasoning, tool_call_args'],
    ['another event', events.f, 'text, reasoning, finish'],
  ])('stays in order when its subscriber makes the source emit, before %s', (_what, last, expected) => {
    const source = new Subject<StreamEvent>();
    const seen: StreamEvent[] = [];
    source.pipe(coalesce({ maxMs: 5 })).subscribe((event) => {
      seen.push(event);
      if (seen.length === 1) source.next(events.r);
    });
    source.next(events.t);
    source.next(last);
    source.complete();
    expect(seen.map(({ type }) => type).join(', ')).toBe(expected);
    expect(seen).toEqual([events.t, events.r, last]);
  });

  test.each([{}, { maxMs: -1 }, { maxMs: NaN }, { maxMs: Infinity }, { maxBytes: 0 }, { maxBytes: NaN, maxMs: 5 }])(
    'refuses %o at the call',
    (options) => {
      expect(() => coalesce(options)).toThrow(LlmError);
      expect(() => coalesce(options)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    },
  );

  test('folds to the same messages, loses no text and no other event, for any run', () => {
    const limits = fc.oneof(fc.constant({ maxMs: 5 }), fc.record({ maxBytes: fc.integer({ min: 1, max: 9 }) }));
    fc.assert(
      fc.property(fc.oneof(rawRun, interleavedRun), limits, (run, options) => {
        const joined: StreamEvent[] = [];
        from(run)
          .pipe(coalesce(options))
          .subscribe((event) => joined.push(event));
        expect(foldMessages(joined)).toEqual(foldMessages(run));
        expect(chunksOf(joined)).toBe(chunksOf(run));
        expect(joined.length).toBeLessThanOrEqual(run.length);
      }),
      { numRuns },
    );
  });
});

/** All chunks with other events between, in one string. */
function chunksOf(run: readonly (StreamEvent | string)[]): string {
  return run
    .map((event) => (typeof event === 'string' ? event : 'chunk' in event ? event.chunk : `<${event.type}>`))
    .join('');
}
