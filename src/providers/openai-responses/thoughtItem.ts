// A `reasoning` item, and every item that has nothing to show but has to be kept: both are reasoning parts.
import type { JsonObject, JsonValue } from '../../values/json.ts';
import { GrowingText, ownMetadata, type ItemSink, type OpenItem } from './item.ts';
import { textOf } from './toolItems.ts';
import type { ContentPart, OutputItem, ResponsesEvent } from './wire.ts';

/**
 * Summaries, or what the model thought itself, as text of one part, joined with nothing between. An item without a text
 * is redacted. An item of another type (a compaction, one that is not known here) is redacted and kept whole.
 */
export class ThoughtItem implements OpenItem {
  readonly #sink: ItemSink;
  readonly #messageIndex: number;
  readonly #texts = new Map<string, GrowingText>();
  readonly #part_index: number;
  readonly #position: number;
  #hasText = false;
  #isRaw = false;
  #ended = false;
  /** What was handed out, as JSON. */
  #known = '';

  constructor(sink: ItemSink, messageIndex: number) {
    this.#sink = sink;
    this.#messageIndex = messageIndex;
    const { part_index, position } = sink.begin(messageIndex);
    this.#part_index = part_index;
    this.#position = position;
    // Takes its place among the parts, for its text may come after those of later items (OpenRouter), or never.
    this.#emit('');
  }

  take({ type, delta, text, part, summary_index, content_index }: ResponsesEvent): void {
    const [summary, content] = [summary_index ?? 0, content_index ?? 0];
    switch (type) {
      case 'response.reasoning_summary_text.delta':
        this.#grow(`summary ${summary}`, textOf(delta));
        break;
      case 'response.reasoning_text.delta':
        this.#isRaw = true;
        this.#grow(`content ${content}`, textOf(delta));
        break;
      case 'response.reasoning_summary_text.done':
        this.#whole(`summary ${summary}`, text);
        break;
      case 'response.reasoning_summary_part.done':
        this.#whole(`summary ${summary}`, part?.text);
        break;
      case 'response.reasoning_text.done':
        this.#isRaw = true;
        this.#whole(`content ${content}`, text);
    }
  }

  complete(item: OutputItem): void {
    const { type, summary, content } = item;
    if (type === 'reasoning') {
      partsOf(summary).forEach(({ text }, at) => this.#whole(`summary ${at}`, text));
      const raw = partsOf(content);
      if (raw.some(({ text }) => text)) this.#isRaw = true;
      raw.forEach(({ text }, at) => this.#whole(`content ${at}`, text));
    }
    this.#describe(type === 'reasoning' ? this.#reasoning(item) : { item });
    this.end();
  }

  end(): void {
    if (!this.#ended) this.#sink.emit({ type: 'part_end', part_index: this.#part_index });
    this.#ended = true;
  }

  /** As llm keeps it: what the item needs to go back, but for its text. */
  #reasoning({ type: _, status: __, summary, content: ___, ...others }: OutputItem): JsonObject {
    const kept = Object.entries(others).filter(([, value]) => value !== null && value !== '');
    return {
      ...Object.fromEntries(kept),
      ...(partsOf(summary).length > 0 && { summary: summary! }),
      ...(this.#isRaw && { raw: true }),
    };
  }

  #describe(own: JsonObject): void {
    // Redacted parts are moved to the front of their message; a request puts them back.
    const isMoved = !this.#hasText && this.#position > 0;
    const all = { ...own, ...(isMoved && { position: this.#position }) };
    const json = JSON.stringify(all);
    if (json === this.#known) return;
    this.#known = json;
    this.#emit('', all);
  }

  #grow(at: string, piece: string): void {
    this.#textAt(at).add(piece);
    if (piece !== '') this.#say(piece);
  }

  #whole(at: string, text: unknown): void {
    const rest = this.#textAt(at).rest(text);
    if (rest !== '') this.#say(rest);
  }

  #say(chunk: string): void {
    this.#hasText = true;
    this.#emit(chunk);
  }

  #textAt(at: string): GrowingText {
    const known = this.#texts.get(at);
    if (known) return known;
    const text = new GrowingText();
    this.#texts.set(at, text);
    return text;
  }

  #emit(chunk: string, own?: JsonObject): void {
    this.#sink.emit({
      type: 'reasoning',
      chunk,
      part_index: this.#part_index,
      message_index: this.#messageIndex,
      ...(own && !this.#hasText && { redacted: true }),
      ...(own && Object.keys(own).length > 0 && { provider_metadata: ownMetadata(this.#sink, own) }),
    });
  }
}

function partsOf(value: JsonValue | undefined): readonly ContentPart[] {
  return Array.isArray(value) ? (value as readonly ContentPart[]) : [];
}
