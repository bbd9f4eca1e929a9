// What Responses servers send, as far as it is read here. Every field may be missing, null or of another type:
// compatible servers differ, so whoever reads one looks at what it is.
import type { JsonObject, JsonValue } from '../../values/json.ts';

/** A message of a stream; `type` says which fields it has. */
export interface ResponsesEvent {
  readonly type?: string;
  /** Which item of the output it is about. */
  readonly output_index?: number | null;
  readonly item_id?: string | null;
  readonly content_index?: number | null;
  readonly summary_index?: number | null;
  readonly item?: OutputItem;
  readonly part?: ContentPart;
  readonly delta?: JsonValue;
  /** The whole of what came in deltas, with `.done`: under the name that its item has for it. */
  readonly text?: JsonValue;
  readonly refusal?: JsonValue;
  readonly arguments?: JsonValue;
  readonly input?: JsonValue;
  readonly code?: JsonValue;
  readonly logprobs?: readonly JsonValue[] | null;
  readonly annotation?: JsonValue;
  readonly response?: ResponseObject;
  readonly error?: unknown;
}

/** The response as a whole: in some messages of a stream, or by itself where nothing is streamed. */
export interface ResponseObject {
  readonly id?: string;
  readonly object?: string;
  readonly model?: string;
  readonly status?: string | null;
  readonly error?: unknown;
  readonly incomplete_details?: { readonly reason?: string } | null;
  readonly output?: readonly OutputItem[] | null;
  readonly tools?: JsonValue;
  readonly usage?: ResponsesUsage | null;
}

/** An item of the output, of any type. */
export interface OutputItem extends JsonObject {
  readonly type: string;
}

/** A part of a message's content, of a summary or of a reasoning text. */
export interface ContentPart {
  readonly type?: string;
  readonly text?: string;
  readonly refusal?: string;
  readonly annotations?: readonly JsonValue[] | null;
  readonly logprobs?: readonly JsonValue[] | null;
}

export interface ResponsesUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly input_tokens_details?: { readonly cached_tokens?: number; readonly cache_write_tokens?: number } | null;
  readonly output_tokens_details?: { readonly reasoning_tokens?: number } | null;
}
