// Encodes messages as the input items of Responses.
import type { ModelRequest } from '../../response/model.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Message } from '../../values/message.ts';
import type { Part } from '../../values/part.ts';
import { pairResults } from '../shared/pairResults.ts';
import { CallIds } from '../shared/callIds.ts';
import { isClients, isJsonObject, metadataOf, ofType, textOf } from '../shared/parts.ts';
import { encodeAssistant } from './assistant.ts';
import { toContentPart } from './files.ts';
import { encodeResult } from './outputs.ts';

export interface Input {
  /** The system text that the request begins with. */
  readonly instructions: string | undefined;
  readonly items: readonly JsonObject[];
}

export interface InputOptions {
  /** Under which key of `provider_metadata` the server's own data is. */
  readonly key: string;
  /** How closely images are looked at. */
  readonly detail?: string | undefined;
  /** Whether the server takes reasoning that is not encrypted. */
  readonly takesPlainReasoning: boolean;
}

/**
 * The history as the protocol has it: one item a message, call, result and piece of reasoning, in the order in which
 * they came; nothing that is empty, no system text twice in a row. A system text at the beginning becomes the
 * instructions.
 *
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeInput(
  { messages: history, system }: Pick<ModelRequest, 'messages' | 'system'>,
  { key, detail, takesPlainReasoning }: InputOptions,
): Input {
  const items: JsonObject[] = [];
  // `No tool output found for function call …`, and the like for an output without its call.
  const messages = pairResults(history, (call) => isJsonObject(metadataOf(call, key).item));
  // `Invalid 'input[0].call_id': string too long. Expected a string with maximum length 64`; any character will do.
  const ids = new CallIds(messages, /^.{1,64}$/s);
  const itemsOfCalls = findItemsOfCalls(messages, key);
  // A model that thinks between its calls needs what it thought until it has answered
  // (gpt-oss: https://cookbook.openai.com/articles/gpt-oss/handle-raw-cot).
  const lastQuestion = messages.findLastIndex(({ role }) => role === 'user');
  let instructions = system;
  let lastSystem = system;

  function addSystem(role: string, text: string): void {
    if (text === '' || text === lastSystem) return;
    lastSystem = text;
    if (role === 'system' && instructions === undefined && items.length === 0) instructions = text;
    else items.push({ role, content: text });
  }

  messages.forEach(({ role, parts }, at) => {
    switch (role) {
      case 'user':
        items.push(...encodeUser(parts, detail));
        break;
      case 'assistant':
        items.push(...encodeAssistant(parts, key, ids, takesPlainReasoning && at > lastQuestion));
        break;
      case 'tool':
        break;
      default:
        addSystem(role, textOf(parts));
    }
    for (const result of ofType(parts, 'tool_result').filter(isClients)) {
      const { tool_call_id: id, name } = result;
      items.push(encodeResult(result, ids.ofResult(id, name), itemsOfCalls.get(id ?? '')));
    }
  });
  return { instructions, items: items.filter((item, at) => item.type !== 'reasoning' || isFollowed(items, at)) };
}

/**
 * Whether something of the model follows on reasoning. Without that the server refuses the request ("was provided without
 * its required following item"): an answer that was cut short may end so.
 */
function isFollowed(items: readonly JsonObject[], at: number): boolean {
  const next = items.slice(at).find(({ type }) => type !== 'reasoning');
  return next !== undefined && (next.role === 'assistant' || (next.type !== undefined && !isAnswer(next)));
}

/** What a client says to a call. */
function isAnswer({ type }: JsonObject): boolean {
  return typeof type === 'string' && /_(output|response)$/.test(type);
}

function encodeUser(parts: readonly Part[], detail: string | undefined): JsonObject[] {
  const files = ofType(parts, 'attachment').flatMap(({ attachment }) => attachment ?? []);
  if (files.length === 0) {
    const text = textOf(parts);
    return text === '' ? [] : [{ role: 'user', content: text }];
  }
  const content = parts.flatMap((part): JsonObject[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'input_text', text: part.text }];
    return part.type === 'attachment' && part.attachment ? [toContentPart(part.attachment, detail)] : [];
  });
  return [{ role: 'user', content }];
}

/** Calls that were none of a function, by their ids: their results have types of their own. */
function findItemsOfCalls(messages: readonly Message[], key: string): ReadonlyMap<string, JsonObject> {
  return new Map(
    messages.flatMap(({ parts }) =>
      ofType(parts, 'tool_call').flatMap((call): [string, JsonObject][] => {
        const { item } = metadataOf(call, key);
        return isJsonObject(item) ? [[call.tool_call_id ?? '', item]] : [];
      }),
    ),
  );
}
