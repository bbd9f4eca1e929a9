// Messages and their builders. A message is plain data: two with the same content are equal, none has an id.
import { LlmError } from './error.ts';
import type { Part, ProviderMetadata } from './part.ts';

/** Roles that providers know; any other string is carried as it is. */
export type Role = 'system' | 'user' | 'assistant' | 'tool' | (string & {});

export interface Message {
  readonly role: Role;
  readonly parts: readonly Part[];
  readonly provider_metadata?: ProviderMetadata;
}

/** What a builder takes: a string (a text part), a part, or a list of these, nested as deep as you like. */
export type MessageContent = string | Part | readonly MessageContent[];

/** A message of the user: `user('Describe this', attachment({ url }))`. */
export const user = builder('user');

/** A message of the model, to write a history by hand. */
export const assistant = builder('assistant');

/** Instructions for the model. */
export const system = builder('system');

/** Results of tools: `toolMessage({ type: 'tool_result', name, output, tool_call_id })`. */
export const toolMessage = builder('tool');

function builder(role: Role) {
  return (...content: readonly MessageContent[]): Message => ({ role, parts: toParts(content) });
}

function toParts(content: readonly MessageContent[]): Part[] {
  return content.flatMap((item: MessageContent): Part[] => {
    if (typeof item === 'string') return [{ type: 'text', text: item }];
    if (isList(item)) return toParts(item);
    if (isPart(item)) return [item];
    throw new LlmError(
      'invalid_input',
      `a message is made of strings, parts and lists of these, not ${describe(item)}`,
    );
  });
}

const partTypes: ReadonlySet<string> = new Set<Part['type']>([
  'text',
  'reasoning',
  'tool_call',
  'tool_result',
  'attachment',
]);

function isPart(item: unknown): item is Part {
  return typeof item === 'object' && item !== null && 'type' in item && partTypes.has(String(item.type));
}

function isList(item: unknown): item is readonly MessageContent[] {
  return Array.isArray(item);
}

/** Tells a message from other input. */
export function isMessage(item: unknown): item is Message {
  return typeof item === 'object' && item !== null && 'role' in item && 'parts' in item && Array.isArray(item.parts);
}

/** A value as an error message shows it: its JSON, cut short. */
export function describe(value: unknown): string {
  const text = value === undefined ? 'undefined' : (JSON.stringify(value) ?? typeof value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
