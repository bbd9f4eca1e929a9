// Holds text back until it is known to be free of patterns.
import { isPartEvent } from './allocate.ts';
import { LlmError } from './error.ts';
import type { EventOf, StreamEvent } from './event.ts';
import { ResponseFold } from './responseFold.ts';
import type { Pattern } from './textPattern.ts';

export type GuardedType = 'text' | 'reasoning';
type GuardedEvent = EventOf<GuardedType>;

export interface Rules {
  readonly patterns: readonly Pattern[];
  readonly holdback: number;
  readonly types: ReadonlySet<string>;
}

/** The running text of one type. */
interface Track {
  /** The end of what has left, for lookbehind, and then what is held. */
  window: string;
  /** Where in `window` what is held begins. */
  from: number;
  /** The events of what is held, with that of their text which is held. */
  readonly queue: { readonly event: GuardedEvent | EventOf<'part_end'>; rest: string }[];
}

/** Takes the events of one run, and gives back those that may leave. Throws LlmError `guardrail` at a match. */
export class TextGuard {
  readonly #rules: Rules;
  readonly #fold = new ResponseFold();
  // In the order in which the types came, which is the order in which they leave at the end.
  readonly #tracks = new Map<string, Track>();
  readonly #parts = new Set<number>();
  /** Parts of which nothing has left yet, in the order in which they began, and what keeps their place. */
  readonly #unopened = new Map<number, StreamEvent>();
  #out: StreamEvent[] = [];

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  take(event: StreamEvent): readonly StreamEvent[] {
    if (event.type === 'finish') this.#letOutAll();
    if (event.type === 'reset') this.#reset();
    if (this.#isGuarded(event) && event.chunk !== '' && typeof event.chunk === 'string') this.#hold(event);
    else if (event.type === 'part_end' || this.#isGuarded(event)) this.#passAfterItsPart(event);
    else this.#emit(event);
    return this.#flush();
  }

  end(): readonly StreamEvent[] {
    this.#letOutAll();
    return this.#flush();
  }

  #flush(): readonly StreamEvent[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #isGuarded(event: StreamEvent): event is GuardedEvent {
    return this.#rules.types.has(event.type) && (event.type === 'text' || isPartEvent(event));
  }

  #reset(): void {
    this.#tracks.clear();
    this.#parts.clear();
    this.#unopened.clear();
  }

  #hold(event: GuardedEvent): void {
    const { type, chunk, part_index = 0, message_index = 0 } = event;
    // A space between two turns is of no part.
    if (isPartEvent(event) && !this.#parts.has(part_index)) {
      this.#parts.add(part_index);
      this.#unopened.set(part_index, { type, chunk: '', part_index, message_index });
    }
    const track = this.#tracks.get(type) ?? { window: '', from: 0, queue: [] };
    this.#tracks.set(type, track);
    track.window += chunk;
    track.queue.push({ event, rest: chunk });
    this.#letOut(track, this.#safeEnd(type, track, false));
  }

  #passAfterItsPart(event: GuardedEvent | EventOf<'part_end'>): void {
    for (const { queue } of this.#tracks.values()) {
      // From the end, where it is as a rule.
      if (queue.findLast((held) => held.event.part_index === event.part_index)) {
        queue.push({ event, rest: '' });
        return;
      }
    }
    this.#emit(event);
  }

  #letOutAll(): void {
    const ends = [...this.#tracks].map(([type, track]) => [track, this.#safeEnd(type, track, true)] as const);
    for (const [track, end] of ends) this.#letOut(track, end);
  }

  /** How far into the window text may leave. */
  #safeEnd(type: string, { window, from }: Track, isLast: boolean): number {
    const { patterns, holdback } = this.#rules;
    for (const pattern of patterns) {
      const match = pattern.find(window, from);
      // One that may still be undone is within `holdback` of the end, so it stays held.
      const isHit =
        match &&
        (isLast ||
          pattern.waits === false ||
          window.length > match.start + holdback ||
          (pattern.waits === 'touching' && match.end < window.length));
      if (isHit) throw this.#hit(type, pattern.name(window.slice(match.start, match.end)));
    }
    return isLast ? window.length : Math.max(from, beforePair(window, window.length - holdback));
  }

  #hit(type: string, name: string): LlmError {
    const message = `the ${type} of the response matches ${name}; it was stopped, and nothing of the match let through`;
    return new LlmError('guardrail', message, { partial: this.#fold.toJSON({ messages: [] }, 'failed') });
  }

  #letOut(track: Track, end: number): void {
    const { queue, window } = track;
    let free = end - track.from;
    for (let [head] = queue; head && head.rest.length <= free; [head] = queue) {
      const { event, rest } = head;
      free -= rest.length;
      queue.shift();
      this.#emit(event.type === 'part_end' || event.chunk === rest ? event : { ...event, chunk: rest });
    }
    const [head] = queue;
    if (head && free > 0 && head.event.type !== 'part_end') {
      this.#emit({ ...head.event, chunk: head.rest.slice(0, free) });
      head.rest = head.rest.slice(free);
    }
    // One more than lookbehind may read, so that the beginning of the window is not taken for that of the text.
    const forgotten = beforePair(window, Math.max(0, end - this.#rules.holdback - 1));
    track.window = window.slice(forgotten);
    track.from = end - forgotten;
  }

  #emit(event: StreamEvent): void {
    if (isPartEvent(event)) this.#open(event.part_index ?? 0);
    this.#out.push(this.#fold.add(event));
  }

  // The fold puts parts in the order of their first events.
  #open(part: number): void {
    if (this.#parts.has(part) && !this.#unopened.has(part)) return;
    this.#parts.add(part);
    for (const [index, place] of this.#unopened) {
      this.#unopened.delete(index);
      if (index === part) return;
      this.#out.push(this.#fold.add(place));
    }
  }
}

/** The index, or the one before it if it is in the middle of a surrogate pair. */
function beforePair(text: string, index: number): number {
  return /^[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(Math.max(0, index - 1), index + 1)) ? index - 1 : index;
}
