// withRetry: a model that asks again when a request fails in a way that may pass.
import type { Model } from '../response/defineModel.ts';
import { wrapModel } from '../response/wrapModel.ts';
import { checkRetryOptions, retryBeforeContent, type RetryPolicy } from '../../operators/retryBeforeContent.ts';
import { checkAfterContent } from './afterContent.ts';
import { requestForRest } from './requestForRest.ts';

export interface WithRetryOptions extends RetryPolicy {
  /**
   * What to do when a request fails after content has come. `restart` begins anew, with a `reset` event; `continue` asks
   * the model to go on from what there is. Default: the error is final.
   */
  readonly afterContent?: 'restart' | 'continue' | undefined;
}

/** Of each model that retries, the one that does not: two policies, one around the other, would multiply. */
const bases = new WeakMap<object, unknown>();

/**
 * The same model, which asks again as `retryBeforeContent` does: for every response, also for helpers, replies and shared
 * ones. Models of providers do so by themselves, twice; these options take the place of that where nothing is
 * between the two. Where another wrapper is, make the model with `maxRetries: 0`, or both multiply.
 *
 * With `continue` the beginning of the answer is sent along, and a message that asks for the rest; what comes belongs to
 * the same parts. With a `schema` the answer begins anew instead, because no model goes on within a JSON text.
 *
 * A tool is never run again: its results are part of the request.
 *
 * @throws LlmError `invalid_input` for options that make no sense.
 *
 * @example
 * const model = withRetry(openaiChat({ model: 'gpt-5-mini' }), { maxRetries: 5, afterContent: 'continue' });
 */
export function withRetry<Options>(model: Model<Options>, options: WithRetryOptions = {}): Model<Options> {
  const { afterContent, ...policy } = options;
  checkRetryOptions(policy);
  checkAfterContent(afterContent);
  const base = (bases.get(model) as Model<Options> | undefined) ?? model;
  if (policy.maxRetries === 0) return base;
  const wrapped = wrapModel(base, (request, next, { scheduler }) => {
    const goesOn = afterContent === 'continue' && request.schema === undefined;
    return next(request).pipe(
      retryBeforeContent({
        ...policy,
        scheduler,
        afterContent: goesOn ? (messages) => next(requestForRest(request, messages)) : afterContent && 'restart',
      }),
    );
  });
  bases.set(wrapped, base);
  return wrapped;
}
