// withFallback: another model where one fails.
import { Observable } from 'rxjs';
import type { Model } from '../response/defineModel.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { Attempts, type AttemptMode } from '../values/attempts.ts';
import { toLlmError, type LlmError } from '../values/error.ts';
import { checkAfterContent } from './afterContent.ts';
import { requestForRest } from './requestForRest.ts';
import { allFailed, severalModels, type SeveralModels } from './severalModels.ts';

export interface WithFallbackOptions {
  /**
   * What to do when a model fails after content has come: the next one begins anew, with a `reset` event, or goes on from
   * what there is. Default: the error is final.
   */
  readonly afterContent?: AttemptMode | undefined;
  /** Whether the next model is asked after an error. Default: after every one. */
  readonly isWorthAnother?: ((error: LlmError) => boolean) | undefined;
}

/**
 * A model that asks the first of several, and the next one when that fails: whatever the error was, because what one
 * provider refuses another may answer. `resolved_model` of the `start` event says which one it was; `usage` counts those
 * that failed, too.
 *
 * The id and the options of a prompt are those of the first; each other model checks the options when it is asked. Models
 * that retry do so before the next is asked. Errors with the error of the last; its message tells all of them.
 *
 * @param models In the order in which they are asked.
 * @throws LlmError `invalid_input` for what is no list of models.
 *
 * @example
 * const model = withFallback([anthropic({ model: 'claude-sonnet-4-6' }), openaiChat({ model: 'gpt-5-mini' })]);
 */
export function withFallback<Options>(
  models: SeveralModels<Options>,
  { afterContent, isWorthAnother = () => true }: WithFallbackOptions = {},
): Model<Options> {
  checkAfterContent(afterContent);
  return severalModels('withFallback', models, (request, ask) => {
    // Nobody goes on within a JSON text.
    const wish = afterContent && request.schema ? 'restart' : afterContent;
    return new Observable((subscriber) => {
      const attempts = new Attempts((event) => subscriber.next(event), wish !== undefined);
      const failures: [string, LlmError][] = [];
      let finished = false;

      function run(mode: AttemptMode): void {
        const model = models[failures.length]!;
        const asked = mode === 'continue' ? requestForRest(request, attempts.kept) : request;
        if (failures.length > 0) attempts.begin(mode);
        subscribeWithin(subscriber, ask(model, asked), {
          next(event) {
            try {
              attempts.take(event);
              if (event.type === 'finish') finished = true;
            } catch (thrown) {
              // What the model emitted was no event.
              subscriber.error(toLlmError(thrown, 'bad_response'));
            }
          },
          error: (error: unknown) => onError(model.id, toLlmError(error, 'provider_error')),
          complete() {
            attempts.end();
            subscriber.complete();
          },
        });
      }

      function onError(id: string, error: LlmError): void {
        failures.push([id, error]);
        try {
          // What breaks after the end takes nothing away.
          const mode = !finished && isWorthAnother(error) ? attempts.nextMode(wish) : undefined;
          if (mode === undefined || failures.length === models.length) subscriber.error(allFailed(failures));
          else run(mode);
        } catch (thrown) {
          subscriber.error(toLlmError(thrown, 'invalid_input'));
        }
      }

      run('restart');
    });
  });
}
