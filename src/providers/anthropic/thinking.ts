// How a model is asked to think: what `reasoning_effort` and `reasoning_budget` are in its own terms.
import type { JsonObject } from '../../values/json.ts';
import type { ModelFacts } from './models.ts';
import type { AnthropicModelOptions } from './options.ts';

export interface Thinking {
  readonly thinking?: JsonObject;
  /** For `output_config`. */
  readonly effort?: string;
  /** Tokens of the answer that thinking may use up, where that is fixed. */
  readonly budget?: number;
}

export interface ThinkingOptions {
  readonly hideReasoning: boolean;
  /** How many tokens an answer may have in all. */
  readonly limit: number;
  /** Whether a tool has to be called, which models refuse together with thinking. */
  readonly isForced: boolean;
}

/** The `thinking` of the options goes as it is; a model that thinks anyway is asked to show it, or not to. */
export function encodeThinking(
  { thinking, reasoning_effort: effort, reasoning_budget: budget }: AnthropicModelOptions,
  facts: ModelFacts,
  { hideReasoning, limit, isForced }: ThinkingOptions,
): Thinking {
  const level = levelOf(effort, facts);
  if (thinking) return { thinking, ...level };
  if (effort === 'none' || budget === 0) return leastThinking(facts);
  const isAsked = effort !== undefined || budget !== undefined;
  if (!isAsked && (isForced || !facts.thinksByDefault)) return {};
  if (facts.thinking === 'adaptive' || (facts.thinking === 'both' && budget === undefined)) {
    // The newest show nothing of it unless asked; those before them show it unless asked not to.
    const shown = facts.thinking === 'adaptive' ? { display: 'summarized' } : {};
    return { thinking: { type: 'adaptive', ...(hideReasoning ? { display: 'omitted' } : shown) }, ...level };
  }
  // No room for the least that the API takes.
  if (budget === undefined && limit <= minBudget) return level;
  const tokens = budget ?? Math.min(budgetOf(effort), half(limit));
  const display = hideReasoning && facts.canHide && { display: 'omitted' };
  return { thinking: { type: 'enabled', budget_tokens: tokens, ...display }, ...level, budget: tokens };
}

/** The effort in the words of the API, for models that know it. */
function levelOf(effort: string | undefined, { thinking }: ModelFacts): Pick<Thinking, 'effort'> {
  if (effort === undefined || effort === 'none' || thinking === 'budget') return {};
  return { effort: effort === 'minimal' ? 'low' : effort };
}

function leastThinking({ mayNotThink }: ModelFacts): Thinking {
  return mayNotThink ? { thinking: { type: 'disabled' } } : { effort: 'low' };
}

/** What a model that knows budgets alone gets for an effort. */
function budgetOf(effort = 'medium'): number {
  return budgets[effort] ?? 8192;
}

const budgets: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 2048,
  medium: 8192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
};

const minBudget = 1024;

/** The budget is a part of the answer's tokens. */
function half(limit: number): number {
  return Math.max(minBudget, Math.floor(limit / 2));
}
