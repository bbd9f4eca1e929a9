// Whatever a function of the user's gives back, as an Observable: synchronous where that is.
import { isObservable, Observable, type Subscriber } from 'rxjs';
import { subscribeWithin } from '../rx/subscribeWithin.ts';

/**
 * Calls the function at subscription and emits what comes of it: the values of an Observable or an async iterable, what a
 * Promise resolves to, else the value itself. What a Promise resolves to may again be an Observable or an iterable, and so
 * may what an async generator returns (and does not yield), which comes last if it is anything. Unsubscribing stops an
 * Observable, and an iterable at its next step.
 *
 * @param convert Makes of each thing that is given back what is to be used instead.
 */
export function settle(
  call: () => unknown,
  convert: (value: unknown) => unknown = (value) => value,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const goOn = (next: () => unknown) => {
      if (!subscriber.closed) settle(next, convert).subscribe(subscriber);
    };
    try {
      const value = convert(call());
      // The subscriber itself, so that a source which emits while it is being subscribed sees when it has gone.
      if (isObservable(value)) {
        subscriber.add(value.subscribe(subscriber));
      } else if (isThenable(value)) {
        // A Promise of our own: a thenable may call back more than once.
        const fail = (error: unknown) => subscriber.error(error);
        Promise.resolve(value).then((result: unknown) => goOn(() => result), fail);
      } else if (isAsyncIterable(value)) {
        void iterate(value, subscriber, (result) => goOn(() => result));
      } else if (value instanceof Later) {
        whenLast(
          subscriber,
          () => value.source$,
          (last) => goOn(() => value.next(last)),
        );
      } else {
        subscriber.next(value);
        subscriber.complete();
      }
    } catch (error) {
      subscriber.error(error);
    }
  });
}

/** Calls back once with the last value of what the function gives back; what goes wrong is the error of the holder. */
export function whenLast<T>(holder: Subscriber<T>, call: () => unknown, next: (value: unknown) => void): void {
  let last: unknown;
  subscribeWithin(holder, settle(call), {
    next: (value) => (last = value),
    error: (error: unknown) => holder.error(error),
    complete() {
      try {
        next(last);
      } catch (error) {
        holder.error(error);
      }
    },
  });
}

/** Gives back, once the last value of the source is there, what a function makes of it; as if it had given it back itself. */
export class Later {
  readonly source$: Observable<unknown>;
  readonly next: (value: unknown) => unknown;

  constructor(source$: Observable<unknown>, next: (value: unknown) => unknown) {
    this.source$ = source$;
    this.next = next;
  }
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown, unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

async function iterate(
  iterable: AsyncIterable<unknown, unknown>,
  subscriber: Subscriber<unknown>,
  goOn: (value: unknown) => void,
): Promise<void> {
  let hasEnded = false;
  try {
    const iterator = iterable[Symbol.asyncIterator]();
    subscriber.add(() => {
      if (!hasEnded) void close(iterator);
    });
    while (!subscriber.closed) {
      const { done = false, value } = await iterator.next();
      hasEnded = done;
      if (!done) subscriber.next(value);
      else if (value === undefined) subscriber.complete();
      else goOn(value);
      if (done) return;
    }
  } catch (error) {
    hasEnded = true;
    subscriber.error(error);
  }
}

/** Nobody is left to be told what goes wrong. */
async function close(iterator: AsyncIterator<unknown, unknown>): Promise<void> {
  await Promise.resolve(iterator)
    .then(() => iterator.return?.())
    .catch(() => undefined);
}
