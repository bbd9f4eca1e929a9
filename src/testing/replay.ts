// replay: a fetch that plays tapes.
import { asyncScheduler, Observable, type SchedulerLike, type Subscriber } from 'rxjs';
import { direct, type DirectFetch, type ResponseHead } from '../http/direct.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import { withFaultsOf, type Fault } from './faults.ts';
import { parseTapes, type Tape } from './tape.ts';

export interface ReplayOptions {
  /** How many times as fast as it was recorded; `Infinity` gives everything at once. Default 1. */
  readonly speed?: number | undefined;
  /** Done in the time of the replay: a stall is as long at any speed. */
  readonly faults?: ReplayFault | readonly ReplayFault[] | undefined;
}

/** A fault, and which of several tapes it is done to, counted from 0 as chunks are. Default: to every tape. */
export type ReplayFault = Fault & { readonly tape?: number | undefined };

/**
 * A fetch that answers with tapes, the first request with the first, whatever is asked. A request after the last is an
 * error that says so: also one of the retries that providers do by themselves.
 *
 * Models of rxllm play it on the scheduler of their prompt and without Promises, so that a whole run happens in virtual
 * time. What comes at the very end of a time limit comes in time. Called as a function, as others do, it gives a Response
 * in real time.
 *
 * A tape whose recording the client had left (`aborted`) breaks off there: what would have come is not known.
 *
 * @param tapes A tape or several, as text or parsed. A text may hold several, one after the other.
 * @throws LlmError `invalid_input` for what is no tape, no speed, or a fault that is not on the tape.
 *
 * @example
 * const model = openaiChat({ model: 'x', baseUrl, fetch: replay(tape, { faults: { do: 'cut', at: { byte: 120 } } }) });
 */
export function replay(
  tapes: string | Tape | readonly (string | Tape)[],
  { speed = 1, faults = [] }: ReplayOptions = {},
): DirectFetch {
  if (!(speed > 0)) throw new LlmError('invalid_input', `speed is a number above 0, not ${describe(speed)}`);
  const list = played(tapesOf(tapes), speed, [faults].flat());
  let count = 0;
  const next = (): Tape => {
    const tape = list[count++];
    if (tape) return tape;
    const there = list.length === 1 ? 'one tape' : `${list.length} tapes`;
    throw new LlmError(
      'invalid_input',
      `request ${count} came, but replay() has ${there}; give it a tape for each request, retries included (maxRetries: 0 turns them off)`,
    );
  };
  const fetch = async (_url: string, init?: RequestInit) => toResponse(next(), init?.signal ?? undefined);
  return Object.assign(fetch, {
    [direct]: ({ scheduler }: { readonly scheduler: SchedulerLike }) =>
      new Observable<ResponseHead | Uint8Array>((subscriber) => {
        try {
          play(next(), scheduler, subscriber);
        } catch (error) {
          // Not while it is being subscribed.
          subscriber.add(scheduler.schedule(() => subscriber.error(error)));
        }
      }),
  });
}

/** Tapes in any form as a list. */
export function tapesOf(tapes: string | Tape | readonly (string | Tape)[]): readonly Tape[] {
  return [tapes].flat().flatMap((tape) => (typeof tape === 'string' ? parseTapes(tape) : [tape]));
}

/** The tapes as they are played. */
function played(tapes: readonly Tape[], speed: number, faults: readonly ReplayFault[]): readonly Tape[] {
  const of = `of ${tapes.length}, counted from 0`;
  const astray = faults.find(({ tape }) => tape !== undefined && !tapes[tape]);
  if (astray) throw new LlmError('invalid_input', `the fault ${describe(astray)} is for a tape that is none ${of}`);
  return tapes.map((tape, index) => {
    const own = faults.filter((fault) => (fault.tape ?? index) === index);
    const name = tapes.length === 1 ? 'the tape' : `tape ${index} (${of}; a fault may say its "tape")`;
    return withFaultsOf(faster(tape, speed), own, name);
  });
}

function faster(tape: Tape, speed: number): Tape {
  const { headMs, chunks, end } = tape;
  return {
    ...tape,
    headMs: headMs / speed,
    chunks: chunks.map((chunk) => ({ ...chunk, ms: chunk.ms / speed })),
    end: { ...end, ms: end.ms / speed },
  };
}

/** Schedules everything at once, so that of two things at one time this one comes first. */
function play(
  { status, contentType, headMs, chunks, end }: Tape,
  scheduler: SchedulerLike,
  subscriber: Subscriber<ResponseHead | Uint8Array>,
): void {
  const steps: (readonly [ms: number, step: () => void])[] = [
    [headMs, () => subscriber.next({ status, contentType })],
    ...chunks.map(({ ms, bytes }) => [ms, () => subscriber.next(bytes)] as const),
  ];
  if (end.how === 'end') steps.push([end.ms, () => subscriber.complete()]);
  else if (end.how !== 'silence') steps.push([end.ms, () => subscriber.error(brokenOff(end.how))]);
  // One timer for what comes at one time.
  for (let from = 0, to = 0; from < steps.length; from = to) {
    const at = steps[from]![0];
    while (to < steps.length && steps[to]![0] === at) to += 1;
    const due = steps.slice(from, to);
    subscriber.add(
      scheduler.schedule(() => {
        for (const [, step] of due) step();
      }, at),
    );
  }
}

function brokenOff(how: string): Error {
  return new Error(how === 'aborted' ? 'the tape ends where its recording was aborted' : 'the tape breaks off here');
}

/** A tape as a Response in real time. */
function toResponse(tape: Tape, signal: AbortSignal | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    let body: ReadableStreamDefaultController<Uint8Array> | undefined;
    const fail = (error: unknown) => (body ? body.error(error) : reject(error));
    const leave = () => {
      subscription.unsubscribe();
      fail(signal?.reason);
    };
    const subscription = new Observable<ResponseHead | Uint8Array>((subscriber) =>
      play(tape, asyncScheduler, subscriber),
    ).subscribe({
      next(part) {
        if ('status' in part) {
          const { status, contentType } = part;
          const stream = new ReadableStream<Uint8Array>({
            start: (controller) => (body = controller),
            cancel: () => subscription.unsubscribe(),
          });
          const headers = { ...(contentType && { 'content-type': contentType }) };
          resolve(new Response([204, 205, 304].includes(status) ? null : stream, { status, headers }));
          // A copy: who reads it may change it.
        } else body?.enqueue(part.slice());
      },
      error: fail,
      complete: () => body?.close(),
    });
    subscription.add(() => signal?.removeEventListener('abort', leave));
    if (signal?.aborted) leave();
    else signal?.addEventListener('abort', leave);
  });
}
