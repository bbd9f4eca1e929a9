// The model options of Ollama by their wire names, and what each may be: those of a request (ChatRequest in api/types.go
// of github.com/ollama/ollama) and those that go into its `options` (Options and Runner there), all in one list.
import type { JsonObject } from '../../values/json.ts';
import {
  boolean,
  integer,
  isNumber,
  isRecord,
  isText,
  modelOptions,
  range,
  text,
  textOrList,
  type Rule,
} from '../shared/options.ts';

export interface OllamaModelOptions {
  /** Whether the model thinks, or how much. Default: as the model does by itself. */
  readonly think?: boolean | string;
  /** The same in the words of other providers: `none`, `minimal`, `low`, `medium`, `high`, … */
  readonly reasoning_effort?: string;
  /** How long the model stays in memory: seconds, or a duration such as `5m`; 0 not at all, -1 for ever. */
  readonly keep_alive?: string | number;
  /** `json`, or a JSON Schema; `schema` of a prompt comes before it. */
  readonly format?: 'json' | JsonObject;
  readonly logprobs?: boolean;
  readonly top_logprobs?: number;
  /** Whether a history that is too long is cut; otherwise it is an error. */
  readonly truncate?: boolean;
  /** Whether the beginning is dropped when the context is full; otherwise the answer ends. */
  readonly shift?: boolean;
  readonly temperature?: number;
  readonly top_k?: number;
  readonly top_p?: number;
  readonly min_p?: number;
  readonly typical_p?: number;
  readonly seed?: number;
  readonly stop?: string | readonly string[];
  /** How many tokens the answer may have; -1 as many as it likes, -2 as many as the context holds. */
  readonly num_predict?: number;
  readonly num_ctx?: number;
  readonly num_keep?: number;
  readonly repeat_last_n?: number;
  readonly repeat_penalty?: number;
  readonly presence_penalty?: number;
  readonly frequency_penalty?: number;
  readonly mirostat?: number;
  readonly mirostat_eta?: number;
  readonly mirostat_tau?: number;
  readonly num_batch?: number;
  readonly num_gpu?: number;
  readonly main_gpu?: number;
  readonly num_thread?: number;
  readonly use_mmap?: boolean;
}

const anyInteger = integer(-Number.MAX_SAFE_INTEGER);
const anyNumber: Rule = { allowed: 'a number', fits: isNumber };
const fromZero: Rule = { allowed: 'a number from 0', fits: (value) => isNumber(value) && value >= 0 };

/** What goes into `options`. */
export const runtimeOptions = {
  temperature: fromZero,
  top_k: integer(0),
  top_p: range(0, 1),
  min_p: range(0, 1),
  typical_p: range(0, 1),
  seed: anyInteger,
  stop: textOrList(),
  num_predict: integer(-2),
  num_ctx: integer(1),
  num_keep: integer(-1),
  repeat_last_n: integer(-1),
  repeat_penalty: anyNumber,
  presence_penalty: anyNumber,
  frequency_penalty: anyNumber,
  mirostat: integer(0, 2),
  mirostat_eta: fromZero,
  mirostat_tau: fromZero,
  num_batch: integer(1),
  num_gpu: integer(-1),
  main_gpu: integer(0),
  num_thread: integer(0),
  use_mmap: boolean(),
} as const satisfies Readonly<Record<string, Rule>>;

export const ollamaOptions = modelOptions<OllamaModelOptions>({
  think: {
    allowed: 'true, false or a level such as "low", "medium", "high"',
    fits: (value) => typeof value === 'boolean' || isText(value),
  },
  reasoning_effort: text(),
  keep_alive: {
    allowed: 'a number of seconds or a duration such as "5m"',
    fits: (value) => isNumber(value) || isText(value),
  },
  format: { allowed: '"json" or a JSON Schema', fits: (value) => value === 'json' || isRecord(value) },
  logprobs: boolean(),
  top_logprobs: integer(0, 20),
  truncate: boolean(),
  shift: boolean(),
  ...runtimeOptions,
});
