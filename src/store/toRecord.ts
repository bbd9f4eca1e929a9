// From the JSON of a response to what the log keeps of it.
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import { isMessage, type Message } from '../values/message.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import { timeOfId } from '../response/id.ts';
import { canonicalJson } from './canonicalJson.ts';
import { historyHashes, messageHash, textHash, type ContentHash } from './contentHash.ts';
import type { TurnDetails, TurnRecord } from './turnRecord.ts';

/** What its JSON does not say. */
interface Setting {
  readonly id: string;
  readonly thread: string;
  /** Of the messages of the prompt. */
  readonly hashes: readonly ContentHash[];
  /** The turn that it follows on, and how many of these messages are the history of that. */
  readonly before: { readonly id: string; readonly count: number } | undefined;
  readonly details: TurnDetails;
}

/** @throws LlmError `invalid_input` for a thread that cannot be one. */
export function toRecord(json: ResponseJSON, { id, thread, hashes, before, details }: Setting): TurnRecord {
  checkName('thread', thread);
  const answer = json.messages.map(messageHash);
  const history = historyHashes([...hashes, ...answer]).at(-1);
  const calls = json.messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool_call' ? part.name : [])),
  );
  return {
    id,
    thread,
    name: nameOf(json),
    time: timeOfId(id) ?? timeOf(json) ?? Date.now(),
    ...(before && { parent: before.id }),
    prompt: hashes.slice(before?.count ?? 0),
    messages: answer,
    ...(history && { history }),
    response: withoutMessages(json),
    ...(calls.length > 0 && { calls: [...new Set(calls)] }),
    ...(Object.values(details).some((value) => value !== undefined) && { details }),
  };
}

/**
 * The id of a turn: its own, or one made of what it says.
 *
 * @throws LlmError `invalid_input` for what is no turn.
 */
export function turnId(json: ResponseJSON): string {
  checkResponse(json);
  return json.id ?? textHash(canonicalJson(json)).replace(':', '-');
}

/** Whether the JSON is that of this turn. */
export function sameTurn(record: TurnRecord, json: ResponseJSON): boolean {
  const answer = json.messages.map(messageHash);
  const history = historyHashes([...json.prompt.messages.map(messageHash), ...answer]).at(-1);
  const said = ({ response }: Pick<TurnRecord, 'response'>) => canonicalJson(response);
  return (
    history === record.history &&
    answer.length === record.messages.length &&
    said(record) === said({ response: withoutMessages(json) })
  );
}

/** llm's name of a thread: its prompt, or else its instructions, in one line of at most 32 characters. */
function nameOf({ prompt }: ResponseJSON): string {
  const said = prompt.messages.findLast(({ role }) => role === 'user') ?? prompt.messages.at(-1);
  const text = (said ? textOf(said) : '').replaceAll(/\s+/g, ' ').trim();
  const letters = Array.from(text);
  return letters.length > 32 ? `${letters.slice(0, 31).join('')}…` : text;
}

export function textOf({ parts }: Message): string {
  return parts.flatMap((part) => (part.type === 'text' ? part.text : [])).join('');
}

function withoutMessages(json: ResponseJSON): ResponseJSON {
  return { ...json, prompt: { ...json.prompt, messages: [] }, messages: [] };
}

function timeOf({ datetime_utc }: ResponseJSON): number | undefined {
  const time = Date.parse(datetime_utc ?? '');
  // Of 15 digits at most, as indexes have them.
  return time >= 0 && time < 1e15 ? time : undefined;
}

/** The thread of a turn that has one of its own. */
export function threadOf(id: string): string {
  return isName(id) ? id : textHash(id).replace(':', '-');
}

/** @throws LlmError `invalid_input` for a name that cannot be that of a file. */
export function checkName(what: string, name: unknown): asserts name is string {
  if (isName(name)) return;
  const rule = 'up to 128 letters of A to Z, digits and . _ -, the first a letter or a digit';
  throw new LlmError('invalid_input', `the name of a ${what} has ${rule}, not ${describe(name)}`);
}

/** What can be the name of a file everywhere. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name);
}

function checkResponse(json: unknown): asserts json is ResponseJSON {
  const refuse = (what: string, value: unknown) => {
    throw new LlmError('invalid_input', `this is not the JSON of a response: ${what} is ${describe(value)}`);
  };
  if (typeof json !== 'object' || json === null) return refuse('it', json);
  const { model, prompt, messages, id } = json as { readonly [key: string]: unknown };
  if (typeof model !== 'string') refuse('model', model);
  if (typeof prompt !== 'object' || prompt === null) return refuse('prompt', prompt);
  if (id !== undefined && (typeof id !== 'string' || id === '')) refuse('id', id);
  const lists = { 'prompt.messages': 'messages' in prompt ? prompt.messages : undefined, messages };
  for (const [name, list] of Object.entries(lists)) {
    if (!Array.isArray(list)) refuse(name, list);
    else for (const [index, each] of list.entries()) checkMessage(`${name}[${index}]`, each, refuse);
  }
}

function checkMessage(name: string, message: unknown, refuse: (what: string, value: unknown) => void): void {
  if (!isMessage(message) || typeof message.role !== 'string') return refuse(name, message);
  for (const [index, part] of (message.parts as readonly unknown[]).entries()) {
    const isPart = typeof part === 'object' && part !== null && 'type' in part && typeof part.type === 'string';
    if (!isPart) refuse(`${name}.parts[${index}]`, part);
  }
}
