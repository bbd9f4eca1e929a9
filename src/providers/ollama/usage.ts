// Usage and finish reasons of Ollama in our words.
import type { FinishReason } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Usage } from '../../values/usage.ts';
import type { Payload } from '../shared/decodeJson.ts';
import { isNumber } from '../shared/options.ts';

/** Undefined where nothing was counted. `raw` has the counts and the durations, in nanoseconds, as they came. */
export function toUsage(line: Payload): Usage | undefined {
  const { prompt_eval_count: input, eval_count: output } = line;
  // Go leaves a zero out: an answer from the cache has no `prompt_eval_count`.
  if (!isNumber(input) && !isNumber(output)) return undefined;
  const measured = Object.entries(line).filter(([key, value]) => /_(count|duration)$/.test(key) && isNumber(value));
  return {
    ...(isNumber(input) && { input }),
    ...(isNumber(output) && { output }),
    details: { raw: Object.fromEntries(measured) as JsonObject },
  };
}

/** Ollama says `stop` also when it calls tools; `load` and `unload` answer a request without messages. */
export function toFinishReason(raw: string, hasCalls: boolean): FinishReason {
  switch (raw) {
    case 'stop':
      return hasCalls ? 'tool_calls' : 'stop';
    case 'length':
      return 'length';
    case '':
      return hasCalls ? 'tool_calls' : 'unknown';
    default:
      return 'other';
  }
}
