// withHedge and withRace: several models asked for one answer, and the first that begins gives it.
import { Observable, Subscription } from 'rxjs';
import type { Model } from '../response/defineModel.ts';
import type { ModelDefinition } from '../response/model.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { isPartEvent } from '../values/allocate.ts';
import { describe } from '../values/describe.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import { longestMs } from '../values/longestMs.ts';
import { addUsage, type Usage } from '../values/usage.ts';
import { allFailed, severalModels, type SeveralModels } from './severalModels.ts';

export interface WithHedgeOptions {
  /** How long a model may take to begin its answer before the next one is asked as well, in milliseconds. */
  readonly afterMs: number;
}

/**
 * A model that asks the first of several, and as long as nothing has come of an answer, another one each `afterMs`; at
 * once where one fails. The first that begins its answer gives it; the others are stopped, down to their sockets. What
 * they had cost by then, as far as they said so, is in the `usage` of the answer.
 *
 * The same model may stand in the list more than once. The id and the options of a prompt are those of the first; each
 * other model checks the options when it is asked; `resolved_model` says which one it was. When the one that has begun
 * fails, that is the error; when all fail before, the error of the last, whose message tells all of them.
 *
 * @param models In the order in which they are asked.
 * @throws LlmError `invalid_input` for what is no list of models, or no time.
 *
 * @example
 * const fast = openaiChat({ model: 'gpt-5-mini' });
 * const model = withHedge([fast, fast], { afterMs: 2000 });
 */
export function withHedge<Options>(models: SeveralModels<Options>, { afterMs }: WithHedgeOptions): Model<Options> {
  if (!(typeof afterMs === 'number' && afterMs >= 0 && afterMs < Infinity)) {
    throw new LlmError(
      'invalid_input',
      `afterMs of withHedge is a number of milliseconds from 0 up, not ${describe(afterMs)}`,
    );
  }
  return firstToBegin('withHedge', models, afterMs);
}

/**
 * A model that asks several at once: `withHedge` without a wait.
 *
 * @throws LlmError `invalid_input` for what is no list of models.
 *
 * @example
 * const model = withRace([openaiChat({ model: 'gpt-5-mini' }), anthropic({ model: 'claude-haiku-4-5' })]);
 */
export function withRace<Options>(models: SeveralModels<Options>): Model<Options> {
  return firstToBegin('withRace', models, 0);
}

/** One model that has been asked. */
interface Contender {
  readonly model: ModelDefinition;
  readonly subscription: Subscription;
  /** What came before its answer began. */
  held: StreamEvent[];
  usage: Usage | undefined;
}

function firstToBegin<Options>(name: string, models: SeveralModels<Options>, afterMs: number): Model<Options> {
  return severalModels(name, models, (request, ask, { scheduler }) => {
    return new Observable((subscriber) => {
      const contenders: Contender[] = [];
      const failures: [string, LlmError][] = [];
      let winner: Contender | undefined;
      let timer: Subscription | undefined;

      function launch(): void {
        timer?.unsubscribe();
        const model = models[contenders.length];
        if (model === undefined || winner) return;
        const contender: Contender = { model, subscription: new Subscription(), held: [], usage: undefined };
        contenders.push(contender);
        subscriber.add(contender.subscription);
        subscribeWithin(contender.subscription, ask(model, request), {
          next: (event) => guarded(() => take(contender, event)),
          error: (error: unknown) => fail(contender, toLlmError(error, 'provider_error')),
          complete: () =>
            guarded(() => {
              win(contender);
              subscriber.complete();
            }),
        });
        if (afterMs === 0) launch();
        else if (!winner && contenders.at(-1) === contender && contenders.length < models.length) {
          timer = scheduler.schedule(launch, Math.min(afterMs, longestMs));
          subscriber.add(timer);
        }
      }

      function take(contender: Contender, event: StreamEvent): void {
        if (winner && winner !== contender) return;
        if (event.type === 'usage') {
          contender.usage = event.usage;
          tellUsage();
        } else if (event.type === 'reset') {
          // Who begins anew says again what counts.
          contender.usage = undefined;
          contender.held = [];
          if (!winner) return;
          subscriber.next(event);
          tellUsage();
        } else if (winner) subscriber.next(event);
        else if (event.type === 'finish' || isPartEvent(event)) {
          win(contender);
          subscriber.next(event);
        } else contender.held.push(event);
      }

      function tellUsage(): void {
        const known = contenders.flatMap(({ usage }) => usage ?? []);
        if (known.length > 0) subscriber.next({ type: 'usage', usage: known.reduce(addUsage) });
      }

      function win(contender: Contender): void {
        if (winner) return;
        winner = contender;
        timer?.unsubscribe();
        for (const other of contenders) if (other !== contender) other.subscription.unsubscribe();
        for (const event of contender.held) subscriber.next(event);
      }

      function fail(contender: Contender, error: LlmError): void {
        if (winner) {
          if (winner === contender) subscriber.error(error);
          return;
        }
        failures.push([contender.model.id, error]);
        if (failures.length === models.length) subscriber.error(allFailed(failures));
        else launch();
      }

      /** Stopping the others may throw. */
      function guarded(step: () => void): void {
        try {
          step();
        } catch (thrown) {
          subscriber.error(toLlmError(thrown, 'provider_error'));
        }
      }

      launch();
    });
  });
}
