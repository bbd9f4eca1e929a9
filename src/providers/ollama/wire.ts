// What Ollama's `/api/chat` sends, as far as it is read here (ChatResponse in api/types.go of github.com/ollama/ollama).
// Every field may be missing or of another type: whoever reads one looks at what it is.
import type { JsonValue } from '../../values/json.ts';

/** A line of a stream, or the whole answer where nothing is streamed. */
export interface ChatLine {
  readonly model?: string;
  /** When the line was made: there is no other mark that tells one answer from another. */
  readonly created_at?: string;
  readonly message?: ChatMessage | null;
  readonly done?: boolean;
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
  readonly logprobs?: readonly JsonValue[] | null;
  readonly error?: unknown;
}

export interface ChatMessage {
  readonly thinking?: string;
  readonly content?: string;
  readonly images?: readonly string[] | null;
  readonly tool_calls?: readonly ChatToolCall[] | null;
}

/** A whole call: Ollama sends none in pieces. */
export interface ChatToolCall {
  /** Older servers send none. */
  readonly id?: string;
  readonly function?: { readonly name?: string; readonly arguments?: JsonValue };
}
