// The builders of messages.
import { describe } from './describe.ts';
import { LlmError } from './error.ts';
import type { Message, Role } from './message.ts';
import type { Part } from './part.ts';

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
