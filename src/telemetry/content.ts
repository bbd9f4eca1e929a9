// What was said, as the JSON of OpenTelemetry's conventions for generative AI, version 0.1.0
// (github.com/open-telemetry/semantic-conventions-genai, model/gen-ai/*.json). As text, because attributes of JavaScript
// spans have no structure. Neither an attachment's bytes nor `provider_metadata`, which is not for people, are in it.
import type { Attributes } from '@opentelemetry/api';
import type { ModelRequest } from '../response/model.ts';
import type { JsonValue } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import type { Attachment, Part, ToolCallPart, ToolResultPart } from '../values/part.ts';

/** What the model is asked. */
export function inputContent({ messages, system, tools }: ModelRequest): Attributes {
  const definitions = tools.map(({ name, description, input_schema: parameters }) => ({
    type: 'function',
    name,
    ...(description && { description }),
    ...(parameters && { parameters }),
  }));
  return {
    'gen_ai.input.messages': JSON.stringify(
      messages.map(({ role, parts }) => ({ role, parts: parts.flatMap(toParts) })),
    ),
    ...(system && { 'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: system }]) }),
    ...(definitions.length > 0 && { 'gen_ai.tool.definitions': JSON.stringify(definitions) }),
  };
}

/** What it answered: in the conventions one message, whatever it is made of. */
export function outputContent(messages: readonly Message[]): Attributes {
  const parts = messages.flatMap((message) => message.parts.flatMap(toParts));
  return parts.length === 0 ? {} : { 'gen_ai.output.messages': JSON.stringify([{ role: 'assistant', parts }]) };
}

function toParts(part: Part): JsonValue[] {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return [{ type: part.type, content: part.text }];
    case 'tool_call':
      return [toCall(part)];
    case 'tool_result':
      return [toResult(part), ...(part.attachments ?? []).map(toFile)];
    case 'attachment':
      return [toFile(part.attachment ?? {})];
    default:
      // A newer kind, of which it is not known what is in it.
      return [{ type: (part as { readonly type: string }).type }];
  }
}

function toCall({ name, arguments: given, tool_call_id: id, server_executed: isServers }: ToolCallPart): JsonValue {
  return isServers
    ? { type: 'server_tool_call', ...(id && { id }), name, server_tool_call: { type: name, arguments: given } }
    : { type: 'tool_call', ...(id && { id }), name, arguments: given };
}

function toResult({ name, output, tool_call_id: id, server_executed: isServers }: ToolResultPart): JsonValue {
  return isServers
    ? { type: 'server_tool_call_response', ...(id && { id }), server_tool_call_response: { type: name, output } }
    : { type: 'tool_call_response', ...(id && { id }), response: output };
}

/** A link, or that there was a file: the conventions' own part for inline data demands the bytes. */
function toFile({ type, url }: Attachment): JsonValue {
  const facts = { modality: modalityOf(type), ...(type && { mime_type: type }) };
  // The bytes may also be in the URL.
  return url !== undefined && !/^data:/i.test(url.trim())
    ? { type: 'uri', ...facts, uri: url }
    : { type: 'attachment', ...facts };
}

function modalityOf(type = ''): string {
  const kind = /^(image|audio|video)\//i.exec(type)?.[1]?.toLowerCase();
  return kind ?? (type === '' ? 'unknown' : 'document');
}
