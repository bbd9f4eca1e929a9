// retryBeforeContent: asks again when a request fails before its answer has begun.
import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import { subscribeWithin } from '../src/rx/subscribeWithin.ts';
import { Attempts, type AttemptMode } from '../src/values/attempts.ts';
import { describe } from '../src/values/describe.ts';
import { LlmError, toLlmError, type LlmErrorCode } from '../src/values/error.ts';
import type { StreamEvent } from '../src/values/event.ts';
import { longestMs } from '../src/values/longestMs.ts';
import type { Message } from '../src/values/message.ts';

/** When and how often to ask again. */
export interface RetryPolicy {
  /** How often to ask again after the first time; 0 for never. Default 2. */
  readonly maxRetries?: number | undefined;
  /** The longest wait before the first retry, in milliseconds; twice as long before each further one. Default 500. */
  readonly initialDelayMs?: number | undefined;
  /** The longest wait of all, in milliseconds. Default 8000. */
  readonly maxDelayMs?: number | undefined;
  /** An error that asks for a longer wait than this (its `retryAfterMs`) is final. In milliseconds, default 60,000. */
  readonly maxRetryAfterMs?: number | undefined;
  /** Whether an error may pass when asked again. Default: its `retryable`. */
  readonly isRetryable?: ((error: LlmError) => boolean) | undefined;
  /** Told before each wait. */
  readonly onRetry?: ((retry: Retry) => void) | undefined;
  /** Gives a number from 0 to 1, for the jitter. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** A retry that is going to be made. */
export interface Retry {
  /** Its number, from 1. */
  readonly attempt: number;
  readonly error: LlmError;
  readonly delayMs: number;
}

export interface RetryOptions extends RetryPolicy {
  /**
   * What to do when a request fails after content has come. `restart` begins anew, with a `reset` event; a function gives
   * the rest of the answer, and gets what there is of it. Default: the error is final.
   */
  readonly afterContent?: 'restart' | Continue | undefined;
  /** For the waits. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** Asks for the rest of an answer; cold. */
export type Continue = (messages: readonly Message[]) => Observable<StreamEvent | string>;

/**
 * Subscribes its source again when it errors before its first content (text, reasoning, a tool call …) with an error that
 * may pass. Between the two it waits, half the longest wait to all of it by chance; as long as the error asks for
 * (`Retry-After`) comes on top of that, so that clients which were all told the same do not come back in one moment.
 *
 * ```marbles
 * source                  ---#
 * source, asked again           -t-t-|
 * retryBeforeContent()    -------t-t-|
 * ```
 *
 * Once content has come nothing is repeated silently: the error passes, unless `afterContent` says otherwise. Even then
 * nothing begins anew once a tool call is complete, because whoever saw the call may have run it, and nothing goes on
 * from a call that waits for its result. Nothing goes on from thoughts alone either: then it begins anew. What there is
 * stays until the next attempt has something to put in its place: `reset` comes right before that.
 *
 * `usage` counts the requests that failed, too. Completes with its source; errors with the last error, whose message
 * says how often it was tried. Delays no event; holds what had arrived only where `afterContent` is given.
 *
 * @param options Durations in milliseconds.
 * @throws LlmError `invalid_input` for options that make no sense.
 *
 * @example
 * demo().prompt('Hi').pipe(retryBeforeContent({ maxRetries: 5 }), text()).subscribe((chunk) => console.log(chunk));
 */
export function retryBeforeContent(
  options: RetryOptions = {},
): OperatorFunction<StreamEvent | string, StreamEvent | string> {
  checkRetryOptions(options);
  const { maxRetries = 2, maxRetryAfterMs = 60_000, afterContent, scheduler = asyncScheduler } = options;
  const { isRetryable = ({ retryable }) => retryable, onRetry } = options;
  const keeps = afterContent !== undefined;
  return (source) =>
    new Observable((subscriber) => {
      const attempts = new Attempts((event) => subscriber.next(event), keeps);
      let retries = 0;
      let finished = false;
      let wait: Subscription | undefined;

      /** How to go on after an error; undefined when it is final. */
      function modeAfter(error: LlmError): AttemptMode | undefined {
        if (finished || retries >= maxRetries || !isRetryable(error)) return undefined;
        if ((error.retryAfterMs ?? 0) > maxRetryAfterMs) return undefined;
        return attempts.nextMode(typeof afterContent === 'function' ? 'continue' : afterContent);
      }

      function fail(error: LlmError): void {
        const { partial } = error;
        const message = `${error.message} (tried ${retries + 1} times)`;
        subscriber.error(error.with({ message, ...(partial && { partial: attempts.partial(partial) }) }));
      }

      function onError(thrown: unknown): void {
        const error = toLlmError(thrown, 'provider_error');
        const mode = modeAfter(error);
        if (mode === undefined) {
          if (retries === 0) subscriber.error(thrown);
          else fail(error);
          return;
        }
        const delayMs = Math.min(longestMs, (error.retryAfterMs ?? 0) + backoffMs(retries, options));
        retries += 1;
        onRetry?.({ attempt: retries, error, delayMs });
        wait = scheduler.schedule(() => guarded(() => again(mode)), delayMs);
        subscriber.add(wait);
      }

      function again(mode: AttemptMode): void {
        wait?.unsubscribe();
        const { kept } = attempts;
        attempts.begin(mode);
        run(mode === 'continue' && typeof afterContent === 'function' ? afterContent(kept) : source);
      }

      function run(events$: Observable<StreamEvent | string>): void {
        subscribeWithin(subscriber, events$, {
          next: (event) =>
            guarded(() => {
              attempts.take(event);
              if (typeof event !== 'string' && event.type === 'finish') finished = true;
            }, 'bad_response'),
          error: (error: unknown) => guarded(() => onError(error)),
          complete() {
            attempts.end();
            subscriber.complete();
          },
        });
      }

      /** What was given as an option may throw, and so does what is no event. */
      function guarded(step: () => void, code: LlmErrorCode = 'invalid_input'): void {
        try {
          step();
        } catch (thrown) {
          subscriber.error(toLlmError(thrown, code));
        }
      }

      run(source);
    });
}

/** Half to all of a wait that doubles. */
function backoffMs(retries: number, { initialDelayMs = 500, maxDelayMs = 8000, random = Math.random }: RetryPolicy) {
  return Math.min(maxDelayMs, initialDelayMs * 2 ** Math.min(retries, 40)) * (0.5 + Math.min(random(), 1) / 2);
}

/** @throws LlmError `invalid_input` for options that make no sense. */
export function checkRetryOptions(options: RetryOptions): void {
  const { maxRetries = 2, initialDelayMs = 500, maxDelayMs = 8000, maxRetryAfterMs = 60_000, afterContent } = options;
  const refuse = (name: string, what: string, value: unknown) => {
    throw new LlmError('invalid_input', `${name} is ${what}, not ${describe(value)}`);
  };
  if (!(Number.isInteger(maxRetries) && maxRetries >= 0) && maxRetries !== Infinity) {
    refuse('maxRetries', 'a whole number from 0 up, or Infinity', maxRetries);
  }
  for (const [name, value] of Object.entries({ initialDelayMs, maxDelayMs, maxRetryAfterMs })) {
    if (!(typeof value === 'number' && value >= 0)) refuse(name, 'a number of milliseconds from 0 up', value);
  }
  if (afterContent !== undefined && afterContent !== 'restart' && typeof afterContent !== 'function') {
    refuse('afterContent', '"restart" or a function that gives the rest', afterContent);
  }
}
