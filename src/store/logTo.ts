// logTo: keeps a response in the log as it ends, whatever its end.
import { Observable, Subscription, type Subscriber } from 'rxjs';
import { LiveResponse, LlmResponse } from '../response/response.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { EventOf, StreamEvent } from '../values/event.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import type { AppendOptions, Log } from './log.ts';

export interface LogToOptions extends AppendOptions {
  /** Told when the turn could not be kept; the response then ends as it does. Default: that is its error. */
  readonly onError?: ((error: LlmError) => void) | undefined;
}

/**
 * Appends the run that is subscribed to a log when it ends: done, failed, truncated, or aborted because the subscriber
 * left. First in a pipe, because only a response knows its prompt. Events pass at once; the end waits until the turn is
 * kept. A turn that was aborted is kept a little later: `log.idle()` waits for that.
 *
 * A subscriber who leaves a shared response that goes on for others does not end it: it is kept when it ends.
 *
 * Errors as its source, and with `storage` where the turn cannot be kept.
 *
 * @throws LlmError `invalid_input` when its source is no response.
 *
 * @example
 * model.prompt('Hi').pipe(logTo(log), text()).subscribe((chunk) => process.stdout.write(chunk));
 */
export function logTo(log: Log, { onError, ...options }: LogToOptions = {}) {
  return (source: Observable<StreamEvent>): Observable<StreamEvent> => {
    if (source instanceof LlmResponse) return new Observable((subscriber) => watch(source, subscriber));
    const why = 'behind another operator nobody knows the prompt';
    throw new LlmError('invalid_input', `logTo() comes first in the pipe of a response: ${why}`);
  };

  function watch(response: LlmResponse, subscriber: Subscriber<StreamEvent>): void {
    const begun = Date.now();
    let start: EventOf<'start'> | undefined;
    let kept: Promise<unknown> | undefined;
    let isLeaving = false;

    const keep = (json: ResponseJSON, duration?: { readonly duration_ms: number }) => {
      const resolved_model = start?.resolved_model;
      kept = log.append(json, { ...(resolved_model && { resolved_model }), ...duration, ...options });
      return kept;
    };
    const watching = response.ended$.subscribe((json) => {
      // Other subscribers of a cold response have runs of their own.
      if (!(response instanceof LiveResponse || json.id === start?.id || isLeaving)) return;
      watching.unsubscribe();
      const keeping = keep(json, { duration_ms: Date.now() - begun });
      // Nobody waits for it any more.
      if (subscriber.closed) keeping.catch(report);
    });
    const end = async (error?: LlmError) => {
      watching.unsubscribe();
      // Where it had ended before, or failed before it began, nobody has kept it, and nobody knows how long it took.
      const failure = await failureOf(() => kept ?? keep(error?.partial ?? response.toJSON()));
      if (failure && (onError || error || subscriber.closed)) report(failure);
      const final = error ?? (onError ? undefined : failure);
      if (final) subscriber.error(final);
      else subscriber.complete();
    };
    const running = new Subscription();
    subscriber.add(() => {
      isLeaving = true;
      running.unsubscribe();
      isLeaving = false;
    });
    subscribeWithin(running, response, {
      next: (event) => {
        if (event.type === 'start') start = event;
        subscriber.next(event);
      },
      error: (error: LlmError) => void end(error),
      complete: () => void end(),
    });
  }

  function report(reason: unknown): void {
    const error = toLlmError(reason, 'storage');
    if (onError) onError(error);
    else process.emitWarning(`a turn is not in the log: ${error.message}`, 'LogWarning');
  }
}

async function failureOf(keeping: () => Promise<unknown>): Promise<LlmError | undefined> {
  try {
    await keeping();
    return undefined;
  } catch (error) {
    return toLlmError(error, 'storage');
  }
}
