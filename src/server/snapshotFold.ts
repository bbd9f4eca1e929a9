// What the events that a log forgets leave behind.
import { isPartEvent, familyOf } from '../values/allocate.ts';
import type { StreamEvent } from '../values/event.ts';
import { ResponseFold } from '../values/responseFold.ts';
import { responseEvents } from '../values/responseEvents.ts';
import type { ResponseJSON } from '../values/responseJson.ts';

/**
 * Folds the first events of a run into a response that takes their place: made into events again, with the events after
 * it, it folds to the same messages as all events do.
 */
export class SnapshotFold {
  #fold = new ResponseFold();
  #places = new Map<number, string>();
  /** The number of the last event in it. */
  seq = 0;

  add(event: StreamEvent): void {
    this.seq += 1;
    if (event.type === 'reset') this.#places.clear();
    notePlace(this.#places, this.#fold.add(event));
  }

  /** Undefined in mid tool call, and where parts would get other places than those that later events name. */
  snapshot(): ResponseJSON | undefined {
    const response = this.#fold.toJSON({ messages: [] }, 'truncated');
    if (response.incomplete) return undefined;
    const places = new Map<number, string>();
    for (const event of responseEvents(response)) notePlace(places, event);
    const isSame =
      places.size === this.#places.size && [...this.#places].every(([at, place]) => places.get(at) === place);
    return isSame ? response : undefined;
  }
}

/** Notes what a part is that later events may go on with. */
function notePlace(places: Map<number, string>, event: StreamEvent): void {
  if (event.type === 'tool_output') places.set(event.part_index, `output ${event.message_index}`);
  if (!isPartEvent(event) || event.part_index === undefined) return;
  const isRedacted = 'redacted' in event && event.redacted;
  const before = places.get(event.part_index) ?? '';
  const place = `${familyOf(event)} ${event.message_index ?? 0}${isRedacted || before.endsWith(' redacted') ? ' redacted' : ''}`;
  places.set(event.part_index, place);
}
