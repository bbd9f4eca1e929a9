// Usage and finish reasons of Gemini in our words.
import type { FinishReason } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Usage } from '../../values/usage.ts';
import { isNumber } from '../shared/options.ts';
import type { GeminiUsage } from './wire.ts';

/** The numbers as they are: Gemini leaves thinking out of its output. Undefined where nothing is counted yet. */
export function toUsage(raw: GeminiUsage): Usage | undefined {
  const {
    promptTokenCount: input,
    candidatesTokenCount: output,
    thoughtsTokenCount: reasoning,
    cachedContentTokenCount: cached,
  } = raw;
  if (![input, output, reasoning, cached].some(isNumber)) return undefined;
  return {
    ...(isNumber(input) && { input }),
    ...(isNumber(output) && { output }),
    details: {
      ...(isNumber(reasoning) && { reasoning }),
      ...(isNumber(cached) && { cached }),
      raw: raw as JsonObject,
    },
  };
}

/** @param hasCalls Gemini says STOP also when it calls functions. */
export function toFinishReason(raw: string, hasCalls: boolean): FinishReason {
  switch (raw) {
    case 'STOP':
      return hasCalls ? 'tool_calls' : 'stop';
    case 'MAX_TOKENS':
    // The rest can be had with a `continuationToken`, as after a limit with a new request.
    case 'CONTINUATION':
      return 'length';
    case 'SAFETY':
    case 'RECITATION':
    case 'BLOCKLIST':
    case 'PROHIBITED_CONTENT':
    case 'SPII':
    case 'MODEL_ARMOR':
    case 'IMAGE_SAFETY':
    case 'IMAGE_PROHIBITED_CONTENT':
    case 'IMAGE_RECITATION':
      return 'content_filter';
    case 'MALFORMED_FUNCTION_CALL':
    case 'UNEXPECTED_TOOL_CALL':
    case 'TOO_MANY_TOOL_CALLS':
    case 'MISSING_THOUGHT_SIGNATURE':
    case 'MALFORMED_RESPONSE':
      return 'error';
    default:
      return 'other';
  }
}
