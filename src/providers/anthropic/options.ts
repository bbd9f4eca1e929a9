// The model options of the Messages API by their wire names (https://platform.claude.com/docs/en/api/messages/create),
// and what each may be.
import type { JsonObject } from '../../values/json.ts';
import {
  boolean,
  integer,
  isRecord,
  list,
  modelOptions,
  range,
  record,
  text,
  textList,
  textOrList,
  textOrRecord,
} from '../shared/options.ts';

export interface AnthropicModelOptions {
  /** Default: the most that the model can answer. */
  readonly max_tokens?: number;
  readonly temperature?: number;
  readonly top_p?: number;
  readonly top_k?: number;
  readonly stop_sequences?: string | readonly string[];
  /** `none`, `low`, `medium`, `high`, `xhigh`, `max`: which of them, depends on the model. */
  readonly reasoning_effort?: string;
  /** Tokens that the model may think; 0 for none. The newest models decide that themselves. */
  readonly reasoning_budget?: number;
  /** In place of the two above, as it is. */
  readonly thinking?: JsonObject;
  readonly output_config?: JsonObject;
  /** `auto`, `any`, `none`, or an object. */
  readonly tool_choice?: string | JsonObject;
  /** Tools that the provider runs, or knows: `{type: 'web_search_20250305', name: 'web_search'}`. */
  readonly tools?: readonly JsonObject[];
  readonly mcp_servers?: readonly JsonObject[];
  /** Features that are not general yet, for the header `anthropic-beta`. */
  readonly betas?: readonly string[];
  /** Caches what is sent, for 5 minutes or an hour. */
  readonly cache?: boolean | '5m' | '1h';
  /** Asks for citations of the documents in the request. */
  readonly citations?: boolean;
  readonly container?: string | JsonObject;
  readonly context_management?: JsonObject;
  readonly metadata?: JsonObject;
  readonly service_tier?: string;
  readonly inference_geo?: string;
  readonly speed?: string;
}

export const messagesOptions = modelOptions<AnthropicModelOptions>({
  // 0 fills the cache and answers nothing.
  max_tokens: integer(0),
  temperature: range(0, 1),
  top_p: range(0, 1),
  top_k: integer(0),
  stop_sequences: textOrList(),
  reasoning_effort: text(),
  reasoning_budget: integer(0),
  thinking: record(),
  output_config: record(),
  tool_choice: textOrRecord('a string such as "auto", "any" or "none", or an object'),
  tools: { allowed: 'a list of objects', fits: (value) => Array.isArray(value) && value.every(isRecord) },
  mcp_servers: list(),
  betas: textList(),
  cache: {
    allowed: 'true, false, "5m", "1h"',
    fits: (value) => typeof value === 'boolean' || value === '5m' || value === '1h',
  },
  citations: boolean(),
  container: textOrRecord('a string or an object'),
  context_management: record(),
  metadata: record(),
  service_tier: text(),
  inference_geo: text(),
  speed: text(),
});
