// Decodes Responses: from the messages of a stream, or one whole response, to events of ours. Pure and synchronous.
import type { StreamEvent } from '../../values/event.ts';
import type { Usage } from '../../values/usage.ts';
import type { JsonDecoder, Payload } from '../shared/decodeJson.ts';
import type { Output } from '../shared/output.ts';
import { providerError } from '../shared/providerError.ts';
import { CallItem } from './callItem.ts';
import { ownMetadata, type ItemSink, type OpenItem } from './item.ts';
import { MessageItem } from './messageItem.ts';
import { ResultItem } from './resultItem.ts';
import { ThoughtItem } from './thoughtItem.ts';
import { customToolNames, isCall, isForClient, isResult, textOf } from './toolItems.ts';
import { rawReason, toFinishReason, toUsage } from './usage.ts';
import type { OutputItem, ResponseObject, ResponsesEvent } from './wire.ts';

interface Slot {
  readonly type: string;
  readonly item: OpenItem;
  /** Whether the server said that the item is done: what begins in its place is another one. */
  isDone: boolean;
}

/** What kind of item a piece belongs to: no message may have said before that the item begins. */
const typesOfPieces: readonly (readonly [event: RegExp, type: string])[] = [
  [/^response\.(output_text|refusal)\./, 'message'],
  [/^response\.reasoning_(summary_)?text\./, 'reasoning'],
  [/^response\.function_call_arguments\./, 'function_call'],
];

/**
 * Takes the messages of one response. Every event has its indexes. Text that servers send in pieces, as a whole at the
 * end of a part, of an item and of the response, or in some of these ways alone, is given once, as early as it comes. Each
 * `message` item but the first begins another message; what stands between two belongs to the first, as llm has it.
 */
export class ResponsesDecoder implements JsonDecoder, ItemSink {
  readonly #out: Output;
  /** All items, in the order in which they began. */
  readonly #slots: Slot[] = [];
  /**
   * The items by their index in the output. GitHub Copilot changes ids from message to message, so they count only where
   * there is no index (llama.cpp).
   */
  readonly #slotAt = new Map<number | string, Slot>();
  readonly #customTools: Set<string>;
  /** How many parts each message has. */
  readonly #partCounts: number[] = [];
  #lastKey: number | string = 0;
  #messageIndex = 0;
  #hasMessage = false;
  #hasThoughts = false;
  #hasCalls = false;
  #usage: Usage | undefined;
  readonly key: string;
  /** The response is over with the message that says so; nothing can be missing or come after it. */
  readonly isComplete = false;
  responseId = '';

  /**
   * @param key Under which key of `provider_metadata` the server's own data goes.
   * @param tools The tools that the request has.
   */
  constructor(out: Output, key: string, tools: unknown) {
    this.#out = out;
    this.key = key;
    this.#customTools = new Set(customToolNames(tools));
  }

  begin(messageIndex: number) {
    const position = this.#partCounts[messageIndex] ?? 0;
    this.#partCounts[messageIndex] = position + 1;
    return { part_index: this.#out.allocate(), position };
  }

  emit(event: StreamEvent): void {
    this.#out.emit(event);
  }

  complete(): void {
    // Never called, as `isComplete` is never true.
  }

  take(payload: Payload, name?: string): void {
    const event: ResponsesEvent = name === undefined || 'type' in payload ? payload : { ...payload, type: name };
    const { type = '', item } = event;
    switch (type) {
      case 'response.output_item.added':
        if (item) this.#add(this.#keyOf(event, item) ?? `item ${this.#slots.length}`, item);
        break;
      case 'response.output_item.done':
        if (item) this.#done(this.#open(this.#keyOf(event, item) ?? this.#lastKey, item), item);
        break;
      case 'response.completed':
      case 'response.incomplete':
      case 'response.cancelled':
      case 'response.failed':
        this.#finish({ ...event.response, status: event.response?.status ?? type.slice('response.'.length) });
        break;
      case 'error':
        this.#out.fail(providerError(payload));
        break;
      case '':
        this.#takeWhole(payload);
        break;
      default:
        if (event.response) this.#describe(event.response);
        else this.#takePiece(type, event);
    }
  }

  /** The answer of a server that does not stream. */
  #takeWhole(payload: Payload): void {
    const response: ResponseObject = payload;
    const { status, error, output } = response;
    if (error && !Array.isArray(output)) this.#out.fail(providerError(payload));
    else if (status === 'queued' || status === 'in_progress') this.#describe(response);
    else if (Array.isArray(output)) this.#finish(response);
  }

