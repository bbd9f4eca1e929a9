// How Gemini models are told how much to think, which differs from generation to generation.
import type { ModelRequest } from '../../response/model.ts';
import type { JsonObject } from '../../values/json.ts';
import type { GeminiModelOptions } from './options.ts';

/** Whether a name is of Gemini 3 or later. */
export function isGemini3(model: string): boolean {
  return /gemini-([3-9]|\d\d)/.test(model);
}

/** Whether a name is of a generation before Gemini 3. */
export function isOlder(model: string): boolean {
  return /gemini-[12](?!\d)|gemma|learnlm/.test(model);
}

/** The `thinkingConfig` of a request, where it needs one. */
export function thinkingConfig(
  model: string,
  { options, hideReasoning }: Pick<ModelRequest, 'options' | 'hideReasoning'>,
): JsonObject | undefined {
  const { reasoning_effort: effort, reasoning_budget: budget, thinkingConfig: given }: GeminiModelOptions = options;
  const saysHowMuch = given?.thinkingBudget !== undefined || given?.thinkingLevel !== undefined;
  const config: JsonObject = {
    // A budget and a level at once are refused, so the finer one counts.
    ...(!saysHowMuch &&
      (budget !== undefined ? { thinkingBudget: budget } : effort !== undefined && fromEffort(model, effort))),
    ...given,
  };
  const isAsked = Object.keys(config).length > 0 && config.thinkingBudget !== 0;
  const shows = !hideReasoning && config.includeThoughts === undefined && (isAsked || thinks(model));
  // Refused when the model does not think: "include_thoughts is only enabled when thinking is enabled".
  if (shows && config.thinkingBudget !== 0) return { ...config, includeThoughts: true };
  return Object.keys(config).length > 0 ? config : undefined;
}

/**
 * Whether the model thinks without being asked to, by its name: Gemini 2.5 and later, but not those for images, speech
 * and live talk, and not 2.5 Flash-Lite (https://ai.google.dev/gemini-api/docs/thinking).
 */
function thinks(model: string): boolean {
  const isThinker = /gemini-2\.5|gemini-(pro|flash)-latest/.test(model) || isGemini3(model);
  return isThinker && !/image|tts|audio|live|computer-use|2\.5-flash-lite/.test(model);
}

/**
 * As Google maps it in its own compatible API (https://ai.google.dev/gemini-api/docs/openai#thinking). What that leaves
 * open: `none` is the least that there is where thinking cannot be turned off, and what is above `high` is `high`.
 */
function fromEffort(model: string, effort: string): JsonObject {
  // Gemma 4 has two levels, and says of a budget that it "is not supported for this model".
  if (/gemma-4/.test(model)) return { thinkingLevel: /none|minimal|low/.test(effort) ? 'minimal' : 'high' };
  if (isOlder(model)) {
    const none = /pro/.test(model) ? leastBudgetOfPro : 0;
    return { thinkingBudget: effort === 'none' ? none : (budgets[effort] ?? budgets.high!) };
  }
  const takesMinimal = /flash-lite|gemini-3-flash|gemini-3\.5-flash/.test(model);
  const least = takesMinimal ? 'minimal' : 'low';
  return { thinkingLevel: effort === 'none' || effort === 'minimal' ? least : effort in budgets ? effort : 'high' };
}

const leastBudgetOfPro = 128;

const budgets: Readonly<Record<string, number>> = { minimal: 1024, low: 1024, medium: 8192, high: 24_576 };
