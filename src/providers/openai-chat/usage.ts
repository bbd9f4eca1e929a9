// Usage and finish reasons of Chat Completions in our words.
import type { FinishReason } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Usage } from '../../values/usage.ts';
import { isNumber } from '../shared/options.ts';
import type { ChatUsage } from './wire.ts';

/** The provider's numbers as they are, where they are; xAI leaves reasoning out of its output, others count it in. */
export function toUsage(raw: ChatUsage): Usage {
  const reasoning = raw.completion_tokens_details?.reasoning_tokens;
  const cached = raw.prompt_tokens_details?.cached_tokens ?? raw.cached_tokens ?? raw.prompt_cache_hit_tokens;
  const written = raw.prompt_tokens_details?.cache_write_tokens ?? raw.cache_creation_input_tokens;
  return {
    ...(isNumber(raw.prompt_tokens) && { input: raw.prompt_tokens }),
    ...(isNumber(raw.completion_tokens) && { output: raw.completion_tokens }),
    details: {
      ...(isNumber(reasoning) && { reasoning }),
      ...(isNumber(cached) && { cached }),
      // Gateways send a zero here for every model, also for those whose cache is not written by request.
      ...(isNumber(written) && written > 0 && { cache_write: written }),
      raw: raw as JsonObject,
    },
  };
}

/** Any other word, such as Together's `eos`, is `other`. */
export function toFinishReason(raw: string): FinishReason {
  switch (raw) {
    case 'stop':
    case 'length':
    case 'tool_calls':
    case 'content_filter':
    case 'error':
      return raw;
    case 'function_call':
      return 'tool_calls';
    default:
      return 'other';
  }
}
