// The fold: events become messages, by llm's rules. Each event costs the same however long the response is: chunks are
// joined by `+=` alone, which V8 keeps as a rope and flattens only when somebody reads the text.
import { familyOf, createAllocator, isPartEvent } from './allocate.ts';
import { describe } from './describe.ts';
import { LlmError } from './error.ts';
import type { EventOf, StreamEvent } from './event.ts';
import type { JsonValue } from './json.ts';
import type { Message } from './message.ts';
import type { Attachment, Part, ProviderMetadata, ToolResultPart } from './part.ts';
import type { IncompleteToolCall } from './responseJson.ts';
import { withoutFiles } from './withoutFiles.ts';

const partFamilies: ReadonlySet<string> = new Set(['text', 'reasoning', 'tool_call', 'tool_result']);

/**
 * All events of one part, joined. `part` is the value made of them, dropped when another event comes; `place` is where it
 * stands among the messages that were read last.
 */
interface Group {
  readonly family: string;
  readonly messageIndex: number;
  text: string;
  name: string;
  id?: string;
  serverExecuted: boolean;
  redacted: boolean;
  metadata?: ProviderMetadata;
  attachment?: Attachment;
  ended: boolean;
  part: Part | null | undefined;
  place: { readonly message: number; readonly part: number } | undefined;
}

/**
 * Folds the events of one run into messages: `add` each in order, read `messages` whenever you like. Parts and messages
 * that did not change since the last reading are the same objects; what was handed out never changes.
 *
 * A tool call is among the messages once it is complete (its `part_end` came, or `end()` was called); before that it is
 * in `incomplete`, so that nobody runs half a call.
 */
export class MessageFold {
  readonly #allocate = createAllocator();
  #groups = new Map<number, Group>();
  /** Of a chain: messages that stand as they are, and results of the client's tools; both by message. */
  #given = new Map<number, Message>();
  #outputs = new Map<number, Map<number, ToolResultPart>>();
  /** Results whose files no message has yet. */
  #bringing: EventOf<'tool_output'>[] = [];
  /** As they were read last; undefined when more than the parts in `#changed` is new since. */
  #messages: readonly Message[] | undefined = [];
  readonly #changed = new Set<Group>();
  #lastMessages = new Map<number, Message>();
  #conflict: LlmError | undefined;
  #ended = false;

  /** Takes the next event, and gives it back with its indexes. */
  add(input: StreamEvent | string): StreamEvent {
    const event = this.#allocate(input);
    if (isPartEvent(event)) this.#addToPart(event, event.part_index ?? 0);
    else if (event.type === 'part_end') this.#endPart(event.part_index);
    else if (event.type === 'reset') this.#reset();
    else if (event.type === 'turn_start') this.#addMessages(event);
    else if (event.type === 'tool_output') this.#addOutput(event);
    return event;
  }

  /** Says that the run ended well: tool calls still open are complete. */
  end(): this {
    this.#ended = true;
    this.#messages = undefined;
    return this;
  }

