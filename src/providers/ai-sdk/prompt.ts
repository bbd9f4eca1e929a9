// Encodes messages as a prompt of the AI SDK.
import type { ModelRequest } from '../../response/model.ts';
import type { Message } from '../../values/message.ts';
import type { Attachment, Part, ToolResultPart } from '../../values/part.ts';
import { pairResults } from '../shared/pairResults.ts';
import { isClients, ofType, textOf } from '../shared/parts.ts';
import { assistantContent } from './assistant.ts';
import { toFilePart } from './files.ts';
import { OwnIds } from './ids.ts';
import { notesOf, providerOptionsOf } from './notes.ts';
import type { PromptMessage, ToolContent, UserContent } from './types.ts';

/**
 * The history as the AI SDK has it: system texts first, each once, because most of its providers refuse them elsewhere;
 * results of tools in messages of their own, their files in a user message after them, because only some providers take
 * them with the result; nothing that is empty. What another provider's model thought, made or ran itself is left out.
 *
 * @param vendor Whose model is asked.
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function toPrompt({ messages: history, system }: Pick<ModelRequest, 'messages' | 'system'>, vendor: string) {
  // Most providers refuse calls and results without each other.
  const messages = pairResults(history, (call) => notesOf(call).by === vendor);
  const prompt = systemMessages(messages, system, vendor);
  const ids = new OwnIds(messages, vendor);
  let files: Attachment[] = [];

  function addFiles(): void {
    if (files.length > 0) prompt.push({ role: 'user', content: files.map(toFilePart) });
    files = [];
  }

  for (const message of messages) {
    const { role, parts } = message;
    const results = ofType(parts, 'tool_result').filter(isClients);
    if (results.length === 0) addFiles();
    const options = providerOptionsOf(message, vendor);
    if (role === 'user') {
      const content = userContent(parts, vendor);
      if (content.length > 0) prompt.push({ role: 'user', content, ...options });
    } else if (role === 'assistant') {
      const content = assistantContent(parts, vendor, ids);
      const last = prompt.at(-1);
      // Results follow their calls directly, so an answer of several messages is one.
      if (last?.role === 'assistant') {
        prompt[prompt.length - 1] = { ...last, ...options, content: [...last.content, ...content] };
      } else if (content.length > 0) prompt.push({ role: 'assistant', content, ...options });
    }
    if (results.length === 0) continue;
    prompt.push({ role: 'tool', content: results.map((part) => clientResult(part, vendor, ids)), ...options });
    files.push(...results.flatMap(({ attachments = [] }) => attachments));
  }
  addFiles();
  return prompt;
}

function systemMessages(messages: readonly Message[], system: string | undefined, vendor: string): PromptMessage[] {
  const conversing = new Set<string>(['user', 'assistant', 'tool']);
  const given = messages.filter(({ role }) => !conversing.has(role));
  const texts = new Map<string, PromptMessage>();
  if (system !== undefined) texts.set(system, { role: 'system', content: system });
  for (const message of given) {
    const content = textOf(message.parts);
    if (content.trim() !== '') texts.set(content, { role: 'system', content, ...providerOptionsOf(message, vendor) });
  }
  return [...texts.values()];
}

function userContent(parts: readonly Part[], vendor: string): UserContent {
  return parts.flatMap((part): UserContent => {
    const options = providerOptionsOf(part, vendor);
    if (part.type === 'text') return part.text.trim() === '' ? [] : [{ type: 'text', text: part.text, ...options }];
    return part.type === 'attachment' && part.attachment ? [{ ...toFilePart(part.attachment), ...options }] : [];
  });
}

function clientResult(part: ToolResultPart, vendor: string, ids: OwnIds): ToolContent[number] {
  const { name, output, exception, tool_call_id: id } = part;
  const { approval } = notesOf(part);
  const options = providerOptionsOf(part, vendor);
  if (approval?.approved !== undefined) {
    const { id: approvalId, approved, reason } = approval;
    return { type: 'tool-approval-response', approvalId, approved, ...(reason && { reason }), ...options };
  }
  return {
    type: 'tool-result',
    toolCallId: ids.ofResult(id, name),
    toolName: name,
    output:
      exception === undefined ? { type: 'text', value: output } : { type: 'error-text', value: output || exception },
    ...options,
  };
}
