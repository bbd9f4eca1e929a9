// wrapModel: the one way to change what a model does. Request in, events out.
import type { Observable } from 'rxjs';
import type { StreamEvent } from '../values/event.ts';
import { createModel, type Model } from './defineModel.ts';
import type { ModelContext, ModelRequest } from './model.ts';
import { modelEvents } from './requestEvents.ts';

/**
 * Sends a request to the wrapped model: a cold Observable, one request a subscription, which errors with LlmError. Call
 * it as often as requests are needed, with the request as it came or another.
 */
export type Next = (request: ModelRequest) => Observable<StreamEvent>;

/**
 * Stands between a response and its model. It is called at each subscription, once a run and again where a wrapper around
 * it asks again, and what it returns is the run: state belongs into it, and unsubscribing from it must unsubscribe from
 * everything that `next` gave.
 *
 * Events have no indexes yet and errors no `partial`: the response adds both, so they are right whatever a wrapper did.
 */
export type Middleware = (request: ModelRequest, next: Next, context: ModelContext) => Observable<StreamEvent | string>;

/**
 * The same model with a way of its own to run a request: same id, options and capabilities.
 *
 * @example
 * const polite = wrapModel(model, (request, next) => next({ ...request, system: 'Be polite.' }));
 */
export function wrapModel<Options>(model: Model<Options>, middleware: Middleware): Model<Options> {
  return createModel<Options>({
    ...model,
    stream: (request, context) => middleware(request, (changed) => modelEvents(model, changed, context), context),
  });
}
