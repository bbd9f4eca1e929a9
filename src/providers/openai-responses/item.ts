// What the items of an output have in common while they are streamed.
import type { StreamEvent } from '../../values/event.ts';
import type { JsonObject } from '../../values/json.ts';
import type { ProviderMetadata } from '../../values/part.ts';
import type { OutputItem, ResponsesEvent } from './wire.ts';

/** An item of the output, from when it is first heard of. */
export interface OpenItem {
  /** A piece of it, or the whole of a part of it. What it cannot use is ignored. */
  take?(event: ResponsesEvent): void;
  /** The whole item: gives what has not come yet. May be called again with a later state. */
  complete(item: OutputItem): void;
  /** Nothing more will come: ends the parts that are still open. */
  end(): void;
}

/** Where the events of a response go, and who numbers its parts. */
export interface ItemSink {
  /** A new part's index, and how many parts of its message begun before it. */
  begin(messageIndex: number): { readonly part_index: number; readonly position: number };
  emit(event: StreamEvent): void;
  /** The response's id as far as it is known. */
  readonly responseId: string;
  /** The key of `provider_metadata` for what is the server's own. */
  readonly key: string;
}

export function ownMetadata({ key }: ItemSink, own: JsonObject): ProviderMetadata {
  return { [key]: own };
}

/** A text that comes in pieces and then, to check, as a whole; or only as a whole. */
export class GrowingText {
  #text = '';

  add(piece: string): void {
    this.#text += piece;
  }

  /** What of the whole has not come yet, from now on counted as come; nothing when what came was another text. */
  rest(whole: unknown): string {
    if (typeof whole !== 'string' || whole.length <= this.#text.length || !whole.startsWith(this.#text)) return '';
    const rest = whole.slice(this.#text.length);
    this.#text = whole;
    return rest;
  }
}
