// Encodes messages for Chat Completions.
import type { ModelRequest } from '../../response/model.ts';
import type { JsonObject, JsonValue } from '../../values/json.ts';
import type { Message } from '../../values/message.ts';
import type { Attachment, Part, ReasoningPart } from '../../values/part.ts';
import { CallIds } from '../shared/callIds.ts';
import { pairResults } from '../shared/pairResults.ts';
import { argumentsText, isClients, metadataOf, ofType, textOf } from '../shared/parts.ts';
import { toContentPart } from './files.ts';

/**
 * The history as the protocol has it: parts of a message joined, one `tool` message a result, files of results in a user
 * message after them, nothing that is empty, no system text twice in a row. Calls that the provider ran itself, and
 * their results, are left out: it knows them.
 *
 * @param key Under which key of `provider_metadata` the server's own data is.
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeMessages(
  { messages: history, system }: Pick<ModelRequest, 'messages' | 'system'>,
  key: string,
): readonly JsonObject[] {
  const encoded: JsonObject[] = [];
  // OpenAI refuses calls and results without each other.
  const messages = joinAnswers(pairResults(history, () => false));
  // OpenAI takes ids of at most 40 characters.
  const ids = new CallIds(messages, /^.{1,40}$/s);
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
        encoded.push(...encodeAssistant(parts, key, ids, inToolTurn.has(message)));
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

/** Results follow their calls directly, so an answer of several messages is one. */
function joinAnswers(messages: readonly Message[]): readonly Message[] {
  const joined: Message[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (message.role === 'assistant' && last?.role === 'assistant') {
      joined[joined.length - 1] = { ...last, parts: [...last.parts, ...message.parts] };
    } else joined.push(message);
  }
  return joined;
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

function encodeAssistant(parts: readonly Part[], key: string, ids: CallIds, isInToolTurn: boolean): JsonObject[] {
  const isRefusal = (part: Part) => metadataOf(part, key).refusal === true;
  const calls = ofType(parts, 'tool_call').filter(isClients);
  const said = ofType(parts, 'text').filter((part) => !isRefusal(part));
  const text = textOf(said);
  const refusal = textOf(ofType(parts, 'text').filter(isRefusal));
  if (text === '' && refusal === '' && calls.length === 0) return [];
  const thoughts = ofType(parts, 'reasoning');
  const details = thoughts.flatMap((part) => listOf(metadataOf(part, key).reasoning_details));
  const plain = details.length === 0 && isInToolTurn ? plainReasoning(thoughts, key) : undefined;
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
  let hasCalls = false;
  for (const message of messages) {
    if (message.role === 'user') {
      turn = [];
      hasCalls = false;
    } else if (message.role === 'assistant') {
      turn.push(message);
      hasCalls ||= ofType(message.parts, 'tool_call').some(isClients);
    }
    if (hasCalls) for (const answer of turn.splice(0)) found.add(answer);
  }
  return found;
}

function plainReasoning(parts: readonly ReasoningPart[], key: string) {
  const field = parts.map((part) => metadataOf(part, key).reasoning_field).find((name) => typeof name === 'string');
  const text = parts.map((part) => part.text).join('');
  return typeof field === 'string' && text !== '' ? { field, text } : undefined;
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? (value as readonly JsonValue[]) : [];
}
