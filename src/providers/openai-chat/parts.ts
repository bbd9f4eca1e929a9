// The text, refusal and reasoning parts of a Chat Completions response: which one a burst belongs to, when it ends, and
// what else the provider says about it (in `provider_metadata`).
import type { JsonObject, JsonValue } from '../../values/json.ts';
import type { ProviderMetadata } from '../../values/part.ts';
import type { PartSink } from './calls.ts';
import type { ReasoningDetail, ReasoningField } from './wire.ts';

interface ProsePart {
  readonly kind: 'text' | 'refusal' | 'reasoning';
  readonly part_index: number;
  hasText: boolean;
  ended: boolean;
  /** What goes under the server's key, grown as it comes; handed out as a copy. */
  extras: Record<string, JsonValue>;
  /** Whether `extras` holds something that was not handed out yet. */
  dirty: boolean;
}

/** As llm's rule 7 has it, text that goes on after a part of another kind is a new part. */
export class ProseParts {
  readonly #sink: PartSink;
  /** The part that the next burst of its kind goes on with. */
  #open: ProsePart | undefined;
  #lastText: ProsePart | undefined;
  #lastReasoning: ProsePart | undefined;
  /** What was said about the text before there was any. */
  #early: Record<string, JsonValue> | undefined;

  constructor(sink: PartSink) {
    this.#sink = sink;
  }

  get hasReasoning(): boolean {
    return this.#lastReasoning !== undefined;
  }

  text(chunk: string): void {
    const { part_index } = this.#open?.kind === 'text' ? this.#open : this.#begin('text');
    this.#sink.emit({ type: 'text', chunk, part_index, message_index: 0 });
  }

  /** A refusal is a text part of its own, marked. */
  refusal(chunk: string): void {
    const { part_index } = this.#open?.kind === 'refusal' ? this.#open : this.#begin('refusal');
    this.#sink.emit({
      type: 'text',
      chunk,
      part_index,
      message_index: 0,
      provider_metadata: this.#own({ refusal: true }),
    });
  }

  /** @param field Where the text came, so that it goes back there; undefined for text of `reasoning_details`. */
  reasoning(chunk: string, field: ReasoningField | undefined): void {
    const part = this.#reasoningPart();
    const event = { type: 'reasoning', chunk, part_index: part.part_index, message_index: 0 } as const;
    const isFirst = !part.hasText;
    part.hasText = true;
    if (isFirst && field !== undefined) {
      part.extras.reasoning_field = field;
      this.#sink.emit({ ...event, provider_metadata: this.#own({ reasoning_field: field }) });
    } else this.#sink.emit(event);
  }

  /** Reasoning in OpenRouter's form; `text` is what of it can be seen and has not come in another field as well. */
  reasoningDetails(details: readonly ReasoningDetail[], text: string): void {
    const isVisible = text !== '';
    // Encrypted details and signatures follow the text that they belong to, sometimes after the answer has begun.
    const part = isVisible ? this.#reasoningPart() : (this.#lastReasoning ?? this.#hiddenReasoning());
    const known = (part.extras.reasoning_details ??= []) as ReasoningDetail[];
    for (const detail of details) addDetail(known, detail);
    part.dirty = true;
    if (isVisible) this.reasoning(text, undefined);
  }

  /** Something about the text that replaces what was said before: `citations`, `search_results`. */
  describeText(key: string, value: JsonValue): void {
    this.#textExtras()[key] = value;
  }

  /** Something about the text that adds to what was said before: `annotations`. */
  addToText(key: string, values: readonly JsonValue[]): void {
    const extras = this.#textExtras();
    const known = (extras[key] ??= []) as JsonValue[];
    for (const value of values) known.push(value);
  }

  /** Another kind of part begins, so this one cannot go on. */
  close(): void {
    if (this.#open !== undefined) this.#end(this.#open);
    this.#open = undefined;
  }

  /** Says that all is complete. */
  end(): void {
    this.close();
    for (const part of [this.#lastReasoning, this.#lastText]) {
      if (part === undefined) continue;
      if (part.ended) this.#handOutExtras(part);
      else this.#end(part);
    }
  }

  /** Visible reasoning goes on with a part that was begun by hidden reasoning alone. */
  #reasoningPart(): ProsePart {
    const last = this.#lastReasoning;
    if (last !== undefined && last === this.#open) return last;
    if (last === undefined || last.ended) return this.#begin('reasoning');
    this.close();
    return (this.#open = last);
  }

  /** Does not end a text that is being written: nothing of this part is seen in between. */
  #hiddenReasoning(): ProsePart {
    const part = newPart('reasoning', this.#sink.allocate());
    this.#open ??= part;
    return (this.#lastReasoning = part);
  }

  #begin(kind: ProsePart['kind']): ProsePart {
    this.close();
    const part = newPart(kind, this.#sink.allocate());
    if (kind === 'refusal') part.extras.refusal = true;
    if (kind === 'reasoning') this.#lastReasoning = part;
    else {
      if (this.#early !== undefined) {
        Object.assign(part.extras, this.#early);
        part.dirty = true;
        this.#early = undefined;
      }
      this.#lastText = part;
    }
    return (this.#open = part);
  }

  #textExtras(): Record<string, JsonValue> {
    if (this.#lastText === undefined) return (this.#early ??= {});
    this.#lastText.dirty = true;
    return this.#lastText.extras;
  }

  #end(part: ProsePart): void {
    part.ended = true;
    part.hasText ||= part.kind !== 'reasoning';
    this.#handOutExtras(part);
    this.#sink.emit({ type: 'part_end', part_index: part.part_index });
  }

  #own(extras: JsonObject): ProviderMetadata {
    return { [this.#sink.key]: extras };
  }

  #handOutExtras(part: ProsePart): void {
    if (!part.dirty) return;
    part.dirty = false;
    const { kind, part_index, hasText } = part;
    this.#sink.emit({
      type: kind === 'reasoning' ? 'reasoning' : 'text',
      chunk: '',
      part_index,
      message_index: 0,
      ...(!hasText && { redacted: true }),
      provider_metadata: this.#own(copy(part.extras)),
    });
  }
}

function newPart(kind: ProsePart['kind'], part_index: number): ProsePart {
  return { kind, part_index, hasText: false, ended: false, extras: {}, dirty: false };
}

/**
 * OpenRouter streams a detail in pieces that have its type and index, and wants it back as one
 * (https://openrouter.ai/docs, "Preserving reasoning blocks").
 */
function addDetail(known: ReasoningDetail[], detail: ReasoningDetail): void {
  const last = known.at(-1);
  const goesOn =
    last !== undefined && detail.index !== undefined && detail.index === last.index && detail.type === last.type;
  if (!goesOn || typeof detail.data === 'string') {
    known.push({ ...detail });
    return;
  }
  const said = Object.entries(detail).filter(([, value]) => value !== null && value !== undefined);
  const joined = said.map(([key, value]) => {
    const before = last[key];
    const isText = (key === 'text' || key === 'summary') && typeof before === 'string' && typeof value === 'string';
    return [key, isText ? before + value : value] as const;
  });
  known[known.length - 1] = { ...last, ...Object.fromEntries(joined) };
}

/** What was handed out never changes, though the lists grow. */
function copy(extras: Readonly<Record<string, JsonValue>>): JsonObject {
  return Object.fromEntries(
    Object.entries(extras).map(([key, value]) => [key, Array.isArray(value) ? [...value] : value]),
  );
}
