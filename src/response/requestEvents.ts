// One request of a model as an Observable that is always one: cold, and whatever the model does wrong is its error.
import { isObservable, Observable } from 'rxjs';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { describe } from '../values/describe.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import type { ModelContext, ModelDefinition, ModelRequest } from './model.ts';

/**
 * What a model answers to a request: one request a subscription. Errors with what `stream()` throws, and with LlmError
 * `bad_response` when it returns no Observable.
 */
export function requestEvents(
  model: ModelDefinition,
  request: ModelRequest,
  context: ModelContext,
): Observable<StreamEvent | string> {
  return new Observable((subscriber) => {
    try {
      const events$: unknown = model.stream(request, context);
      if (!isObservable(events$)) throw notObservable(model.id, events$);
      // The subscriber itself, so that a source which emits while it is being subscribed sees when it has gone.
      subscriber.add((events$ as Observable<StreamEvent | string>).subscribe(subscriber));
    } catch (error) {
      subscriber.error(toLlmError(error, 'provider_error'));
    }
  });
}

/** What a model answers to a request, as events and LlmErrors only. */
export function modelEvents(
  model: ModelDefinition,
  request: ModelRequest,
  context: ModelContext,
): Observable<StreamEvent> {
  return new Observable((subscriber) =>
    subscribeWithin(subscriber, requestEvents(model, request, context), {
      next(event: unknown) {
        if (typeof event === 'string') subscriber.next({ type: 'text', chunk: event });
        else if (isEvent(event)) subscriber.next(event);
        else subscriber.error(new LlmError('bad_response', `model "${model.id}" emitted ${describe(event)}, no event`));
      },
      error: (error: unknown) => subscriber.error(toLlmError(error, 'provider_error')),
      complete: () => subscriber.complete(),
    }),
  );
}

/** Of a type that may be unknown here. */
function isEvent(value: unknown): value is StreamEvent {
  return typeof value === 'object' && value !== null && 'type' in value;
}

function notObservable(id: string, value: unknown): LlmError {
  const what = value instanceof Promise ? 'a Promise' : describe(value);
  return new LlmError(
    'bad_response',
    `stream() of model "${id}" returned ${what}, not an Observable; make one of it with from() or defer()`,
  );
}
