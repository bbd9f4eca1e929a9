// One part of a response while it grows, and what the parts of a response have in common.
import type { StreamEvent } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { ProviderMetadata } from '../../values/part.ts';

/** Where the parts of a response go, and what they have in common. */
export interface Sink {
  /** The index of a new part. */
  allocate(): number;
  emit(event: StreamEvent): void;
  /** The key of `provider_metadata` for what is the server's own. */
  readonly key: string;
  /** The response's id as far as it is known. */
  readonly responseId: string;
  /** The tool whose arguments are the answer, where a schema is asked for in that way. */
  readonly answerTool: string | undefined;
  /** Names of the calls that were seen, by id. */
  readonly toolNames: Map<string, string>;
  /** The part that began last. */
  lastPart: GrowingPart | undefined;
}

/** What every event of a part carries. */
interface Marks {
  readonly tool_call_id?: string;
  readonly tool_name?: string;
  readonly server_executed?: true;
  readonly provider_metadata?: ProviderMetadata;
}

type PartEventType = 'text' | 'reasoning' | 'tool_call_name' | 'tool_call_args' | 'tool_result';

/** A part that has begun: its index is taken, and all it still needs is events. */
export class GrowingPart {
  readonly index: number;
  readonly #sink: Sink;
  readonly #type: PartEventType;
  readonly #marks: Marks;
  #own: JsonObject = {};
  #ended = false;

  constructor(
    sink: Sink,
    type: Exclude<PartEventType, 'tool_call_name'>,
    marks: Marks = {},
    index: number = sink.allocate(),
  ) {
    this.#sink = sink;
    this.#type = type;
    this.#marks = marks;
    this.index = index;
    sink.lastPart = this;
  }

  say(chunk: string): void {
    this.#emit(this.#type, chunk);
  }

  /** The name of a call, with what else is known of it. */
  name(chunk: string, own: JsonObject = {}): void {
    this.#emit('tool_call_name', chunk, own);
  }

  /** Keeps something of the server's with the part; the whole of it goes out, because later metadata replaces earlier. */
  keep(own: JsonObject, { chunk = '', redacted = false } = {}): void {
    this.#emit(this.#type, chunk, own, redacted ? { redacted } : {});
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sink.emit({ type: 'part_end', part_index: this.index });
  }

  #emit(type: PartEventType, chunk: string, own?: JsonObject, flags: { readonly redacted?: boolean } = {}): void {
    if (own) this.#own = { ...this.#own, ...own };
    const { provider_metadata: metadata, ...marks } = this.#marks;
    const kept = own && Object.keys(this.#own).length > 0 && { [this.#sink.key]: this.#own };
    const all = type === 'tool_call_name' ? { ...metadata, ...kept } : kept || {};
    this.#sink.emit({
      type,
      chunk,
      part_index: this.index,
      message_index: 0,
      ...marks,
      ...flags,
      ...(Object.keys(all).length > 0 && { provider_metadata: all }),
    });
  }
}
