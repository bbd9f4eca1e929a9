// Encodes what the model said and did: items go back as they came.
import type { JsonObject } from '../../values/json.ts';
import type { Part, ReasoningPart, ToolCallPart } from '../../values/part.ts';
import type { CallIds } from '../shared/callIds.ts';
import { argumentsText, inPlace, isClients, isJsonObject, metadataOf } from '../shared/parts.ts';

/**
 * @param key Under which key of `provider_metadata` the server's own data is.
 * @param withPlainReasoning Whether also what the model thought as plain text goes back.
 */
export function encodeAssistant(
  parts: readonly Part[],
  key: string,
  ids: CallIds,
  withPlainReasoning: boolean,
): readonly JsonObject[] {
  const items: JsonObject[] = [];
  let message: { readonly phase: unknown; readonly content: JsonObject[] } | undefined;

  function say(part: JsonObject, phase: unknown): void {
    if (message === undefined || message.phase !== phase) {
      message = { phase, content: [] };
      items.push({ role: 'assistant', content: message.content, ...(typeof phase === 'string' && { phase }) });
    }
    message.content.push(part);
  }

  for (const part of inPlace(parts, (each) => placeOf(each, key))) {
    const own = metadataOf(part, key);
    if (part.type === 'text') {
      if (part.text === '') continue;
      say(own.refusal === true ? { type: 'refusal', refusal: part.text } : outputText(part.text), own.phase);
      continue;
    }
    const item = isJsonObject(own.item) ? own.item : undefined;
    const encoded = encodePart(part, own, item, ids, withPlainReasoning);
    if (encoded === undefined) continue;
    items.push(encoded);
    message = undefined;
  }
  return items.map(asPlainText);
}

/** What is not the server's own is left out, but for calls of the client's tools. */
function encodePart(
  part: Exclude<Part, { readonly type: 'text' }>,
  own: JsonObject,
  item: JsonObject | undefined,
  ids: CallIds,
  withPlainReasoning: boolean,
): JsonObject | undefined {
  switch (part.type) {
    case 'reasoning':
      return item ?? encodeReasoning(part, own, withPlainReasoning);
    case 'tool_call':
      return isClients(part) ? encodeCall(part, own, item, ids) : item;
    case 'tool_result':
      return item;
    case 'attachment':
      // An image that the model made.
      return item && part.attachment?.content ? { ...item, result: part.attachment.content } : undefined;
  }
}

/**
 * Without encrypted content the server would look for the item among those that it stores, and refuse the request when
 * it does not find it; but for one that says all by itself.
 */
function encodeReasoning(
  { text }: ReasoningPart,
  { position: _, raw, summary = [], ...own }: JsonObject,
  withPlainReasoning: boolean,
): JsonObject | undefined {
  if (typeof own.encrypted_content === 'string') return { type: 'reasoning', ...own, summary };
  if (raw !== true || !withPlainReasoning || text === '') return undefined;
  return { type: 'reasoning', ...own, summary, content: [{ type: 'reasoning_text', text }] };
}

function encodeCall(
  call: ToolCallPart,
  { namespace, caller }: JsonObject,
  item: JsonObject | undefined,
  ids: CallIds,
): JsonObject {
  const id = ids.ofCall(call);
  if (item) return { ...item, call_id: id };
  return {
    type: 'function_call',
    call_id: id,
    // `Invalid 'input[0].name': string does not match pattern`: others allow more, and models make names up.
    name: call.name.replace(/[^a-zA-Z0-9_-]/g, '_'),
    arguments: argumentsText(call.arguments),
    ...(namespace && { namespace }),
    ...(caller && { caller }),
  };
}

/** Where reasoning stood, if it has been moved. */
function placeOf(part: Part, key: string): number | undefined {
  const { position } = metadataOf(part, key);
  return part.type === 'reasoning' && typeof position === 'number' ? position : undefined;
}

function outputText(text: string): JsonObject {
  return { type: 'output_text', text };
}

/** A message of one text as that text: some servers want an id with every other message of the model (vLLM). */
function asPlainText(item: JsonObject): JsonObject {
  const { role, content } = item;
  if (role !== 'assistant' || !Array.isArray(content) || content.length !== 1) return item;
  const [only] = content as readonly JsonObject[];
  return only?.type === 'output_text' ? { ...item, content: only.text! } : item;
}
