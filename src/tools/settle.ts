// Whatever a function of the user's gives back, as an Observable: synchronous where that is.
import { isObservable, Observable } from 'rxjs';

/**
 * Calls the function at subscription and emits what comes of it: the values of an Observable or an async iterable, what a
 * Promise resolves to, else the value itself. What an async generator returns (and does not yield) comes last, if it is
 * anything. Unsubscribing stops an Observable, and an iterable at its next step.
 */
export function settle(call: () => unknown): Observable<unknown> {
  return new Observable((subscriber) => {
    try {
      const value = call();
      if (isObservable(value)) {
        subscriber.add(value.subscribe(subscriber));
      } else if (isThenable(value)) {
        // A Promise of our own: a thenable may call back more than once.
        const give = (result: unknown) => {
          subscriber.next(result);
          subscriber.complete();
        };
        Promise.resolve(value).then(give, (error: unknown) => subscriber.error(error));
      } else if (isAsyncIterable(value)) {
        const iterator = value[Symbol.asyncIterator]();
        const step = (result: IteratorResult<unknown, unknown>) => {
          if (subscriber.closed) return;
          if (!result.done || result.value !== undefined) subscriber.next(result.value);
          if (result.done) subscriber.complete();
          else next();
        };
        const next = () => void iterator.next().then(step, (error: unknown) => subscriber.error(error));
        subscriber.add(() => void iterator.return?.().catch(() => undefined));
        next();
      } else {
        subscriber.next(value);
        subscriber.complete();
      }
    } catch (error) {
      subscriber.error(error);
    }
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
