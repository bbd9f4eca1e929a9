// What a plugin gives, as if it were made here. A plugin has a copy of rxllm of its own, and so its classes and symbols are
// others than those of the program: all that comes from it passes through here.
import { catchError, isObservable, Observable, throwError } from 'rxjs';
import type { Provider } from '../../models/provider.ts';
import { createModel, type Model } from '../../response/defineModel.ts';
import type { ModelDefinition } from '../../response/model.ts';
import { subscribeWithin } from '../../rx/subscribeWithin.ts';
import { Later, settle } from '../../tools/settle.ts';
import type { Tool } from '../../tools/tool.ts';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError, type LlmErrorCode, type LlmErrorOptions } from '../../values/error.ts';

/** An error of any copy of rxllm as one of this; what is none is one with this code. */
export function ownError(thrown: unknown, code: LlmErrorCode): LlmError {
  if (thrown instanceof LlmError) return thrown;
  if (!isNamed(thrown, 'LlmError')) return new LlmError(code, messageOf(thrown), { cause: thrown });
  const { code: own = code, ...options } = thrown as Partial<Omit<LlmError, 'message' | 'stack'>>;
  return new LlmError(own, messageOf(thrown), { ...factsOf(options), cause: thrown });
}

function factsOf({ retryable, partial, status, retryAfterMs }: LlmErrorOptions): LlmErrorOptions {
  return {
    ...(retryable !== undefined && { retryable }),
    ...(partial !== undefined && { partial }),
    ...(status !== undefined && { status }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function isNamed(thrown: unknown, name: string): thrown is Readonly<Record<string, unknown>> {
  return isObject(thrown) && thrown.name === name;
}

/** As it is, but that its models are of this copy, and that it has the id under which it is known. */
export function ownProvider(provider: Provider, id: string): Provider {
  const { single, keyVariables, names } = provider;
  return {
    id,
    ...(single !== undefined && { single }),
    ...(keyVariables && { keyVariables }),
    ...(names && { names }),
    ...(provider.needsKey && { needsKey: (env) => provider.needsKey?.(env) === true }),
    async load(name, settings) {
      try {
        return ownModel(await provider.load(name, settings));
      } catch (error) {
        throw ownError(error, 'provider_error');
      }
    },
  };
}

function ownModel(model: Model): Model {
  const given: unknown = model;
  if (!isObject(given) || typeof given.id !== 'string' || typeof given.stream !== 'function') {
    throw new LlmError('provider_error', `load() gave ${describe(given)}, which is no model`);
  }
  const { id, provider, capabilities, options } = model;
  return createModel({
    id,
    ...(provider !== undefined && { provider }),
    ...(capabilities && { capabilities }),
    ...(options && { options }),
    stream: (...request) => ownEvents(model, request),
  });
}

function ownEvents(
  model: Model,
  request: Parameters<ModelDefinition['stream']>,
): ReturnType<ModelDefinition['stream']> {
  let events$: ReturnType<ModelDefinition['stream']>;
  try {
    events$ = model.stream(...request);
  } catch (error) {
    throw ownError(error, 'provider_error');
  }
  // What is none is refused where it is subscribed.
  if (!isObservable(events$)) return events$;
  return new Observable((subscriber) =>
    subscribeWithin(subscriber, events$, {
      next: (event) => subscriber.next(event),
      error: (error: unknown) => subscriber.error(ownError(error, 'provider_error')),
      complete: () => subscriber.complete(),
    }),
  );
}

/** As it is, but that what it gives and throws is of this copy, and that it has the name under which it is known. */
export function ownTool(tool: Tool, name: string, toolbox: Tool['toolbox']): Tool {
  const { description, input_schema, eager, needsApproval } = tool;
  return {
    name,
    ...(description !== undefined && { description }),
    ...(input_schema && { input_schema }),
    ...(eager !== undefined && { eager }),
    ...(needsApproval !== undefined && {
      needsApproval: typeof needsApproval === 'function' ? (args) => needsApproval.call(tool, args) : needsApproval,
    }),
    ...(toolbox && { toolbox }),
    ...(tool.repair && { repair: (args, problem) => tool.repair?.(args, problem) }),
    ...(tool.run && {
      run: (args, context) =>
        settle(() => tool.run?.(args, context), ownLater).pipe(
          catchError((error: unknown) =>
            throwError(() => (isNamed(error, 'LlmError') ? ownError(error, 'provider_error') : error)),
          ),
        ),
    }),
  };
}

/** What the tool of a toolbox gives back while its state is being prepared. */
function ownLater(value: unknown): unknown {
  if (!isObject(value) || Object.keys(value).toSorted().join() !== 'next,source$') return value;
  const { source$, next } = value;
  if (!isObservable(source$) || typeof next !== 'function') return value;
  return new Later(source$, (last) => next.call(value, last) as unknown);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
