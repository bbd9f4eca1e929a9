// Following a stream over a connection that may break: every event once, in order.
import { Observable } from 'rxjs';
import { fromCursor, toCursor, type Position } from '../protocol/cursor.ts';
import type { Gone, HubEntry, HubEvent } from '../protocol/entry.ts';
import type { EventsMessage, ServerMessage } from '../protocol/messages.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import { responseEvents } from '../values/responseEvents.ts';
import type { Link } from './link.ts';

/** How many follow each stream of a link. */
export type Followers = Map<string, number>;

/**
 * Each follower keeps its own place, and asks for what comes after it whenever the connection is there. A socket carries a
 * stream once: one who begins earlier makes the server go back, and the others pass over what they have.
 *
 * @throws LlmError `invalid_input` for what is no cursor.
 */
export function follow(link: Link, followers: Followers, stream: string, after?: string): Observable<HubEntry> {
  const from = after === undefined ? undefined : fromCursor(after);
  if (after !== undefined && !from) throw new LlmError('invalid_input', `after is a cursor, not ${describe(after)}`);
  return new Observable((subscriber) => {
    let place: Position | undefined = from;
    /** Whether the answer is still to come. */
    let isAsking = false;

    function ask(): void {
      isAsking = true;
      link.send({ type: 'attach', stream, ...(place && { after: toCursor(place) }) });
    }

    function emit(at: Position, event: HubEvent): void {
      place = at;
      subscriber.next({ seq: at.seq, cursor: toCursor(at), event });
      if (event.type === 'end') subscriber.complete();
    }

    function take({ run, seq, events }: EventsMessage): void {
      // Who begins takes nothing that was on its way to another before: it may be of a run that is over.
      if (!place && isAsking) return;
      const wanted = (place?.run ?? run) === run ? (place?.seq ?? 0) + 1 : Infinity;
      // What is later than the next was sent for another follower; the next is on its way.
      if (seq > wanted) return;
      for (let at = wanted; at < seq + events.length && !subscriber.closed; at += 1) {
        emit({ run, seq: at }, events[at - seq]!);
      }
      // Who came with the cursor of the end knows everything.
      if (wanted === seq + events.length && events.at(-1)?.type === 'end') subscriber.complete();
    }

    function isGone({ run, first, last }: Gone): boolean {
      return place ? place.run !== run || place.seq < first - 1 || place.seq > last : first > 1;
    }

    /** The snapshot counts as a whole: who leaves in its midst has the cursor before it. */
    function beginAnew({ run, snapshot }: Gone): void {
      const { seq, response } = snapshot ?? { seq: 0 };
      const events = [{ type: 'reset' } as const, ...(response ? responseEvents(response) : [])];
      place = { run, seq };
      for (const [at, event] of events.entries()) {
        const isLast = at === events.length - 1;
        subscriber.next({ seq, cursor: toCursor({ run, seq: isLast ? seq : 0 }), event });
      }
      if (!subscriber.closed) ask();
    }

    function hear(message: ServerMessage): void {
      if (!('stream' in message) || message.stream !== stream) return;
      switch (message.type) {
        case 'events':
          return take(message);
        case 'attached':
          // Another follower got a later run than ours: what becomes of ours is told to who asks.
          if (place && place.run !== message.run && !isAsking) return ask();
          isAsking = false;
          return undefined;
        case 'gone':
          if (isGone(message)) return beginAnew(message);
          // Another follower's place is gone, and may have taken along what was on its way to us.
          return isAsking ? undefined : ask();
        case 'refused': {
          const { code, message: why, retryable } = message.error;
          return subscriber.error(new LlmError(code, why, { retryable }));
        }
        default:
          return undefined;
      }
    }

    subscriber.add(link.messages$.subscribe(hear));
    subscriber.add(link.refused$.subscribe((error) => subscriber.error(error)));
    subscriber.add(link.opened$.subscribe(ask));
    followers.set(stream, (followers.get(stream) ?? 0) + 1);
    const leave = link.use();
    subscriber.add(() => {
      const left = (followers.get(stream) ?? 1) - 1;
      if (left > 0) followers.set(stream, left);
      else {
        followers.delete(stream);
        link.send({ type: 'detach', stream });
      }
      leave();
    });
    if (link.isOpen) ask();
  });
}
