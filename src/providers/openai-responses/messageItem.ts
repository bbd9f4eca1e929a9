// A `message` item: its texts and refusals, each a part of its own, and what the provider says about them.
import type { JsonObject, JsonValue } from '../../values/json.ts';
import { GrowingText, ownMetadata, type ItemSink, type OpenItem } from './item.ts';
import { textOf } from './toolItems.ts';
import type { ContentPart, OutputItem, ResponsesEvent } from './wire.ts';

interface Content {
  readonly isRefusal: boolean;
  readonly text: GrowingText;
  part_index: number | undefined;
  annotations: readonly JsonValue[];
  logprobs: readonly JsonValue[];
  /** Whether there is something in the lists that was not handed out yet. */
  dirty: boolean;
  ended: boolean;
}

export class MessageItem implements OpenItem {
  readonly #sink: ItemSink;
  readonly #messageIndex: number;
  readonly #contents = new Map<number, Content>();
  #phase: string;

  constructor(sink: ItemSink, messageIndex: number, { phase }: Partial<OutputItem>) {
    this.#sink = sink;
    this.#messageIndex = messageIndex;
    this.#phase = textOf(phase);
  }

  take({ type, content_index, delta, text, refusal, logprobs, annotation, part }: ResponsesEvent): void {
    const index = content_index ?? 0;
    switch (type) {
      case 'response.output_text.delta':
        this.#grow(this.#at(index, false), delta, logprobs);
        break;
      case 'response.refusal.delta':
        this.#grow(this.#at(index, true), delta);
        break;
      case 'response.output_text.done':
        this.#whole(index, { type: 'output_text', text: textOf(text), logprobs: logprobs ?? null });
        break;
      case 'response.refusal.done':
        this.#whole(index, { type: 'refusal', refusal: textOf(refusal) });
        break;
      case 'response.output_text.annotation.added':
        if (annotation !== undefined) this.#annotate(this.#at(index, false), annotation);
        break;
      case 'response.content_part.done':
        if (part) this.#whole(index, part);
    }
  }

  complete({ phase, content }: OutputItem): void {
    this.#setPhase(textOf(phase));
    if (Array.isArray(content)) (content as readonly ContentPart[]).forEach((part, at) => this.#whole(at, part));
    this.end();
  }

  end(): void {
    for (const content of this.#contents.values()) {
      if (content.part_index === undefined) continue;
      if (content.dirty) this.#emit(content, '', true);
      if (!content.ended) this.#sink.emit({ type: 'part_end', part_index: content.part_index });
      content.ended = true;
    }
  }

  #setPhase(phase: string): void {
    if (phase === '' || phase === this.#phase) return;
    this.#phase = phase;
    for (const content of this.#contents.values()) content.dirty = true;
  }

  #at(index: number, isRefusal: boolean): Content {
    const known = this.#contents.get(index);
    if (known) return known;
    const text = new GrowingText();
    const lists = { annotations: [], logprobs: [] };
    const content: Content = { isRefusal, text, part_index: undefined, ...lists, dirty: false, ended: false };
    this.#contents.set(index, content);
    return content;
  }

  #grow(content: Content, delta: JsonValue | undefined, logprobs?: readonly JsonValue[] | null): void {
    const piece = textOf(delta);
    content.text.add(piece);
    if (Array.isArray(logprobs) && logprobs.length > 0) {
      // Grown in place, for the list is handed out when it is complete.
      (content.logprobs as JsonValue[]).push(...(logprobs as readonly JsonValue[]));
      content.dirty = true;
    }
    if (piece !== '') this.#emit(content, piece);
  }

  #annotate(content: Content, annotation: JsonValue): void {
    (content.annotations as JsonValue[]).push(annotation);
    content.dirty = true;
  }

  #whole(index: number, { type, text, refusal, annotations, logprobs }: ContentPart): void {
    if (type !== 'output_text' && type !== 'refusal') return;
    const content = this.#at(index, type === 'refusal');
    const rest = content.text.rest(content.isRefusal ? refusal : text);
    if (Array.isArray(annotations) && annotations.length > content.annotations.length) {
      content.annotations = [...(annotations as readonly JsonValue[])];
      content.dirty = true;
    }
    if (Array.isArray(logprobs) && logprobs.length > content.logprobs.length) {
      content.logprobs = [...(logprobs as readonly JsonValue[])];
      content.dirty = true;
    }
    if (rest !== '') this.#emit(content, rest);
  }

  /** The first event of a part says what is known of it by then, the last one all. */
  #emit(content: Content, chunk: string, isLast = false): void {
    const isFirst = content.part_index === undefined;
    const part_index = (content.part_index ??= this.#sink.begin(this.#messageIndex).part_index);
    const own = isLast ? this.#extras(content) : isFirst ? this.#mark(content) : {};
    if (isLast) content.dirty = false;
    this.#sink.emit({
      type: 'text',
      chunk,
      part_index,
      message_index: this.#messageIndex,
      ...(Object.keys(own).length > 0 && { provider_metadata: ownMetadata(this.#sink, own) }),
    });
  }

  #mark({ isRefusal }: Content): JsonObject {
    return { ...(isRefusal && { refusal: true }), ...(this.#phase && { phase: this.#phase }) };
  }

  #extras(content: Content): JsonObject {
    const { annotations, logprobs } = content;
    return {
      ...this.#mark(content),
      ...(annotations.length > 0 && { annotations: [...annotations] }),
      ...(logprobs.length > 0 && { logprobs: [...logprobs] }),
    };
  }
}
