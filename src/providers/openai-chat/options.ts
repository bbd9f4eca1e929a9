// The model options of Chat Completions by their wire names
// (https://platform.openai.com/docs/api-reference/chat/create), and what each may be.
import type { JsonObject } from '../../values/json.ts';
import {
  boolean,
  integer,
  isList,
  isNumber,
  isRecord,
  modelOptions,
  oneOf,
  range,
  record,
  text,
  textList,
  textOrList,
  textOrRecord,
  textRecord,
} from '../shared/options.ts';

export interface OpenAIChatModelOptions {
  readonly temperature?: number;
  readonly top_p?: number;
  readonly frequency_penalty?: number;
  readonly presence_penalty?: number;
  readonly max_tokens?: number;
  readonly max_completion_tokens?: number;
  readonly seed?: number;
  readonly stop?: string | readonly string[];
  readonly n?: 1;
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
  readonly logit_bias?: Readonly<Record<string, number>>;
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh`: which of them, depends on the model. */
  readonly reasoning_effort?: string;
  readonly verbosity?: 'low' | 'medium' | 'high';
  readonly service_tier?: string;
  readonly parallel_tool_calls?: boolean;
  readonly tool_choice?: string | JsonObject;
  readonly response_format?: JsonObject;
  readonly modalities?: readonly string[];
  readonly prediction?: JsonObject;
  readonly web_search_options?: JsonObject;
  readonly user?: string;
  readonly safety_identifier?: string;
  readonly prompt_cache_key?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly store?: boolean;
}

export const chatOptions = modelOptions<OpenAIChatModelOptions>({
  temperature: range(0, 2),
  top_p: range(0, 1),
  frequency_penalty: range(-2, 2),
  presence_penalty: range(-2, 2),
  max_tokens: integer(0),
  max_completion_tokens: integer(0),
  seed: integer(-Number.MAX_SAFE_INTEGER),
  stop: textOrList(),
  // Other choices than the first would be paid for and not be read; subscribe again for another answer.
  n: { allowed: '1', fits: (value) => value === 1 },
  logprobs: boolean(),
  top_logprobs: integer(0, 20),
  logit_bias: {
    allowed: 'an object of numbers',
    fits: (value) => isRecord(value) && isList(Object.values(value), isNumber),
  },
  reasoning_effort: text(),
  verbosity: oneOf('low', 'medium', 'high'),
  service_tier: text(),
  parallel_tool_calls: boolean(),
  tool_choice: textOrRecord('a string such as "auto", "none" or "required", or an object'),
  response_format: record(),
  modalities: textList(),
  prediction: record(),
  web_search_options: record(),
  user: text(),
  safety_identifier: text(),
  prompt_cache_key: text(),
  metadata: textRecord(),
  store: boolean(),
});
