// idleTimeout: gives up on a response that has gone silent.
import {
  asyncScheduler,
  defer,
  EMPTY,
  tap,
  throwError,
  timeout,
  type MonoTypeOperatorFunction,
  type SchedulerLike,
} from 'rxjs';
import { LlmError } from '../src/values/error.ts';
import type { StreamEvent } from '../src/values/event.ts';
import { ResponseFold } from '../src/values/responseFold.ts';

/**
 * Errors when no event came for a time; the wait for the first event counts too. It unsubscribes its source first, so
 * the request is aborted and its socket closed.
 *
 * ```marbles
 * source           -t-t------t-|
 * idleTimeout(5)   -t-t----#
 * ```
 *
 * Errors and completes with its source, and errors with LlmError `idle_timeout` (retryable); its `partial` is what had
 * arrived, without the prompt, which this operator does not see. Silence after `finish` completes instead: nothing was
 * missing then. Delays no event; holds what had arrived, for the error.
 *
 * @param ms How long to wait for the next event, in milliseconds.
 * @param options `scheduler`: where time comes from. Default: RxJS's `asyncScheduler`.
 * @throws LlmError `invalid_input` when `ms` is not a positive number.
 *
 * @example
 * demo().prompt('Hi').pipe(idleTimeout(30_000), retry(2), text()).subscribe((chunk) => console.log(chunk));
 */
export function idleTimeout<T extends StreamEvent | string>(
  ms: number,
  { scheduler = asyncScheduler }: { readonly scheduler?: SchedulerLike } = {},
): MonoTypeOperatorFunction<T> {
  if (!(ms > 0 && ms < Infinity)) {
    throw new LlmError('invalid_input', `idleTimeout() takes a positive number of milliseconds, not ${ms}`);
  }
  return (source) =>
    defer(() => {
      const fold = new ResponseFold();
      const giveUp = () =>
        new LlmError('idle_timeout', `no event came for ${ms} ms; retry, or wait longer with a larger limit`, {
          partial: fold.toJSON({ messages: [] }, 'failed'),
        });
      return source.pipe(
        tap((event) => void fold.add(event)),
        timeout({ each: ms, scheduler, with: () => (fold.finish ? EMPTY : throwError(giveUp)) }),
      );
    });
}
