// What is kept on a part under `provider_metadata.ai_sdk`: what the AI SDK's provider gave to be returned, and what has to
// be known to return the part as it was.
import type { JsonValue } from '../../values/json.ts';
import type { Part, ProviderMetadata } from '../../values/part.ts';
import { isRecord } from '../shared/options.ts';
import { metadataOf } from '../shared/parts.ts';
import type { ProviderOptions, ResultOutput } from './types.ts';

const metadataKey = 'ai_sdk';

export interface Approval {
  readonly id: string;
  readonly metadata?: ProviderOptions;
  readonly approved?: boolean;
  readonly reason?: string;
}

export interface Notes {
  /** Which provider's model made the part. Nobody knows what another one would make of it. */
  readonly by?: string;
  /** `providerMetadata` as it came, by the names of the AI SDK's providers; it goes back as `providerOptions`. */
  readonly metadata?: ProviderOptions;
  /** How many visible parts stand before this one, which is redacted: such parts come first in a message. */
  readonly position?: number;
  /** The kind of `custom` content that this is. */
  readonly kind?: string;
  /** The file was made while the model was thinking. */
  readonly reasoning?: true;
  /** What the AI SDK calls the output of a tool that the provider ran. */
  readonly output?: ResultOutput['type'];
  /** On a call that waits for it: the id of the approval. On a result: the answer, sent instead of the output. */
  readonly approval?: Approval;
  readonly sources?: readonly unknown[];
  readonly citations?: unknown;
}

export function toMetadata(notes: Notes): ProviderMetadata {
  return { [metadataKey]: toJson(notes) ?? {} };
}

export function notesOf(part: Pick<Part, 'provider_metadata'>): Notes {
  return metadataOf(part, metadataKey);
}

/** The notes of something that the AI SDK's provider gave with that. */
export function given(providerMetadata: ProviderOptions | undefined): Notes {
  return providerMetadata ? { metadata: providerMetadata } : {};
}

/** Whose model it is: `openai.chat` and `openai.responses` are of one provider. */
export function vendorOf(provider: string): string {
  return provider.split('.')[0] ?? '';
}

/** What goes back to the provider that gave it, or that the user wrote there for any. */
export function providerOptionsOf(part: Pick<Part, 'provider_metadata'>, vendor: string) {
  const { by = vendor, metadata } = notesOf(part);
  return by === vendor && isRecord(metadata) ? { providerOptions: metadata } : {};
}

/** A copy that is JSON: providers leave undefined in their objects. */
export function toJson(value: unknown): JsonValue | undefined {
  const text = JSON.stringify(value);
  return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
}
