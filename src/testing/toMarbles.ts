// toMarbles: a turn for a fake model, made from what a model once said.
import { VirtualTimeScheduler, type Timestamp } from 'rxjs';
import { direct, type DirectFetch } from '../http/direct.ts';
import type { Model } from '../response/defineModel.ts';
import type { ModelRequest } from '../response/model.ts';
import { requestEvents } from '../response/requestEvents.ts';
import { user } from '../values/builders.ts';
import { LlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import { draw, freshLetters } from './diagram.ts';
import { replay, tapesOf } from './replay.ts';
import { parseTape, type Tape } from './tape.ts';
import type { Said, Turn } from './turn.ts';

/** Makes the model that reads a tape, with the fetch that plays it. */
export type ModelMaker = (fetch: DirectFetch) => Pick<Model, 'stream' | 'id'>;

/** Events with the time at which they came, as RxJS's `timestamp()` gives them, or alone. */
export type TimedEvents = readonly (StreamEvent | string | Timestamp<StreamEvent | string>)[];

/**
 * What a model makes of a tape, or events, as a turn that `fakeModel` plays: the same events at the same time, or the
 * same error. Plain data but for the error, to be kept or read.
 *
 * A frame is a millisecond, times are rounded to whole ones. What comes at the same frame is one letter; waits of more
 * than 12 frames are written as ` 240ms `. The events are those of the model, so `start` has neither id nor date: a
 * response adds its own. Of events without times the first comes at frame 0 and each later one a frame after the one
 * before, and the turn completes with the last one; of those with times the first comes at frame 0.
 *
 * Of a list of tapes it makes a turn each, which `fakeModel` plays one after the other.
 *
 * @param make Makes the model. It gets the key `tape`, so that none is needed.
 * @throws LlmError `invalid_input` for a damaged tape, for a text of several outside of a list (`parseTapes` makes one),
 * and for a model that sends a second request or waits for a Promise: turn its retries off with `maxRetries: 0`.
 *
 * @example
 * const turn = toMarbles(tape, (fetch) => openaiChat({ model: 'x', fetch }));
 * const turns = toMarbles(parseTapes(tapes), (fetch) => openaiChat({ model: 'x', fetch }));
 */
export function toMarbles(tape: string | Tape, make: ModelMaker): Turn;
export function toMarbles(tapes: readonly (string | Tape)[], make: ModelMaker): readonly Turn[];
export function toMarbles(events: TimedEvents): Turn;
export function toMarbles(source: Tapes | TimedEvents, make?: ModelMaker): Turn | readonly Turn[] {
  if (make) {
    const given = source as Tapes;
    const turnOf = (tape: Tape) => turnOfTape(tape, make);
    return isList(given) ? tapesOf(given).map(turnOf) : turnOf(typeof given === 'string' ? parseTape(given) : given);
  }
  if (isList(source)) return turnOfEvents(source as TimedEvents);
  throw new LlmError('invalid_input', 'toMarbles() of a tape needs a function that makes the model which reads it');
}

type Tapes = string | Tape | readonly (string | Tape)[];

interface Timed {
  readonly frame: number;
  readonly event: StreamEvent | string;
}

type End = { readonly kind: 'complete' | 'error'; readonly frame?: number; readonly error?: unknown };

function turnOfTape(tape: Tape, make: ModelMaker): Turn {
  const scheduler = new VirtualTimeScheduler();
  const sent = { count: 0 };
  const model = make(counted(replay(tape), sent));
  const request: ModelRequest = {
    messages: [user('Hi')],
    options: {},
    tools: [],
    hideReasoning: false,
    stream: true,
    raw: false,
  };
  const events: Timed[] = [];
  let end: End | undefined;
  const subscription = requestEvents(model, request, { key: 'tape', scheduler }).subscribe({
    next: (event) => events.push({ frame: scheduler.frame, event }),
    error: (error: unknown) => (end = { kind: 'error', frame: scheduler.frame, error }),
    complete: () => (end = { kind: 'complete', frame: scheduler.frame }),
  });
  scheduler.flush();
  subscription.unsubscribe();
  if (sent.count > 1) {
    const what = `the model "${model.id}" sent ${sent.count} requests, and there is one tape`;
    throw new LlmError('invalid_input', `${what}; turn its retries off with maxRetries: 0`);
  }
  if (sent.count === 0 || !end) {
    const why = sent.count === 0 ? 'it waits for a Promise' : 'it has no time limit for a tape that ends in silence';
    throw new LlmError('invalid_input', `the model "${model.id}" did not come to an end in virtual time: ${why}`);
  }
  return toTurn(events, end);
}

/** Of a fetch that is called instead nothing would come in virtual time. */
function counted(fetch: DirectFetch, sent: { count: number }): DirectFetch {
  const play = fetch[direct];
  return Object.assign(() => Promise.reject(new Error('toMarbles() plays in virtual time only')), {
    [direct]: (request: Parameters<typeof play>[0]) => {
      sent.count += 1;
      return play(request);
    },
  });
}

function isList<T>(source: T): source is Extract<T, readonly unknown[]> {
  return Array.isArray(source);
}

function turnOfEvents(events: TimedEvents): Turn {
  return toTurn(timesOf(events), { kind: 'complete' });
}

function timesOf(events: TimedEvents): readonly Timed[] {
  const first = events.find(isTimed)?.timestamp ?? 0;
  let frame = -1;
  return events.map((event) => {
    if (!isTimed(event)) return { frame: (frame += 1), event };
    // A clock that was set back stands still.
    frame = Math.max(frame, 0, Math.round(event.timestamp - first));
    return { frame, event: event.value };
  });
}

function isTimed(event: TimedEvents[number]): event is Timestamp<StreamEvent | string> {
  return typeof event === 'object' && 'timestamp' in event;
}

function toTurn(events: readonly Timed[], end: End): Turn {
  const frames = new Map<number, (StreamEvent | string)[]>();
  for (const { frame, event } of events) {
    const there = frames.get(frame);
    if (there) there.push(event);
    else frames.set(frame, [event]);
  }
  const values: Record<string, Said> = {};
  const known = new Map<string, string>();
  const letters = freshLetters(new Set());
  const marks: { readonly frame: number; readonly letters: string[] }[] = [];
  for (const [frame, said] of frames) {
    const key = JSON.stringify(said);
    const letter = known.get(key) ?? (letters.next().value as string);
    known.set(key, letter);
    values[letter] = said.length === 1 ? said[0]! : said;
    marks.push({ frame, letters: [letter] });
  }
  const last = marks.at(-1);
  const sign = end.kind === 'complete' ? '|' : '#';
  const frame = end.frame ?? last?.frame ?? 0;
  if (last?.frame === frame) last.letters.push(sign);
  else marks.push({ frame, letters: [sign] });
  const marbles = draw([marks]).rows[0] ?? '';
  return { marbles, values, ...(end.kind === 'error' && { error: end.error }) };
}
