// Usage and finish reasons of Responses in our words.
import type { FinishReason } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Usage } from '../../values/usage.ts';
import { isNumber } from '../shared/options.ts';
import type { ResponseObject, ResponsesUsage } from './wire.ts';

/** The provider's numbers as they are, where they are; reasoning is counted in `output`, cached tokens in `input`. */
export function toUsage(raw: ResponsesUsage): Usage {
  const reasoning = raw.output_tokens_details?.reasoning_tokens;
  const { cached_tokens: cached, cache_write_tokens: written } = raw.input_tokens_details ?? {};
  return {
    ...(isNumber(raw.input_tokens) && { input: raw.input_tokens }),
    ...(isNumber(raw.output_tokens) && { output: raw.output_tokens }),
    details: {
      ...(isNumber(reasoning) && { reasoning }),
      ...(isNumber(cached) && { cached }),
      // A zero is there for every model, also for those whose cache is not written by request.
      ...(isNumber(written) && written > 0 && { cache_write: written }),
      raw: raw as JsonObject,
    },
  };
}

/** The protocol's word for why a response ended: what made it incomplete, else its status. */
export function rawReason({ status, incomplete_details: details }: ResponseObject): string {
  return details?.reason ?? status ?? '';
}

/** The protocol says `completed` also when it waits for the results of calls. */
export function toFinishReason(raw: string, hasCalls: boolean): FinishReason {
  switch (raw) {
    case 'completed':
      return hasCalls ? 'tool_calls' : 'stop';
    case 'max_output_tokens':
      return 'length';
    case 'content_filter':
      return raw;
    case '':
      return 'unknown';
    default:
      return 'other';
  }
}
