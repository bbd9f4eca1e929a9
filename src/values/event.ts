// Stream events: what a model says, as it says it. A closed union on `type`; an event of a type that is not listed
// here (a newer provider's) passes through every operator untouched.
import type { JsonValue } from './json.ts';
import type { Attachment, ProviderMetadata } from './part.ts';
import type { Usage } from './usage.ts';

/** Fields that every event which becomes a part may carry. */
interface PartEvent {
  /** The increment: append it to what came before for the same part. */
  readonly chunk: string;
  /** Which part of the response this belongs to. A model may leave it out; every event of a response has it. */
  readonly part_index?: number;
  /** Which message of the response this belongs to, from 0. A model may leave it out; every event of a response has it. */
  readonly message_index?: number;
  readonly tool_call_id?: string;
  readonly tool_name?: string;
  readonly server_executed?: boolean;
  readonly redacted?: boolean;
  readonly provider_metadata?: ProviderMetadata;
}

export interface TextEvent extends PartEvent {
  readonly type: 'text';
}

export interface ReasoningEvent extends PartEvent {
  readonly type: 'reasoning';
}

/** A tool call begins (or its name goes on): `chunk` is the name. */
export interface ToolCallNameEvent extends PartEvent {
  readonly type: 'tool_call_name';
}

/** A fragment of the JSON text of a call's arguments. */
export interface ToolCallArgsEvent extends PartEvent {
  readonly type: 'tool_call_args';
}

/** What a tool that the provider ran gave back; `tool_name` says which. */
export interface ToolResultEvent extends PartEvent {
  readonly type: 'tool_result';
}

/** A file that the model made; always a part of its own. */
export interface AttachmentEvent {
  readonly type: 'attachment';
  readonly attachment: Attachment;
  readonly part_index?: number;
  readonly message_index?: number;
  readonly provider_metadata?: ProviderMetadata;
}

/** The first event of a run. */
export interface StartEvent {
  readonly type: 'start';
  /** The response's id: a lower-case ULID. */
  readonly id: string;
  /** The model that was asked. */
  readonly model: string;
  /** The model that the provider says it used, where it says so. */
  readonly resolved_model?: string;
  /** When the run began, ISO 8601 with offset `+00:00`. */
  readonly datetime_utc: string;
}

/** The protocol says that this part is complete. */
export interface PartEndEvent {
  readonly type: 'part_end';
  readonly part_index: number;
}

/** The whole usage known so far; a later one replaces an earlier one. */
export interface UsageEvent {
  readonly type: 'usage';
  readonly usage: Usage;
}

/** Why the model stopped; `pause` asks to be sent the same again, `unknown` when the provider did not say. */
export type FinishReason =
  'stop' | 'length' | 'tool_calls' | 'content_filter' | 'pause' | 'error' | 'other' | 'unknown';

/** The last event of a run. */
export interface FinishEvent {
  readonly type: 'finish';
  readonly reason: FinishReason;
  /** The provider's own word. */
  readonly raw_reason?: string;
}

/** What came so far does not count: the run begins anew. */
export interface ResetEvent {
  readonly type: 'reset';
}

/** A message of the provider as it came, before the events that were made of it; only where `raw` was asked for. */
export interface RawEvent {
  readonly type: 'raw';
  readonly payload: JsonValue;
}

export type StreamEvent =
  | TextEvent
  | ReasoningEvent
  | ToolCallNameEvent
  | ToolCallArgsEvent
  | ToolResultEvent
  | AttachmentEvent
  | StartEvent
  | PartEndEvent
  | UsageEvent
  | FinishEvent
  | ResetEvent
  | RawEvent;

/** The events of a type: `EventOf<'text'>`. */
export type EventOf<K extends StreamEvent['type']> = Extract<StreamEvent, { readonly type: K }>;
