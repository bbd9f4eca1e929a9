// The laws that every operator keeps, as tests. After wonka's `compliance`: each law watches a source and a subscriber.
import { concat, from, NEVER, Observable, Subject, take, throwError, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from 'rxllm';

type Factory = () => OperatorFunction<StreamEvent, unknown>;

/**
 * Adds the shared laws to the `describe` of an operator.
 *
 * @param factory Makes the operator.
 * @param sample Events that it accepts without an error, as many as make it emit at least once.
 */
export function keepsOperatorLaws(factory: Factory, ...sample: readonly StreamEvent[]): void {
  deepFreeze(sample);

  describe('keeps the operator laws:', () => {
    test('does nothing before it is subscribed', () => {
      const source = watch(from(sample));
      source.observable.pipe(factory());
      expect(source.subscriptions).toBe(0);
    });

    test('emits, completes when its source does, and all of that synchronously', () => {
      const { values, end } = record(from(sample).pipe(factory()));
      expect(values.length).toBeGreaterThan(0);
      expect(end).toBe('complete');
    });

    test('gives the same again on a second subscription', () => {
      const operator = factory();
      const result = from(sample).pipe(operator);
      const first = record(result);
      expect(record(result)).toEqual(first);
      expect(record(from(sample).pipe(operator))).toEqual(first);
    });

    test('keeps two subscriptions at the same time apart', () => {
      const source = new Subject<StreamEvent>();
      const result = source.pipe(factory());
      const early = record(result);
      const [head, ...tail] = sample;
      if (head) source.next(head);
      const late = record(result);
      for (const event of tail) source.next(event);
      source.complete();
      expect(early).toEqual(record(from(sample).pipe(factory())));
      // The late one may see too little to succeed, but what it makes of that is its own.
      expect(late).toEqual(record(from(tail).pipe(factory())));
    });

    test('passes an error of its source through, the same object', () => {
      const error = new Error('the source failed');
      expect(record(throwError(() => error).pipe(factory())).end).toBe(error);
      const failing = concat(
        from(sample),
        throwError(() => error),
      );
      expect(record(failing.pipe(factory())).end).toBe(error);
    });

    test('unsubscribes its source when it is unsubscribed', () => {
      const source = watch(concat(from(sample), NEVER));
      const subscription = source.observable.pipe(factory()).subscribe();
      expect(source.active).toBe(1);
      subscription.unsubscribe();
      expect(source.active).toBe(0);
      expect(source.subscriptions).toBe(1);
    });

    test('stops a source that emits synchronously when its subscriber has enough', () => {
      let pulled = 0;
      let pulledAtFirst = 0;
      const eager = new Observable<StreamEvent>((subscriber) => {
        // Not endless, so that operators which emit at the end get there.
        for (let round = 0; round < 3; round += 1) {
          for (const event of sample) {
            if (subscriber.closed) return;
            pulled += 1;
            subscriber.next(event);
          }
        }
        subscriber.complete();
      });
      const source = watch(eager);
      let failed = false;
      const observer = { next: () => (pulledAtFirst = pulled), error: () => (failed = true) };
      source.observable.pipe(factory(), take(1)).subscribe(observer);
      expect(source.active).toBe(0);
      // The sample three times over is more than some operators take, but then there was nothing to emit before.
      if (!failed) expect(pulled).toBe(pulledAtFirst);
    });

    test('changes neither the events nor what it has handed out', () => {
      const before = structuredClone(sample);
      const handedOut: { readonly value: unknown; readonly copy: unknown }[] = [];
      from(sample)
        .pipe(factory())
        .subscribe((value) => handedOut.push({ value, copy: structuredClone(value) }));
      expect(sample).toEqual(before);
      for (const { value, copy } of handedOut) expect(value).toEqual(copy);
    });
  });
}

interface Recording {
  readonly values: unknown[];
  /** `complete`, the error, or undefined while it goes on. */
  end: unknown;
}

/** What an Observable emits, and how it ends; complete at once when it is synchronous. */
export function record(observable: Observable<unknown>): Recording {
  const recording: Recording = { values: [], end: undefined };
  observable.subscribe({
    next: (value) => recording.values.push(value),
    error: (error: unknown) => (recording.end = error),
    complete: () => (recording.end = 'complete'),
  });
  return recording;
}

/** The same Observable, and how often it is and was subscribed. */
function watch(observable: Observable<StreamEvent>) {
  const watched = {
    subscriptions: 0,
    active: 0,
    observable: new Observable<StreamEvent>((subscriber) => {
      watched.subscriptions += 1;
      watched.active += 1;
      subscriber.add(() => (watched.active -= 1));
      return observable.subscribe(subscriber);
    }),
  };
  return watched;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
}
