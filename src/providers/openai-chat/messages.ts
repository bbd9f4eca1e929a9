// Encodes messages for Chat Completions.
import type { JsonObject, JsonValue } from '../../values/json.ts';
import type { Message } from '../../values/message.ts';
import type { Attachment, Part, PartOf, ReasoningPart, TextPart } from '../../values/part.ts';
import { toContentPart } from './attachments.ts';
import { CallIds } from './ids.ts';

/**
 * The history as the protocol has it: parts of a message joined, one `tool` message a result, files of results in a user
 * message after them, nothing that is empty, no system text twice in a row. Calls that the provider ran itself, and
 * their results, are left out: it knows them.
 *
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeMessages(messages: readonly Message[], system: string | undefined): readonly JsonObject[] {
  const encoded: JsonObject[] = [];
  const ids = new CallIds(messages);
  const inToolTurn = messagesOfToolTurns(messages);
  let lastSystem: string | undefined;
  let files: Attachment[] = [];

  function addSystem(role: string, text: string): void {
    if (text === '' || text === lastSystem) return;
    lastSystem = text;
    encoded.push({ role, content: text });
  }

  function addFiles(): void {
    if (files.length > 0) encoded.push({ role: 'user', content: files.map(toContentPart) });
    files = [];
  }

  if (system !== undefined) addSystem('system', system);
  for (const message of messages) {
    const { role, parts } = message;
    const results = ofType(parts, 'tool_result').filter(isClients);
    // Files of results wait until all results that belong together have been sent: nothing may stand between them.
    if (results.length === 0) addFiles();
    switch (role) {
      case 'user':
        encoded.push(...encodeUser(parts));
        break;
      case 'assistant':
        encoded.push(...encodeAssistant(parts, ids, inToolTurn.has(message)));
        break;
      case 'tool':
        break;
      default:
        addSystem(role, textOf(parts));
    }
    for (const { output, exception = '', name, tool_call_id: id, attachments = [] } of results) {
      encoded.push({ role: 'tool', tool_call_id: ids.ofResult(id, name), content: output || exception });
      files.push(...attachments);
    }
  }
  addFiles();
  return encoded;
}

function encodeUser(parts: readonly Part[]): JsonObject[] {
  const files = ofType(parts, 'attachment').flatMap(({ attachment }) => attachment ?? []);
  if (files.length === 0) {
    const text = textOf(parts);
    return text === '' ? [] : [{ role: 'user', content: text }];
  }
  const content = parts.flatMap((part): JsonObject[] => {
    if (part.type === 'text') return part.text === '' ? [] : [{ type: 'text', text: part.text }];
    return part.type === 'attachment' && part.attachment ? [toContentPart(part.attachment)] : [];
  });
  return [{ role: 'user', content }];
}

function encodeAssistant(parts: readonly Part[], ids: CallIds, isInToolTurn: boolean): JsonObject[] {
  const calls = ofType(parts, 'tool_call').filter(isClients);
  const said = ofType(parts, 'text').filter((part) => !isRefusal(part));
  const text = textOf(said);
  const refusal = textOf(ofType(parts, 'text').filter(isRefusal));
  if (text === '' && refusal === '' && calls.length === 0) return [];
  const thoughts = ofType(parts, 'reasoning');
  const details = thoughts.flatMap((part) => listIn(part, 'reasoning_details'));
  const plain = details.length === 0 && isInToolTurn ? plainReasoning(thoughts) : undefined;
  const thinking = plain?.field === 'thinking' && [
    { type: 'thinking', thinking: [{ type: 'text', text: plain.text }] },
  ];
  const content = thinking ? [...thinking, ...(text === '' ? [] : [{ type: 'text', text }])] : text || null;
  return [
    {
      role: 'assistant',
      content,
      ...(refusal !== '' && { refusal }),
      ...(details.length > 0 && { reasoning_details: details }),
      ...(plain && !thinking && { [plain.field]: plain.text }),
      ...(calls.length > 0 && {
        tool_calls: calls.map((call) => ({
          id: ids.ofCall(call),
          type: 'function',
          function: { name: call.name, arguments: argumentsText(call.arguments) },
        })),
      }),
    },
  ];
}

/**
 * Plain reasoning goes back, in the field in which it came, for every answer between two user messages among which a
 * tool was called, and not otherwise. DeepSeek refuses a request without it ("must be passed back in all subsequent
 * requests", https://api-docs.deepseek.com/guides/thinking_mode) and ignores or, with its older models, refuses it
 * elsewhere; llama.cpp and vLLM want it there for models that think between calls. OpenAI never sends any.
 */
function messagesOfToolTurns(messages: readonly Message[]): ReadonlySet<Message> {
  const found = new Set<Message>();
  let turn: Message[] = [];
  for (const message of messages) {
    if (message.role === 'user') turn = [];
    else if (message.role === 'assistant') turn.push(message);
    if (turn.some(({ parts }) => ofType(parts, 'tool_call').some(isClients)))
      for (const answer of turn) found.add(answer);
  }
  return found;
}

function plainReasoning(parts: readonly ReasoningPart[]) {
  const field = parts.map((part) => metadataOf(part).reasoning_field).find((name) => typeof name === 'string');
  const text = parts.map((part) => part.text).join('');
  return typeof field === 'string' && text !== '' ? { field, text } : undefined;
}

/** Arguments that were no JSON go back as the model wrote them. */
function argumentsText(value: JsonValue): string {
  if (typeof value === 'object' && value !== null && '_raw' in value && Object.keys(value).length === 1) {
    const raw = value._raw;
    if (typeof raw === 'string') return raw;
  }
  return JSON.stringify(value);
}

function isRefusal(part: TextPart): boolean {
  return metadataOf(part).refusal === true;
}

function isClients(part: PartOf<'tool_call' | 'tool_result'>): boolean {
  return part.server_executed !== true;
}

function listIn(part: Part, key: string): readonly JsonValue[] {
  const value = metadataOf(part)[key];
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}

function metadataOf({ provider_metadata: metadata }: Part): JsonObject {
  const own = metadata?.openai;
  return typeof own === 'object' && own !== null && !Array.isArray(own) ? (own as JsonObject) : {};
}

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function ofType<K extends Part['type']>(parts: readonly Part[], type: K): PartOf<K>[] {
  return parts.filter((part): part is PartOf<K> => part.type === type);
}
