// The model options of Responses by their wire names (https://platform.openai.com/docs/api-reference/responses/create,
// openai 6.49 `ResponseCreateParamsBase`), a few short ones for what the protocol nests, and what each may be.
import type { JsonObject } from '../../values/json.ts';
import {
  boolean,
  integer,
  isList,
  isRecord,
  isText,
  list,
  modelOptions,
  oneOf,
  range,
  record,
  text,
  textList,
  textOrRecord,
  textRecord,
} from '../shared/options.ts';

/** A tool that the provider runs, or one for the client that is no function: `{ type: 'web_search' }`. */
export interface ServerTool {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface OpenAIResponsesModelOptions {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly max_output_tokens?: number;
  /** The same as `max_output_tokens`, by the name that other protocols have. */
  readonly max_tokens?: number;
  readonly top_logprobs?: number;
  /** Tools besides the functions, put after them. */
  readonly tools?: readonly ServerTool[];
  readonly tool_choice?: string | JsonObject;
  readonly parallel_tool_calls?: boolean;
  readonly max_tool_calls?: number;
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`: which of them, depends on the model. */
  readonly reasoning_effort?: string;
  readonly reasoning_summary?: 'auto' | 'concise' | 'detailed';
  /** Goes over what the two above make. */
  readonly reasoning?: JsonObject;
  readonly verbosity?: 'low' | 'medium' | 'high';
  readonly text?: JsonObject;
  /** How closely images are looked at. */
  readonly image_detail?: 'low' | 'high' | 'auto' | 'original';
  /** Added to what is asked for anyway. */
  readonly include?: readonly string[];
  readonly service_tier?: string;
  readonly store?: boolean;
  readonly previous_response_id?: string;
  readonly conversation?: string | JsonObject;
  readonly context_management?: readonly JsonObject[];
  readonly truncation?: 'auto' | 'disabled';
  readonly prompt?: JsonObject;
  readonly moderation?: JsonObject;
  readonly stream_options?: JsonObject;
  readonly prompt_cache_key?: string;
  readonly prompt_cache_options?: JsonObject;
  readonly prompt_cache_retention?: string;
  readonly safety_identifier?: string;
  readonly user?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export const responsesOptions = modelOptions<OpenAIResponsesModelOptions>({
  temperature: range(0, 2),
  top_p: range(0, 1),
  max_output_tokens: integer(1),
  max_tokens: integer(1),
  top_logprobs: integer(0, 20),
  tools: {
    allowed: 'a list of objects with a `type`, such as { type: "web_search" }',
    fits: (value) => isList(value, (tool) => isRecord(tool) && isText(tool.type)),
  },
  tool_choice: textOrRecord('a string such as "auto", "none" or "required", or an object'),
  parallel_tool_calls: boolean(),
  max_tool_calls: integer(1),
  reasoning_effort: text(),
  reasoning_summary: oneOf('auto', 'concise', 'detailed'),
  reasoning: record(),
  verbosity: oneOf('low', 'medium', 'high'),
  text: record(),
  image_detail: oneOf('low', 'high', 'auto', 'original'),
  include: textList(),
  service_tier: text(),
  store: boolean(),
  previous_response_id: text(),
  conversation: textOrRecord('the id of a conversation, or an object'),
  context_management: list(),
  truncation: oneOf('auto', 'disabled'),
  prompt: record(),
  moderation: record(),
  stream_options: record(),
  prompt_cache_key: text(),
  prompt_cache_options: record(),
  prompt_cache_retention: text(),
  safety_identifier: text(),
  user: text(),
  metadata: textRecord(),
});
