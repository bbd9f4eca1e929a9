// Usage and stop reasons of the Messages API in our words.
import type { FinishReason } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Usage } from '../../values/usage.ts';
import { isNumber } from '../shared/options.ts';
import type { MessagesUsage } from './wire.ts';

/** The provider's numbers as they are: `input_tokens` leaves out what was read from the cache or written to it. */
export function toUsage(raw: MessagesUsage): Usage {
  const { input_tokens: input, output_tokens: output, output_tokens_details: details } = raw;
  const { cache_read_input_tokens: cached, cache_creation_input_tokens: written } = raw;
  const reasoning = details?.thinking_tokens;
  return {
    ...(isNumber(input) && { input }),
    ...(isNumber(output) && { output }),
    details: {
      ...(isNumber(reasoning) && { reasoning }),
      ...(isNumber(cached) && { cached }),
      ...(isNumber(written) && { cache_write: written }),
      raw: raw as JsonObject,
    },
  };
}

/** What comes later is the whole count so far; a field that it leaves out, or that is null, stays. */
export function mergeUsage(before: MessagesUsage, later: MessagesUsage): MessagesUsage {
  const known = Object.entries(later).filter(([, value]) => value !== null && value !== undefined);
  return { ...before, ...Object.fromEntries(known) };
}

/** Any other word is `other`. */
export function toFinishReason(raw: string): FinishReason {
  switch (raw) {
    case 'end_turn':
    case 'stop_sequence':
      return 'stop';
    case 'max_tokens':
    case 'model_context_window_exceeded':
      return 'length';
    case 'tool_use':
      return 'tool_calls';
    // Both ask to be sent back as they are, and then go on; the second comes with `pause_after_compaction`.
    case 'pause_turn':
    case 'compaction':
      return 'pause';
    case 'refusal':
      return 'content_filter';
    default:
      return 'other';
  }
}
