// A turn of a fake model: a marble diagram, and what its letters stand for.
import { TestScheduler } from 'rxjs/testing';
import { messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';

/** What a letter stands for: text, an event, or a list of these, which come one right after the other. */
export type Said = string | StreamEvent | readonly Said[];

export interface Turn {
  /**
   * RxJS's run-mode diagram: a character a millisecond, `|` completes, `#` fails, `(ab)` together, ` 240ms ` is a wait.
   * Without `|` and `#` the turn never ends.
   */
  readonly marbles: string;
  /** A letter that is not among them is a text of that letter. */
  readonly values?: Readonly<Record<string, Said>> | undefined;
  /** What `#` stands for. Default: LlmError `provider_error`. */
  readonly error?: unknown;
}

/**
 * A turn: what a fake model says to one request, and when.
 *
 * @throws LlmError `invalid_input` for a diagram that cannot be read.
 *
 * @example
 * turn('--a-b-|', { a: 'Hello ', b: 'world' });
 */
export function turn(marbles: string, values: Turn['values'] = {}, error?: unknown): Turn {
  const made: Turn = { marbles, values, ...(error !== undefined && { error }) };
  toMoments(made);
  return made;
}

/** What happens at one frame. */
export interface Moment {
  readonly frame: number;
  readonly events: readonly (string | StreamEvent)[];
  readonly end?: { readonly kind: 'complete' } | { readonly kind: 'error'; readonly error: unknown };
}

/** The diagram as what happens when. */
export function toMoments({ marbles, values = {}, error = defaultError }: Turn): readonly Moment[] {
  const moments: (Moment & { events: (string | StreamEvent)[] })[] = [];
  for (const { frame, notification } of parse(marbles, error)) {
    const last = moments.at(-1);
    if (last?.end) throw unreadable(marbles, 'something comes after its end');
    const moment = last?.frame === frame ? last : { frame, events: [] };
    if (moment !== last) moments.push(moment);
    if (notification.kind === 'N') moment.events.push(...flat(valueOf(notification.value, values)));
    else {
      const end = notification.kind === 'C' ? { kind: 'complete' as const } : { kind: 'error' as const, error };
      moments[moments.length - 1] = { ...moment, end };
    }
  }
  return moments;
}

const defaultError = new LlmError('provider_error', 'the script of the fake model fails here');

function valueOf(letter: string, values: NonNullable<Turn['values']>): Said {
  return Object.hasOwn(values, letter) ? values[letter]! : letter;
}

function flat(said: Said): readonly (string | StreamEvent)[] {
  return isList(said) ? said.flatMap(flat) : [said];
}

function isList(said: Said): said is readonly Said[] {
  return Array.isArray(said);
}

interface Message {
  readonly frame: number;
  readonly notification:
    { readonly kind: 'N'; readonly value: string } | { readonly kind: 'C' } | { readonly kind: 'E' };
}

/** Outside of `run()` RxJS counts ten a character; a turn is the same everywhere. */
class Frames extends TestScheduler {
  static override frameTimeFactor = 1;
}

function parse(marbles: string, error: unknown): readonly Message[] {
  if (typeof marbles !== 'string') throw unreadable(String(marbles), 'it is no text');
  if (marbles.includes('^')) throw unreadable(marbles, 'a turn begins when it is subscribed, so it has no "^"');
  try {
    return Frames.parseMarbles(marbles, undefined, error, false, true);
  } catch (cause) {
    throw unreadable(marbles, messageOf(cause));
  }
}

/** When an Observable is subscribed and left, by a subscription diagram. */
export function parseSubscription(marbles: string): { subscribedFrame: number; unsubscribedFrame: number } {
  return Frames.parseMarblesAsSubscriptions(marbles, true);
}

function unreadable(marbles: string, why: string): LlmError {
  return new LlmError('invalid_input', `the diagram "${marbles}" of a turn cannot be read: ${why}`);
}