  /**
   * The messages so far.
   *
   * @throws LlmError `assembly` when events of different kinds were sent for one part.
   */
  get messages(): readonly Message[] {
    if (this.#conflict) throw this.#conflict;
    return this.kept;
  }

  /** Why `messages` throws, if it does. */
  get conflict(): LlmError | undefined {
    return this.#conflict;
  }

  /** The messages so far, without the events that did not fit their part; for a run that ended badly anyway. */
  get kept(): readonly Message[] {
    if (this.#messages === undefined) this.#messages = this.#assemble();
    else if (this.#changed.size > 0) this.#messages = this.#replaceChanged(this.#messages);
    this.#changed.clear();
    return this.#messages;
  }

  /** Tool calls whose arguments have not ended. */
  get incomplete(): readonly IncompleteToolCall[] {
    return [...this.#groups.values()].filter((group) => this.#isOpenCall(group)).map(toIncompleteCall);
  }

  #addToPart(event: Parameters<typeof familyOf>[0], index: number): void {
    const family = familyOf(event);
    let group = this.#groups.get(index);
    if (group === undefined) {
      group = newGroup(family, event.message_index ?? 0);
      this.#groups.set(index, group);
    } else if (group.family !== family) {
      this.#conflict ??= new LlmError(
        'assembly',
        `part ${index} is ${group.family}, but an event of type "${event.type}" was sent for it; a part of another kind needs a part_index of its own`,
      );
      return;
    }
    if (event.provider_metadata) group.metadata = { ...group.metadata, ...event.provider_metadata };
    group.part = undefined;
    // A call that is open is in no message, so its fragments change none.
    if (!this.#isOpenCall(group)) {
      if (group.place && !('redacted' in event && event.redacted)) this.#changed.add(group);
      else this.#messages = undefined;
    }
    if (event.type === 'attachment') {
      group.attachment = event.attachment;
      return;
    }
    if (typeof event.chunk !== 'string' && partFamilies.has(family)) {
      throw new LlmError('bad_response', `an event of type "${event.type}" has no chunk; it has ${describe(event)}`);
    }
    if (event.type === 'tool_call_name') group.name += event.chunk;
    else group.text += event.chunk;
    if (event.tool_call_id && !group.id) group.id = event.tool_call_id;
    if (event.type === 'tool_result' && event.tool_name && !group.name) group.name = event.tool_name;
    if (event.server_executed) group.serverExecuted = true;
    if (event.redacted) group.redacted = true;
  }

  #addMessages({ messages, message_index }: EventOf<'turn_start'>): void {
    // The files of the results are among these messages.
    for (const { result, part_index, message_index: at } of this.#bringing) {
      this.#outputs.get(at)?.set(part_index, withoutFiles(result));
    }
    this.#bringing = [];
    if (messages.length === 0) return;
    messages.forEach((message, at) => this.#given.set(message_index + at, message));
    this.#messages = undefined;
  }

  #addOutput(event: EventOf<'tool_output'>): void {
    const { result, part_index, message_index } = event;
    if (result.attachments) this.#bringing.push(event);
    const outputs = this.#outputs.get(message_index) ?? new Map<number, ToolResultPart>();
    this.#outputs.set(message_index, outputs.set(part_index, result));
    this.#messages = undefined;
  }

  #endPart(index: number): void {
    const group = this.#groups.get(index);
    if (group === undefined || group.ended) return;
    group.ended = true;
    if (group.family === 'tool_call') this.#messages = undefined;
  }

