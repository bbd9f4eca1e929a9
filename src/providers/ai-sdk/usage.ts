// Usage and finish reasons of the AI SDK in our words.
import type { FinishReason } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Usage } from '../../values/usage.ts';
import { isNumber } from '../shared/options.ts';
import { toJson } from './notes.ts';
import type { PartOf } from './types.ts';

type Finish = PartOf<'finish'>;

/**
 * The AI SDK's totals: cached input and reasoning are part of them, whatever the provider's custom. `raw` is the
 * provider's object; `provider_metadata` what the provider says of the response as a whole. Undefined where nothing is
 * known.
 */
export function toUsage({ usage, providerMetadata }: Pick<Finish, 'usage' | 'providerMetadata'>): Usage | undefined {
  const { inputTokens, outputTokens, raw } = usage ?? {};
  const input = inputTokens?.total;
  const output = outputTokens?.total;
  const said = providerMetadata && Object.values(providerMetadata).some((own) => Object.keys(own ?? {}).length > 0);
  const details = {
    ...(isNumber(outputTokens?.reasoning) && { reasoning: outputTokens.reasoning }),
    ...(isNumber(inputTokens?.cacheRead) && { cached: inputTokens.cacheRead }),
    ...(isNumber(inputTokens?.cacheWrite) && { cache_write: inputTokens.cacheWrite }),
    ...(raw && { raw: toJson(raw) as JsonObject }),
    ...(said && { provider_metadata: toJson(providerMetadata) }),
  };
  const hasDetails = Object.keys(details).length > 0;
  if (!isNumber(input) && !isNumber(output) && !hasDetails) return undefined;
  return {
    ...(isNumber(input) && { input }),
    ...(isNumber(output) && { output }),
    ...(hasDetails && { details }),
  };
}

/**
 * Without a word of the provider's own, `other` says that it gave no reason.
 *
 * @param hasCalls Whether there is a call for the client: for some of OpenAI's tools the AI SDK does not say so.
 */
export function toFinishReason({ unified, raw }: Finish['finishReason'], hasCalls: boolean): FinishReason {
  switch (unified) {
    case 'stop':
      // Anthropic's word for a turn that is to be sent back as it is; the AI SDK has none for it.
      if (raw === 'pause_turn') return 'pause';
      return raw === undefined && hasCalls ? 'tool_calls' : 'stop';
    case 'length':
    case 'error':
      return unified;
    case 'content-filter':
      return 'content_filter';
    case 'tool-calls':
      return 'tool_calls';
    default:
      return raw === undefined ? 'unknown' : 'other';
  }
}
