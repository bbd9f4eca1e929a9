// A turn as the log keeps it: what it says by hash, and of its history only what is new.
import type { JsonSchema } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import type { ContentHash } from './contentHash.ts';

/** One turn of the log. Plain JSON. */
export interface TurnRecord {
  readonly id: string;
  /** The thread that it belongs to. */
  readonly thread: string;
  /** What the thread is called: by its first prompt. */
  readonly name: string;
  /** When it began, in milliseconds since 1970. */
  readonly time: number;
  /** The turn whose whole history this one's prompt begins with. */
  readonly parent?: string;
  /** The messages of the prompt; where there is a parent, those after its history. */
  readonly prompt: readonly ContentHash[];
  /** The answer. */
  readonly messages: readonly ContentHash[];
  /** Hash of the history that ends with this answer; absent where there is no message. */
  readonly history?: ContentHash;
  /** The JSON of the response, without the messages of prompt and answer. */
  readonly response: ResponseJSON;
  /** Names of the tools that were called. */
  readonly calls?: readonly string[];
  /** What the response does not say of itself. */
  readonly details?: TurnDetails;
}

/** What is known of a turn besides its JSON. */
export interface TurnDetails {
  /** The model that the provider says it used. */
  readonly resolved_model?: string;
  /** The name that the model was asked for by, where that is not its id: `groq/llama-3.1-8b-instant`. */
  readonly model_name?: string;
  readonly duration_ms?: number;
  /** Names of the tools that there were. */
  readonly tools?: readonly string[];
  readonly schema?: JsonSchema;
}

/** A turn with its messages. */
export interface LoggedTurn extends Omit<TurnRecord, 'prompt' | 'messages'> {
  /** What was said since the turn before it in the same history. */
  readonly prompt: readonly Message[];
  readonly messages: readonly Message[];
  /** Messages that are lost. */
  readonly missing?: readonly ContentHash[];
}
