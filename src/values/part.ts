// Parts: the pieces a message is made of, in llm's own JSON shape. Plain data; no behaviour.
import type { JsonObject, JsonValue } from './json.ts';

/**
 * Data of a provider that rides along on a part and goes back to that provider untouched on the next turn
 * (a signature, encrypted reasoning, citations). One key a provider; its content is the provider's own.
 */
export type ProviderMetadata = JsonObject;

/** Text that the user or the model said. A refusal is a text part of its own, marked in `provider_metadata`. */
export interface TextPart {
  readonly type: 'text';
  readonly text: string;
  readonly provider_metadata?: ProviderMetadata;
}

/** What the model thought. `redacted` when the provider keeps the text to itself. */
export interface ReasoningPart {
  readonly type: 'reasoning';
  readonly text: string;
  readonly redacted?: true;
  readonly provider_metadata?: ProviderMetadata;
}

/** A tool that the model wants called. `server_executed` when the provider ran it itself. */
export interface ToolCallPart {
  readonly type: 'tool_call';
  readonly name: string;
  /** The parsed arguments: an object, unless the model sent other JSON; `{_raw: text}` when it sent no JSON. */
  readonly arguments: JsonValue;
  readonly tool_call_id?: string;
  readonly server_executed?: true;
  readonly provider_metadata?: ProviderMetadata;
}

/** What a tool gave back. `exception` is the name and message of the error of a tool that failed. */
export interface ToolResultPart {
  readonly type: 'tool_result';
  readonly name: string;
  readonly output: string;
  readonly tool_call_id?: string;
  readonly server_executed?: true;
  readonly exception?: string;
  readonly attachments?: readonly Attachment[];
  readonly provider_metadata?: ProviderMetadata;
}

/** A file, image or sound: by `url`, by `path` (read only where a file system is), or by `content`. */
export interface Attachment {
  /** Media type, such as `image/png`. */
  readonly type?: string;
  readonly url?: string;
  readonly path?: string;
  /** The bytes, in standard base64 with padding. */
  readonly content?: string;
}

/** An attachment in its place among the parts of a message. */
export interface AttachmentPart {
  readonly type: 'attachment';
  readonly attachment?: Attachment;
  readonly provider_metadata?: ProviderMetadata;
}

export type Part = TextPart | ReasoningPart | ToolCallPart | ToolResultPart | AttachmentPart;
export type PartOf<K extends Part['type']> = Extract<Part, { readonly type: K }>;
