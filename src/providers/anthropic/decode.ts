// Decodes the Messages API: from its events to ours. Pure and synchronous.
import type { StreamEvent } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { JsonDecoder, Payload } from '../shared/decodeJson.ts';
import type { Output } from '../shared/output.ts';
import { providerError } from '../shared/providerError.ts';
import { openBlock, type OpenBlock } from './blocks.ts';
import type { GrowingPart, Sink } from './parts.ts';
import { mergeUsage, toFinishReason, toUsage } from './usage.ts';
import type { Block, MessagesEvent, MessagesUsage, WireMessage } from './wire.ts';

export interface DecoderOptions {
  /** Under which key of `provider_metadata` the server's own data goes. */
  readonly key: string;
  /** The tool whose arguments are the answer. */
  readonly answerTool: string | undefined;
}

/**
 * Takes the events of one response. Every event has its indexes: each content block is a part of its own, in order, but
 * empty ones. A response is complete with `message_stop`. Events and deltas of other types are left out.
 */
export class MessagesDecoder implements JsonDecoder, Sink {
  readonly #out: Output;
  readonly #open = new Map<number, OpenBlock>();
  #usage: MessagesUsage = {};
  /** What is said about the whole message and may have to go back. */
  #about: JsonObject = {};
  #hasCalls = false;
  readonly key: string;
  readonly answerTool: string | undefined;
  readonly toolNames = new Map<string, string>();
  lastPart: GrowingPart | undefined;
  responseId = '';
  finishReason = '';
  isComplete = false;

  constructor(out: Output, { key, answerTool }: DecoderOptions) {
    this.#out = out;
    this.key = key;
    this.answerTool = answerTool;
  }

  allocate(): number {
    return this.#out.allocate();
  }

  emit(event: StreamEvent): void {
    if (event.type === 'tool_call_name' && !event.server_executed) this.#hasCalls = true;
    this.#out.emit(event);
  }

  take(payload: Payload): void {
    const event: MessagesEvent = payload;
    const { type, index = 0, content_block: block, delta } = event;
    switch (type) {
      case 'message_start':
        if (event.message) this.#takeMessage(event.message);
        break;
      case 'content_block_start':
        if (block) this.#begin(index, block);
        break;
      case 'content_block_delta':
        if (delta) this.#blockAt(index).take(delta);
        break;
      case 'content_block_stop':
        this.#end(index);
        break;
      case 'message_delta':
        this.#takeMessage({ ...event, ...(delta as WireMessage) });
        break;
      case 'message_stop':
        this.isComplete = true;
        this.complete();
        break;
      case 'message':
        this.#takeMessage(event);
        this.isComplete = true;
        break;
      default:
        if (event.error) this.#out.fail(providerError(payload, this.finishReason));
        else if (typeof type !== 'string') throw new Error('a message without a type');
    }
  }

  complete(): void {
    for (const index of this.#open.keys()) this.#end(index);
    if (Object.keys(this.#about).length > 0) this.lastPart?.keep(this.#about);
    const raw = this.finishReason;
    // The call of the tool that stands for a schema is the answer, and the client has nothing to run.
    const isAnswer = raw === 'tool_use' && this.answerTool !== undefined && !this.#hasCalls;
    this.#out.finish(isAnswer ? 'stop' : raw === '' ? 'unknown' : toFinishReason(raw), raw);
  }

  /** A message as far as it is told: its beginning, its end, or the whole of it. */
  #takeMessage(message: WireMessage): void {
    const { id, model, content, usage, stop_reason: reason } = message;
    this.#out.resolvedModel(model);
    if (typeof id === 'string' && this.responseId === '') this.responseId = id;
    if (Array.isArray(content)) {
      for (const [index, block] of (content as readonly Block[]).entries()) {
        this.#begin(index, block);
        this.#end(index);
      }
    }
    if (typeof usage === 'object' && usage !== null) {
      this.#usage = mergeUsage(this.#usage, usage);
      this.emit({ type: 'usage', usage: toUsage(this.#usage) });
    }
    for (const name of ['container', 'stop_details', 'stop_sequence'] as const) {
      const value = message[name];
      if (value !== null && value !== undefined) this.#about = { ...this.#about, [name]: value };
    }
    if (typeof reason === 'string') this.finishReason = reason;
  }

  #begin(index: number, block: Block): void {
    this.#end(index);
    this.#open.set(index, openBlock(block, this));
  }

  #blockAt(index: number): OpenBlock {
    const block = this.#open.get(index);
    if (block === undefined) throw new Error(`a delta for content block ${index}, which has not begun`);
    return block;
  }

  #end(index: number): void {
    this.#open.get(index)?.end();
    this.#open.delete(index);
  }
}
