// The JSON of a whole turn: llm's ResponseDict, with two optional keys of ours that llm ignores.
import type { JsonObject } from './json.ts';
import type { Message } from './message.ts';
import type { Usage } from './usage.ts';

/** How a run ended. */
export type EndStatus = 'done' | 'aborted' | 'failed' | 'truncated';

/** A tool call whose arguments had not ended. It is never among the messages, so that nobody runs it. */
export interface IncompleteToolCall {
  readonly name: string;
  /** The JSON text of the arguments as far as it came. */
  readonly arguments_raw: string;
  readonly tool_call_id?: string;
  readonly server_executed?: true;
}

export interface PromptJSON {
  /** Exactly what the model was sent, the whole history. */
  readonly messages: readonly Message[];
  /** Model options, wire names. */
  readonly options?: JsonObject;
  /** The `system` argument as it was given. */
  readonly system?: string;
}

export interface ResponseJSON {
  readonly model: string;
  readonly prompt: PromptJSON;
  readonly messages: readonly Message[];
  readonly id?: string;
  readonly usage?: Usage;
  /** When the run began: ISO 8601 with offset `+00:00`, microseconds where not zero. */
  readonly datetime_utc?: string;
  /** How the run ended, when not well. */
  readonly status?: Exclude<EndStatus, 'done'>;
  readonly incomplete?: readonly IncompleteToolCall[];
}
