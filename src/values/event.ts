// Stream events: what a model says, as it says it. A closed union on `type`; an event of a type that is not listed
// here (a newer provider's) passes through every operator untouched.
import type { JsonValue } from './json.ts';
import type { Message } from './message.ts';
import type { Attachment, ProviderMetadata, ToolCallPart, ToolResultPart } from './part.ts';
import type { ResponseJSON } from './responseJson.ts';
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
  /** A space between the texts of two turns, for whoever shows them: it belongs to no part and to no message. */
  readonly separator?: true;
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

/** A chain asks its model, for the first time or again. */
export interface TurnStartEvent {
  readonly type: 'turn_start';
  /** From 1. */
  readonly turn: number;
  /** What joined the history before this turn, besides answers and results: messages of the user. */
  readonly messages: readonly Message[];
  /** Where the first of them belongs among the messages of the chain. */
  readonly message_index: number;
}

/** The model's answer in a chain is complete; the results of its calls come after this. */
export interface TurnEndEvent {
  readonly type: 'turn_end';
  readonly turn: number;
  readonly reason: FinishReason;
  readonly raw_reason?: string;
  /** The turn by itself, as it would be without a chain. */
  readonly response: ResponseJSON;
}

/** A tool of the client has given its result. */
export interface ToolOutputEvent {
  readonly type: 'tool_output';
  readonly result: ToolResultPart;
  readonly part_index: number;
  readonly message_index: number;
}

/** A tool of the client tells how far it has come. */
export interface ToolProgressEvent {
  readonly type: 'tool_progress';
  readonly tool_name: string;
  readonly tool_call_id?: string;
  readonly value: JsonValue;
}

/** A call waits for somebody to decide whether it may run. */
export interface ToolApprovalEvent {
  readonly type: 'tool_approval';
  readonly call: ToolCallPart;
}

/** An event of a response that a tool has asked for. */
export interface NestedEvent {
  readonly type: 'nested';
  /** The ids of the calls that led there, the outermost first. */
  readonly path: readonly string[];
  readonly event: StreamEvent;
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
  | RawEvent
  | TurnStartEvent
  | TurnEndEvent
  | ToolOutputEvent
  | ToolProgressEvent
  | ToolApprovalEvent
  | NestedEvent;

/** The events of a type: `EventOf<'text'>`. */
export type EventOf<K extends StreamEvent['type']> = Extract<StreamEvent, { readonly type: K }>;