  #describe({ id, model, tools, usage }: ResponseObject): void {
    this.#out.resolvedModel(model);
    if (this.responseId === '' && typeof id === 'string') this.responseId = id;
    for (const name of customToolNames(tools)) this.#customTools.add(name);
    if (typeof usage !== 'object' || usage === null) return;
    this.#usage = toUsage(usage);
    this.emit({ type: 'usage', usage: this.#usage });
  }

  #takePiece(type: string, event: ResponsesEvent): void {
    const itemType = typesOfPieces.find(([pieces]) => pieces.test(type))?.[1];
    const known = this.#slotAt.get(this.#keyOf(event) ?? this.#lastKey);
    if (itemType === undefined || known?.type === itemType) known?.item.take?.(event);
    else this.#open(this.#keyOf(event) ?? itemType, { type: itemType }).item.take?.(event);
  }

  #keyOf({ output_index: index, item_id: id }: ResponsesEvent, item?: OutputItem): number | string | undefined {
    return index ?? id ?? (textOf(item?.id) || undefined);
  }

  /** An item begins. */
  #add(key: number | string, item: OutputItem): void {
    if (this.#slotAt.get(key)?.isDone) this.#slotAt.delete(key);
    this.#open(key, item);
  }

  #open(key: number | string, item: OutputItem): Slot {
    const known = this.#slotAt.get(key);
    if (known?.type === item.type) return known;
    const opened = this.#start(item);
    this.#slotAt.set(key, opened);
    this.#lastKey = key;
    return opened;
  }

  #start(item: OutputItem): Slot {
    const slot = { type: item.type, item: this.#create(item), isDone: false };
    this.#slots.push(slot);
    return slot;
  }

  #done(slot: Slot, item: OutputItem): void {
    slot.isDone = true;
    slot.item.complete(item);
  }

  #create(item: OutputItem): OpenItem {
    if (item.type === 'message') {
      if (this.#hasMessage) this.#messageIndex += 1;
      this.#hasMessage = true;
      return new MessageItem(this, this.#messageIndex, item);
    }
    if (isCall(item)) {
      const isClients = isForClient(item, this.#customTools);
      this.#hasCalls ||= isClients;
      return new CallItem(this, this.#messageIndex, item, isClients);
    }
    if (isResult(item)) return new ResultItem(this, this.#messageIndex);
    this.#hasThoughts ||= item.type === 'reasoning';
    return new ThoughtItem(this, this.#messageIndex);
  }

  #finish(response: ResponseObject): void {
    this.#describe(response);
    const raw = rawReason(response);
    if (raw === 'failed') {
      const { error } = response;
      const said = typeof error === 'object' ? error : { message: error };
      this.#out.fail(providerError({ ...said, finish_reason: raw }));
      return;
    }
    this.#completeItems(response.output);
    for (const { item } of this.#slots) item.end();
    if (!this.#hasThoughts && (this.#usage?.details?.reasoning ?? 0) > 0) {
      // It thought and does not show it: the message says so, as llm has it.
      const { part_index, position } = this.begin(0);
      // Redacted parts stand at the front: those that go back find their places only if all have theirs.
      const isOneOfSeveral = this.#slots.some(({ item }) => item instanceof ThoughtItem);
      this.emit({
        type: 'reasoning',
        chunk: '',
        part_index,
        message_index: 0,
        redacted: true,
        ...(isOneOfSeveral && { provider_metadata: ownMetadata(this, { position }) }),
      });
      this.emit({ type: 'part_end', part_index });
    }
    this.#out.finish(toFinishReason(raw, this.#hasCalls), raw);
  }

  /**
   * The items of the whole response. Each is the one of its type with its number, for ids change (OpenRouter), and so
   * would indexes where a server leaves one out.
   */
  #completeItems(output: ResponseObject['output']): void {
    if (!Array.isArray(output)) return;
    const streamed = [...this.#slots];
    for (const item of output as readonly OutputItem[]) {
      const at = streamed.findIndex(({ type }) => type === item.type);
      this.#done(at < 0 ? this.#start(item) : streamed.splice(at, 1)[0]!, item);
    }
  }
}
