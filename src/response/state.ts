// The state of a response as one value, for a view that shows it.
import { catchError, concat, defer, map, of, startWith, type Observable } from 'rxjs';
import type { LlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import type { Message } from '../values/message.ts';
import { ResponseFold } from '../values/responseFold.ts';
import type { EndStatus } from '../values/responseJson.ts';
import type { Usage } from '../values/usage.ts';

export interface ResponseState {
  readonly status: 'running' | EndStatus;
  /** The messages so far; unchanged ones are the same objects as in the state before. */
  readonly messages: readonly Message[];
  readonly usage?: Usage;
  /** Why it did not end well. */
  readonly error?: LlmError;
}

/** The states that a response goes through: one at once, one an event, and the end as a last value, never as an error. */
export function stateOf(response: Observable<StreamEvent>): Observable<ResponseState> {
  return defer(() => {
    const fold = new ResponseFold();
    const state = (status: ResponseState['status'], error?: LlmError): ResponseState => ({
      status,
      messages: fold.kept,
      ...(fold.usage && { usage: fold.usage }),
      ...(error && { error }),
    });
    const running$ = response.pipe(
      map((event) => {
        fold.add(event);
        return state('running');
      }),
      startWith(state('running')),
    );
    const done$ = defer(() => {
      fold.end();
      return of(state('done'));
    });
    return concat(running$, done$).pipe(
      // A response errors with LlmError only.
      catchError((error: LlmError) => of(state(error.partial?.status ?? 'failed', error))),
    );
  });
}
