// What the events that a log forgets leave behind.
import { isPartEvent, familyOf } from '../../values/allocate.ts';
import type { StreamEvent } from '../../values/event.ts';
import { ResponseFold } from '../../values/responseFold.ts';
import { responseEvents } from '../../values/responseEvents.ts';
import type { ResponseJSON } from '../../values/responseJson.ts';

/**
 * Folds the first events of a run into a response that takes their place: made into events again, with the events after
 * it, it folds to the same messages as all events do.
 */
export class SnapshotFold {
  readonly #fold = new ResponseFold();
  #places = new Places();
  /** Whether an event did not fold, so that nothing can take its place any more. */
  #isBroken = false;
  /** Before this number it is of no use to try again. */
  #nextTry = 0;
  /** The number of the last event in it. */
  seq = 0;

  add(event: StreamEvent): void {
    this.seq += 1;
    try {
      const placed = this.#fold.add(event);
      if (event.type === 'reset') this.#places = new Places();
      this.#places.note(placed);
    } catch {
      this.#isBroken = true;
    }
  }

  /**
   * Undefined in mid tool call, after `finish`, where events did not fit together, and where parts would get other places
   * than those that later events name.
   */
  snapshot(): ResponseJSON | undefined {
    const { conflict, finish } = this.#fold;
    if (this.#isBroken || conflict || finish || this.#places.hasOpenCall || this.seq < this.#nextTry) return undefined;
    const response = this.#fold.toJSON({ messages: [] }, 'truncated');
    const places = new Places();
    for (const event of responseEvents(response)) places.note(event);
    if (places.isSame(this.#places)) return response;
    // As many events later as this has cost: what an event costs does not grow with what is there.
    this.#nextTry = this.seq + this.#places.count;
    return undefined;
  }
}

/** What there is that later events may go on with, or come before or after. */
class Places {
  /** Parts in the order of their first events, which is that within a message. */
  readonly #parts = new Map<number, string>();
  readonly #openCalls = new Set<number>();
  /** Results of tools and messages that were given; these go by their numbers. */
  readonly #others = new Set<string>();

  get hasOpenCall(): boolean {
    return this.#openCalls.size > 0;
  }

  get count(): number {
    return this.#parts.size + this.#others.size;
  }

  note(event: StreamEvent): void {
    if (event.type === 'part_end') this.#openCalls.delete(event.part_index);
    else if (event.type === 'tool_output') this.#others.add(`output ${event.message_index} ${event.part_index}`);
    else if (event.type === 'turn_start') {
      for (const at of event.messages.keys()) this.#others.add(`given ${event.message_index + at}`);
    } else if (isPartEvent(event) && event.part_index !== undefined) this.#notePart(event, event.part_index);
  }

  isSame(other: Places): boolean {
    const parts = [...other.#parts];
    return (
      this.count === other.count &&
      [...this.#parts].every(([at, is], order) => parts[order]?.[0] === at && parts[order][1] === is) &&
      [...this.#others].every((it) => other.#others.has(it))
    );
  }

  #notePart(event: Parameters<typeof familyOf>[0], at: number): void {
    const family = familyOf(event);
    const before = this.#parts.get(at);
    if (before === undefined && family === 'tool_call') this.#openCalls.add(at);
    const place = before ?? `${family} ${event.message_index ?? 0}`;
    // What is redacted comes first in its message.
    const isNowRedacted = event.type === 'reasoning' && event.redacted && !place.endsWith(' redacted');
    this.#parts.set(at, isNowRedacted ? `${place} redacted` : place);
  }
}
