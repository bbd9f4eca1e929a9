// One model that stands for several: what withFallback, withHedge and withRace have in common.
import { Observable } from 'rxjs';
import { createModel, type Model } from '../response/defineModel.ts';
import type { ModelContext, ModelDefinition, ModelRequest } from '../response/model.ts';
import { fitRequest } from '../response/prompt.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { modelEvents } from '../response/requestEvents.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';

/** The first model says how all of them are called and which options a prompt may have. */
export type SeveralModels<Options> = readonly [Model<Options>, ...ModelDefinition[]];

/** Asks one of the models; cold, and errors with LlmError. */
export type Ask = (model: ModelDefinition, request: ModelRequest) => Observable<StreamEvent>;

/**
 * A model with the id and the options of the first one. Options, tools and attachments are checked for each model when it
 * is asked.
 *
 * @throws LlmError `invalid_input` for what is no list of models.
 */
export function severalModels<Options>(
  name: string,
  models: SeveralModels<Options>,
  run: (request: ModelRequest, ask: Ask, context: ModelContext) => Observable<StreamEvent | string>,
): Model<Options> {
  const list: unknown = models;
  if (!Array.isArray(list) || list.length === 0 || !list.every(isModel)) {
    throw new LlmError('invalid_input', `${name} takes a list of models, at least one`);
  }
  const [{ id, provider, options }] = models;
  return createModel<Options>({
    id,
    ...(provider !== undefined && { provider }),
    ...(options && { options }),
    stream(request, context) {
      if (context.key !== undefined) {
        // It belongs to one of the providers, and must not be shown to the others.
        const way = 'give each model its own, as apiKey';
        throw new LlmError('unsupported', `a prompt to several models (${name}) takes no key; ${way}`);
      }
      const ask: Ask = (model, changed) =>
        answerOf(model, () => modelEvents(model, fitRequest(model, changed, options), context));
      return run(request, ask, context);
    },
  });
}

function isModel(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'stream' in value && typeof value.stream === 'function';
}

/** Each beginning is a `start` that says which model it is. */
function answerOf(model: ModelDefinition, toEvents: () => Observable<StreamEvent>): Observable<StreamEvent> {
  return new Observable((subscriber) => {
    let begun = false;
    let resolved_model = model.id;

    function begin(): void {
      if (!begun) subscriber.next({ type: 'start', id: '', model: '', datetime_utc: '', resolved_model });
      begun = true;
    }

    function take(event: StreamEvent): void {
      if (event.type === 'start') {
        begun = true;
        resolved_model = event.resolved_model || resolved_model;
        subscriber.next({ ...event, resolved_model });
      } else {
        if (event.type === 'reset') {
          begun = false;
          resolved_model = model.id;
        } else begin();
        subscriber.next(event);
      }
    }

    try {
      subscribeWithin(subscriber, toEvents(), {
        next: take,
        error: (error: unknown) => subscriber.error(error),
        complete() {
          begin();
          subscriber.complete();
        },
      });
    } catch (error) {
      subscriber.error(toLlmError(error, 'invalid_input'));
    }
  });
}

/** The error when all that were asked have failed. */
export function allFailed(failures: readonly (readonly [id: string, error: LlmError])[]): LlmError {
  const errors = failures.map(([, error]) => error);
  const last = errors.at(-1)!;
  if (errors.length === 1) return last;
  const waits = errors.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  const said = failures.map(([id, { message }]) => `${id}: ${message}`).join('; ');
  return new LlmError(last.code, `${errors.length} models failed: ${said}`, {
    retryable: errors.some(({ retryable }) => retryable),
    ...(last.status !== undefined && { status: last.status }),
    ...(waits.length > 0 && { retryAfterMs: Math.min(...waits) }),
    cause: errors,
  });
}
