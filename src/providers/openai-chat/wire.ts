// What Chat Completions servers send, as far as it is read here. Every field may be missing, null or of another type:
// compatible servers differ, so whoever reads one looks at what it is.
import type { JsonValue } from '../../values/json.ts';

/** A chunk of a stream, or the whole answer of a server that does not stream. */
export interface ChatChunk {
  readonly id?: string | null;
  readonly model?: string | null;
  readonly choices?: readonly ChatChoice[] | null;
  readonly usage?: ChatUsage | null;
  readonly error?: unknown;
  /** Groq. */
  readonly x_groq?: { readonly usage?: ChatUsage | null } | null;
  /** Perplexity: the same with every chunk. */
  readonly citations?: JsonValue;
  readonly search_results?: JsonValue;
}

export interface ChatChoice {
  readonly index?: number | null;
  readonly delta?: ChatDelta | null;
  /** The whole message, where nothing is streamed. Writer and Perplexity send it beside the delta, as far as it came. */
  readonly message?: ChatDelta | null;
  readonly finish_reason?: string | null;
  readonly logprobs?: {
    readonly content?: readonly JsonValue[] | null;
    readonly refusal?: readonly JsonValue[] | null;
  } | null;
  /** Moonshot. */
  readonly usage?: ChatUsage | null;
}

export interface ChatDelta {
  /** Text, or parts of several kinds (Mistral). */
  readonly content?: string | readonly ContentItem[] | null;
  readonly refusal?: string | null;
  readonly reasoning_content?: string | null;
  readonly reasoning?: string | null;
  /** OpenRouter. */
  readonly reasoning_details?: readonly ReasoningDetail[] | null;
  readonly tool_calls?: readonly ToolCallFragment[] | null;
  /** OpenAI's older way to call one function. */
  readonly function_call?: FunctionFragment | null;
  readonly annotations?: readonly JsonValue[] | null;
  /** OpenRouter, for models that make images. */
  readonly images?: readonly ContentItem[] | null;
  /** Groq, for tools that it runs itself. */
  readonly executed_tools?: readonly ExecutedTool[] | null;
}

export interface ContentItem {
  readonly type?: string;
  readonly text?: string;
  readonly thinking?: string | readonly ContentItem[];
  readonly image_url?: string | { readonly url?: string };
}

export interface ReasoningDetail {
  readonly type?: string;
  readonly text?: string | null;
  readonly summary?: string | null;
  readonly index?: number;
  readonly [key: string]: JsonValue | undefined;
}

export interface ToolCallFragment {
  readonly index?: number | null;
  readonly id?: string | null;
  readonly function?: FunctionFragment | null;
}

export interface FunctionFragment {
  readonly name?: string | null;
  /** JSON text; some servers send the object itself. */
  readonly arguments?: JsonValue;
}

export interface ExecutedTool {
  readonly index?: number;
  readonly type?: string;
  readonly arguments?: string;
  readonly output?: string | null;
  readonly search_results?: JsonValue;
}

export interface ChatUsage {
  readonly prompt_tokens?: number | null;
  readonly completion_tokens?: number | null;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number; readonly cache_write_tokens?: number } | null;
  readonly completion_tokens_details?: { readonly reasoning_tokens?: number } | null;
  /** Together. */
  readonly cached_tokens?: number;
  /** DeepSeek. */
  readonly prompt_cache_hit_tokens?: number;
  /** Vercel's gateway. */
  readonly cache_creation_input_tokens?: number;
}

/** The message fields in which plain reasoning comes and goes. */
export type ReasoningField = 'reasoning_content' | 'reasoning' | 'thinking';
