// The text and reasoning parts of a response, by the ids that the AI SDK gives them.
import type { Notes } from './notes.ts';
import type { PartSink } from './sink.ts';
import type { ProviderOptions } from './types.ts';

type Kind = 'text' | 'reasoning';

interface Prose {
  readonly kind: Kind;
  /** Undefined as long as there is nothing to be seen: such a part may never come to be. */
  part_index: number | undefined;
  readonly position: number;
  metadata: ProviderOptions | undefined;
  sources: unknown[];
  citations: unknown;
  /** Whether there is something in the metadata that was not handed out yet. */
  dirty: boolean;
  /** The same of sources and citations; they only grow, so they are handed out when the part is complete. */
  growing: boolean;
}

export class ProseParts {
  readonly #sink: PartSink;
  readonly #open = new Map<string, Prose>();
  #lastText: Prose | undefined;
  /** Sources that came before any text. */
  readonly #early: unknown[] = [];

  constructor(sink: PartSink) {
    this.#sink = sink;
  }

  start(kind: Kind, id: string, metadata: ProviderOptions | undefined): void {
    this.#describe(this.#part(kind, id), metadata);
  }

  delta(kind: Kind, id: string, chunk: string, metadata: ProviderOptions | undefined): void {
    const part = this.#part(kind, id);
    this.#describe(part, metadata);
    if (chunk !== '') this.#emit(part, chunk);
  }

  end(kind: Kind, id: string, metadata: ProviderOptions | undefined, citations?: unknown): void {
    const key = `${kind}:${id}`;
    const part = this.#open.get(key);
    if (part === undefined) return;
    this.#open.delete(key);
    this.#describe(part, metadata);
    if (Array.isArray(citations) && citations.length > 0) {
      part.citations = citations;
      part.growing = true;
    }
    this.#end(part);
  }

  /** A source belongs to the text before it, or else to the first one after it. */
  source(source: unknown): void {
    const part = this.#lastText;
    (part?.sources ?? this.#early).push(source);
    if (part) part.growing = true;
  }

  /** Says that all is complete. */
  finish(): void {
    for (const part of this.#open.values()) this.#end(part);
    this.#open.clear();
    this.#handOut(this.#lastText);
  }

  #part(kind: Kind, id: string): Prose {
    const key = `${kind}:${id}`;
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const part: Prose = {
      kind,
      part_index: undefined,
      position: this.#sink.position,
      metadata: undefined,
      sources: [],
      citations: undefined,
      // Reasoning says whose it is, because a provider knows what to do with its own alone.
      dirty: kind === 'reasoning',
      growing: false,
    };
    this.#open.set(key, part);
    return part;
  }

  /** As in the AI SDK itself, what comes later replaces what came before. */
  #describe(part: Prose, metadata: ProviderOptions | undefined): void {
    if (!metadata) return;
    part.metadata = metadata;
    part.dirty = true;
  }

  #end(part: Prose): void {
    if (part.part_index === undefined) {
      // Text that is empty is no part; hidden reasoning is one if there is something to return.
      if (part.kind === 'text' || part.metadata === undefined) return;
      part.part_index = this.#sink.beginHidden();
      this.#emit(part, '', true);
    } else this.#handOut(part);
    this.#sink.emit({ type: 'part_end', part_index: part.part_index });
  }

  /** All that is known of a part, where something of it was not handed out yet. */
  #handOut(part: Prose | undefined): void {
    if (!part || !(part.dirty || part.growing)) return;
    const { sources, citations } = part;
    part.dirty = true;
    part.growing = false;
    const grown = {
      ...(sources.length > 0 && { sources }),
      ...(citations !== undefined && { citations }),
    };
    this.#emit(part, '', false, grown);
  }

  #emit(part: Prose, chunk: string, redacted = false, grown: Notes = {}): void {
    if (part.part_index === undefined) {
      part.part_index = this.#sink.begin();
      if (part.kind === 'text') {
        // What came about the text before since it ended.
        this.#handOut(this.#lastText);
        this.#lastText = part;
        part.sources = this.#early.splice(0);
        part.growing = part.sources.length > 0;
      }
    }
    const { kind, part_index, position, metadata, dirty } = part;
    part.dirty = false;
    const notes = { ...(metadata !== undefined && { metadata }), ...(redacted && { position }), ...grown };
    this.#sink.emit({
      type: kind,
      chunk,
      part_index,
      message_index: 0,
      ...(redacted && { redacted }),
      ...(dirty && { provider_metadata: this.#sink.metadata(notes) }),
    });
  }
}
