// Messages. Plain data: two with the same content are equal, none has an id.
import type { Part, ProviderMetadata } from './part.ts';

/** Roles that providers know; any other string is carried as it is. */
export type Role = 'system' | 'user' | 'assistant' | 'tool' | (string & {});

export interface Message {
  readonly role: Role;
  readonly parts: readonly Part[];
  readonly provider_metadata?: ProviderMetadata;
}

/** Tells a message from other input. */
export function isMessage(item: unknown): item is Message {
  return typeof item === 'object' && item !== null && 'role' in item && 'parts' in item && Array.isArray(item.parts);
}
