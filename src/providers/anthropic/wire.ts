// What Messages servers send, as far as it is read here
// (https://platform.claude.com/docs/en/build-with-claude/streaming). Whoever reads a field looks at what it is.
import type { JsonObject, JsonValue } from '../../values/json.ts';

/** One event of a stream; or the whole answer, `type: 'message'`, of a request that does not stream. */
export interface MessagesEvent extends Partial<WireMessage> {
  readonly message?: WireMessage | null;
  /** Which content block an event is about. */
  readonly index?: number;
  readonly content_block?: Block;
  readonly delta?: Delta;
  readonly error?: JsonValue;
}

export interface WireMessage {
  readonly type?: string;
  readonly id?: string;
  readonly model?: string;
  readonly content?: readonly Block[];
  readonly usage?: MessagesUsage | null;
  readonly stop_reason?: string | null;
  readonly stop_details?: JsonValue;
  readonly stop_sequence?: JsonValue;
  /** Where code ran. */
  readonly container?: JsonValue;
}

/** A content block: text, thinking, a call, a result, or of a kind that is newer than this. */
export interface Block {
  readonly type?: string;
  readonly [key: string]: JsonValue | undefined;
}

/** What is new of a content block, or (in `message_delta`) of the message. */
export interface Delta {
  readonly type?: string;
  readonly [key: string]: JsonValue | undefined;
}

export interface MessagesUsage {
  readonly input_tokens?: number | null;
  readonly output_tokens?: number | null;
  readonly cache_read_input_tokens?: number | null;
  readonly cache_creation_input_tokens?: number | null;
  readonly output_tokens_details?: { readonly thinking_tokens?: number } | null;
  readonly [key: string]: JsonValue | undefined;
}

/** A block of a request. */
export type BlockParam = JsonObject & { readonly type: string };