  #reset(): void {
    this.#groups = new Map();
    this.#given = new Map();
    this.#outputs = new Map();
    this.#bringing = [];
    this.#messages = [];
    this.#changed.clear();
    this.#conflict = undefined;
    this.#lastMessages = new Map();
  }

  #isOpenCall(group: Group): boolean {
    return group.family === 'tool_call' && !group.ended && !this.#ended;
  }

  /** As long as only parts grow that are there: a long history costs nothing but a copy of the list. */
  #replaceChanged(messages: readonly Message[]): readonly Message[] {
    const list = [...messages];
    for (const group of this.#changed) {
      const { place, messageIndex } = group;
      const part = (group.part = toPart(group));
      const before = place && list[place.message];
      if (!part || !before) continue;
      const message: Message = { ...before, parts: before.parts.with(place.part, part) };
      list[place.message] = message;
      this.#lastMessages.set(messageIndex, message);
    }
    return list;
  }

  #assemble(): readonly Message[] {
    const partsOf = new Map<number, Part[]>();
    const groupOf = new Map<Part, Group>();
    for (const group of this.#groups.values()) {
      if (this.#isOpenCall(group)) continue;
      const part = (group.part ??= toPart(group));
      if (part === null) continue;
      groupOf.set(part, group);
      const parts = partsOf.get(group.messageIndex);
      if (parts) parts.push(part);
      else partsOf.set(group.messageIndex, [part]);
    }
    const answers = [...partsOf].map(
      ([index, parts]) => [index, this.#message(index, 'assistant', redactedFirst(parts))] as const,
    );
    const messages = this.#inOrder(answers);
    for (const [message, { parts }] of messages.entries()) {
      for (const [at, part] of parts.entries()) {
        const group = groupOf.get(part);
        if (group) group.place = { message, part: at };
      }
    }
    return messages;
  }

  #inOrder(answers: readonly (readonly [number, Message])[]): readonly Message[] {
    if (this.#given.size === 0 && this.#outputs.size === 0) return answers.map(([, message]) => message);
    // Of a chain, which numbers its messages in their order. Results stand in the order of the calls.
    const results = [...this.#outputs].map(([index, outputs]) => {
      const parts = [...outputs].toSorted(([a], [b]) => a - b).map(([, part]) => part);
      return [index, this.#message(index, 'tool', parts)] as const;
    });
    return [...answers, ...results, ...this.#given].toSorted(([a], [b]) => a - b).map(([, message]) => message);
  }

  #message(index: number, role: Message['role'], parts: readonly Part[]): Message {
    const before = this.#lastMessages.get(index);
    if (before?.parts.length === parts.length && before.parts.every((part, at) => part === parts[at])) return before;
    const message: Message = { role, parts };
    this.#lastMessages.set(index, message);
    return message;
  }
}

/** The messages that a whole run's events make. A pure function of the events. */
export function foldMessages(events: Iterable<StreamEvent | string>): readonly Message[] {
  const fold = new MessageFold();
  for (const event of events) fold.add(event);
  return fold.end().messages;
}

function newGroup(family: string, messageIndex: number): Group {
  return {
    family,
    messageIndex,
    text: '',
    name: '',
    serverExecuted: false,
    redacted: false,
    ended: false,
    part: undefined,
    place: undefined,
  };
}

/** The part that a group makes; null when it makes none. Keys in the order in which llm writes them. */
function toPart(group: Group): Part | null {
  const { text, name } = group;
  const metadata = group.metadata && Object.keys(group.metadata).length > 0 && { provider_metadata: group.metadata };
  const call = {
    ...(group.id && { tool_call_id: group.id }),
    ...(group.serverExecuted && { server_executed: true as const }),
    ...metadata,
  };
  switch (group.family) {
    case 'text':
      return text === '' ? null : { type: 'text', text, ...metadata };
    case 'reasoning':
      if (text === '' && !group.redacted) return null;
      return { type: 'reasoning', text, ...(group.redacted && { redacted: true as const }), ...metadata };
    case 'tool_call':
      return { type: 'tool_call', name, arguments: parseArguments(text), ...call };
    case 'tool_result':
      return { type: 'tool_result', name, output: text, ...call };
    case 'attachment':
      return { type: 'attachment', ...(group.attachment && { attachment: group.attachment }), ...metadata };
    default:
      return null;
  }
}

/** No text is no arguments; text that is no JSON is kept as `{_raw: text}`. */
function parseArguments(text: string): JsonValue {
  if (text === '') return {};
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return { _raw: text };
  }
}

function toIncompleteCall({ name, text, id, serverExecuted }: Group): IncompleteToolCall {
  return {
    name,
    arguments_raw: text,
    ...(id && { tool_call_id: id }),
    ...(serverExecuted && { server_executed: true as const }),
  };
}

// Providers that redact reasoning want it back at the front of the message.
function redactedFirst(parts: readonly Part[]): readonly Part[] {
  const isRedacted = (part: Part) => part.type === 'reasoning' && part.redacted === true;
  return parts.some(isRedacted) ? [...parts.filter(isRedacted), ...parts.filter((part) => !isRedacted(part))] : parts;
}
