// withBudget: a limit on what the responses of a model may cost together.
import { Observable } from 'rxjs';
import type { Model } from '../response/defineModel.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { wrapModel } from '../response/wrapModel.ts';
import { isPartEvent } from '../values/allocate.ts';
import { describe } from '../values/describe.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { Usage } from '../values/usage.ts';

export interface BudgetOptions {
  /** Input and output together, as the providers count them. */
  readonly maxTokens?: number | undefined;
  /** In US dollars; needs `costUsd`. */
  readonly maxCostUsd?: number | undefined;
  /** What a response has cost, in US dollars, by its usage so far and the id of the model that was asked. */
  readonly costUsd?: ((usage: Usage, model: string) => number) | undefined;
}

/** A budget, which several models may share. */
export class Budget {
  readonly #options: BudgetOptions;
  #tokens = 0;
  #costUsd = 0;

  /**
   * @throws LlmError `invalid_input` for a budget without a limit, one that is no number, or one in dollars without prices.
   */
  constructor(options: BudgetOptions) {
    this.#options = options;
    const { maxTokens, maxCostUsd, costUsd } = options;
    if (maxTokens === undefined && maxCostUsd === undefined) {
      throw new LlmError('invalid_input', 'a budget has a limit: give it maxTokens, maxCostUsd or both');
    }
    for (const [name, limit] of Object.entries({ maxTokens, maxCostUsd })) {
      if (limit !== undefined && !(typeof limit === 'number' && limit >= 0)) {
        throw new LlmError('invalid_input', `${name} of a budget is a number from 0 up, not ${describe(limit)}`);
      }
    }
    if (maxCostUsd !== undefined && typeof costUsd !== 'function') {
      throw new LlmError('invalid_input', 'a budget in dollars needs costUsd, a function from usage to dollars');
    }
  }

  /** What has been spent so far. */
  get spent(): { readonly tokens: number; readonly costUsd: number } {
    return { tokens: this.#tokens, costUsd: this.#costUsd };
  }

  /** Whether nothing more may be spent. */
  get isExhausted(): boolean {
    const { maxTokens = Infinity, maxCostUsd = Infinity } = this.#options;
    return this.#tokens >= maxTokens || this.#costUsd >= maxCostUsd;
  }

  /** Counts what a response has cost since it last said so. */
  count(model: string, usage: Usage, before: Usage | undefined): void {
    const { costUsd } = this.#options;
    this.#tokens += tokensOf(usage) - (before ? tokensOf(before) : 0);
    if (!costUsd) return;
    const price = (of: Usage) => {
      const cost: unknown = costUsd(of, model);
      if (isCount(cost)) return cost;
      // Added up it would be no limit any more.
      throw new LlmError(
        'invalid_input',
        `costUsd gave ${describe(cost)} for model "${model}", not a number of dollars from 0 up`,
      );
    };
    this.#costUsd += price(usage) - (before ? price(before) : 0);
  }

  /** The error for what would go beyond it. */
  exceeded(): LlmError {
    const { maxTokens, maxCostUsd } = this.#options;
    const { tokens, costUsd } = this.spent;
    const said = [
      maxTokens !== undefined && `${tokens} of ${maxTokens} tokens`,
      maxCostUsd !== undefined && `${Number(costUsd.toFixed(6))} of ${maxCostUsd} US dollars`,
    ].filter((text) => text !== false);
    return new LlmError(
      'budget_exceeded',
      `the budget is spent: ${said.join(', ')}; give it a new one with a higher limit`,
    );
  }
}

/**
 * The same model within a budget. A request is refused when nothing is left, before it is sent, with LlmError
 * `budget_exceeded`. A response whose own usage goes beyond the budget is stopped when more of it comes, with the same
 * error and what there is as its partial; one that is complete by then stays complete. Most providers tell the usage at
 * the end only, so the last response may go beyond. What failed or aborted responses had reported counts, too.
 *
 * Around a retry, a fallback or a hedge, all requests of a response count together, at the price of the model that stands
 * for them; it is refused or stopped as a whole. Within one, each request is refused by itself when nothing is left, which
 * a retry does not repeat, but for which a fallback asks the next model.
 *
 * @param budget One to share between models, or its options.
 * @throws LlmError `invalid_input` for a budget that makes no sense.
 *
 * @example
 * const budget = new Budget({ maxTokens: 100_000 });
 * const model = withBudget(openaiChat({ model: 'gpt-5-mini' }), budget);
 */
export function withBudget<Options>(model: Model<Options>, budget: Budget | BudgetOptions): Model<Options> {
  const shared = budget instanceof Budget ? budget : new Budget(budget);
  return wrapModel(
    model,
    (request, next) =>
      new Observable((subscriber) => {
        if (shared.isExhausted) {
          subscriber.error(shared.exceeded());
          return;
        }
        let before: Usage | undefined;
        let isOver = false;
        subscribeWithin(subscriber, next(request), {
          next(event) {
            if (event.type === 'usage') {
              try {
                shared.count(model.id, event.usage, before);
              } catch (thrown) {
                subscriber.error(toLlmError(thrown, 'invalid_input'));
                return;
              }
              before = event.usage;
              isOver = shared.isExhausted;
            } else if (isOver && isPartEvent(event)) {
              subscriber.error(shared.exceeded());
              return;
            }
            subscriber.next(event);
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => subscriber.complete(),
        });
      }),
  );
}

/** What is no count, as a server may send it, gives nothing back and breaks no sum. */
function tokensOf({ input, output }: Usage): number {
  return (isCount(input) ? input : 0) + (isCount(output) ? output : 0);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Infinity;
}
