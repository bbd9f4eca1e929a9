// Encodes messages for Ollama.
import type { ModelRequest } from '../../response/model.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Message } from '../../values/message.ts';
import type { Attachment, Part } from '../../values/part.ts';
import { inlineFile } from '../shared/files.ts';
import { argumentsObject, isClients, isSyntheticId, ofType, textOf } from '../shared/parts.ts';
import { filesOf, toImage } from './files.ts';

/**
 * The history as the protocol has it: text joined, files in `images`, one `tool` message a result, files of results in a
 * user message after them, nothing that is empty, no system text twice in a row. Reasoning goes along, whoever thought
 * it: the model's template shows as much of it as the model wants, which is nothing of earlier turns. Calls that a
 * provider ran itself, and their results, are left out.
 *
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeMessages({ messages, system }: Pick<ModelRequest, 'messages' | 'system'>): readonly JsonObject[] {
  const encoded: JsonObject[] = [];
  const synthetic = syntheticIds(messages);
  let lastSystem: string | undefined;
  let files: Attachment[] = [];

  /** An id that the server gave, or another provider; none that was made because there was none. */
  const idOf = (id: string | undefined) => (id === undefined || synthetic.has(id) ? undefined : id);

  function addSystem(text: string): void {
    if (text === '' || text === lastSystem) return;
    lastSystem = text;
    encoded.push({ role: 'system', content: text });
  }

  function addFiles(): void {
    if (files.length > 0) encoded.push({ role: 'user', content: '', images: files.map(toImage) });
    files = [];
  }

  function addAssistant(parts: readonly Part[]): void {
    const content = textOf(parts);
    const calls = ofType(parts, 'tool_call').filter(isClients);
    const images = filesOf(parts).flatMap(madeImage);
    if (content === '' && calls.length === 0 && images.length === 0) return;
    const thinking = ofType(parts, 'reasoning')
      .filter(({ text, redacted }) => text !== '' && redacted !== true)
      .map(({ text }) => text)
      .join('\n\n');
    encoded.push({
      role: 'assistant',
      content,
      ...(thinking !== '' && { thinking }),
      ...(images.length > 0 && { images }),
      ...(calls.length > 0 && {
        tool_calls: calls.map(({ name, arguments: args, tool_call_id }) => {
          const id = idOf(tool_call_id);
          return { ...(id !== undefined && { id }), function: { name, arguments: argumentsObject(args) } };
        }),
      }),
    });
  }

  if (system !== undefined) addSystem(system);
  for (const { role, parts } of messages) {
    const results = ofType(parts, 'tool_result').filter(isClients);
    // Files of results wait until all results that belong together have been sent.
    if (results.length === 0) addFiles();
    if (role === 'user') encoded.push(...encodeUser(parts));
    else if (role === 'assistant') addAssistant(parts);
    // The protocol has no other roles, and a template passes over those that it does not know.
    else if (role !== 'tool') addSystem(textOf(parts));
    for (const { output, exception = '', name, tool_call_id, attachments = [] } of results) {
      const id = idOf(tool_call_id);
      encoded.push({
        role: 'tool',
        content: output || exception,
        tool_name: name,
        ...(id !== undefined && { tool_call_id: id }),
      });
      files.push(...attachments);
    }
  }
  addFiles();
  return encoded;
}

function encodeUser(parts: readonly Part[]): JsonObject[] {
  const content = textOf(parts);
  const images = filesOf(parts).map(toImage);
  if (content === '' && images.length === 0) return [];
  return [{ role: 'user', content, ...(images.length > 0 && { images }) }];
}

/** An image that a model made goes back; other files that it made have no place among its own words. */
function madeImage(attachment: Attachment): string[] {
  const file = inlineFile(attachment);
  return file?.type?.startsWith('image/') ? [file.data] : [];
}

function syntheticIds(messages: readonly Message[]): ReadonlySet<string | undefined> {
  const calls = messages.flatMap(({ parts }) => ofType(parts, 'tool_call'));
  return new Set(calls.filter(isSyntheticId).map((call) => call.tool_call_id));
}
