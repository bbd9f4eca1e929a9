// coalesce: fewer, larger chunks, for slow readers.
import { asyncScheduler, map, Observable, Subscription, type OperatorFunction, type SchedulerLike } from 'rxjs';
import { subscribeWithin } from '../src/rx/subscribeWithin.ts';
import { createAllocator } from '../src/values/allocate.ts';
import { LlmError } from '../src/values/error.ts';
import type { EventOf, StreamEvent } from '../src/values/event.ts';

export interface CoalesceOptions {
  /** How long a chunk may be held back, in milliseconds from its arrival. Default: as long as others join it. */
  readonly maxMs?: number | undefined;
  /** How large joined chunks may become, in bytes of UTF-8. A larger chunk of the source stays whole. Default: any size. */
  readonly maxBytes?: number | undefined;
  /** For `maxMs`. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike | undefined;
}

/**
 * Joins neighbouring chunks into one event, to spare a socket or a view. Chunks are joined while their events differ in
 * nothing but `chunk`, so never across parts; any other event first lets out what is held, so the order stays. What
 * comes out makes the same messages. Events without indexes get them.
 *
 * ```marbles
 * source                   -t-t-r-t-------|
 * coalesce({ maxMs: 5 })   -----T-r----t--|
 * ```
 *
 * Loses nothing: what is held is emitted first when the source completes and when it errors. Holds one event, for at
 * most `maxMs` and up to `maxBytes`; unsubscribing drops it.
 *
 * @param options At least one of `maxMs` (milliseconds) and `maxBytes` (bytes of UTF-8), and a `scheduler`.
 * @throws LlmError `invalid_input` when both limits are missing or one makes no sense.
 *
 * @example
 * demo().prompt('Hi').pipe(coalesce({ maxMs: 100, maxBytes: 4096 })).subscribe((event) => console.log(event));
 */
export function coalesce(options: CoalesceOptions): OperatorFunction<StreamEvent | string, StreamEvent> {
  const { maxMs, maxBytes, scheduler = asyncScheduler } = options;
  if (maxMs === undefined && maxBytes === undefined) {
    throw new LlmError('invalid_input', 'coalesce() got no limit; give it maxMs, maxBytes or both');
  }
  checkLimit('maxMs', maxMs, 0);
  checkLimit('maxBytes', maxBytes, 1);
  return (source) =>
    new Observable((subscriber) => {
      let held: ChunkEvent | undefined;
      let heldBytes = 0;
      let timer = Subscription.EMPTY;

      function flush(): void {
        const event = held;
        held = undefined;
        timer.unsubscribe();
        if (event) subscriber.next(event);
      }

      function hasRoomFor(bytes: number): boolean {
        return maxBytes === undefined || heldBytes + bytes <= maxBytes;
      }

      function hold(event: ChunkEvent): void {
        const bytes = maxBytes === undefined ? 0 : byteLength(event.chunk);
        // Again if need be: a subscriber that makes the source emit while it is called puts the next chunk here.
        while (held && !(isAlike(held, event) && hasRoomFor(bytes))) flush();
        if (held) {
          held = { ...held, chunk: held.chunk + event.chunk };
          heldBytes += bytes;
        } else {
          held = event;
          heldBytes = bytes;
          if (maxMs !== undefined) subscriber.add((timer = scheduler.schedule(flush, maxMs)));
        }
        if (maxBytes !== undefined && heldBytes >= maxBytes) flush();
      }

      subscribeWithin(subscriber, source.pipe(map(createAllocator())), {
        next(event) {
          if (isChunk(event)) return hold(event);
          while (held) flush();
          subscriber.next(event);
        },
        error(error: unknown) {
          flush();
          subscriber.error(error);
        },
        complete() {
          flush();
          subscriber.complete();
        },
      });
    });
}

type ChunkEvent = EventOf<'text' | 'reasoning' | 'tool_call_name' | 'tool_call_args' | 'tool_result'>;

const chunkTypes: ReadonlySet<string> = new Set<ChunkEvent['type']>([
  'text',
  'reasoning',
  'tool_call_name',
  'tool_call_args',
  'tool_result',
]);

function isChunk(event: StreamEvent): event is ChunkEvent {
  return chunkTypes.has(event.type);
}

function isAlike(held: ChunkEvent, event: ChunkEvent): boolean {
  const keys = Object.keys(held) as (keyof ChunkEvent)[];
  return keys.length === Object.keys(event).length && keys.every((key) => key === 'chunk' || held[key] === event[key]);
}

/** Bytes in UTF-8. Each half of a surrogate pair counts two, so a pair that was cut in two counts what it will be. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
  }
  return bytes;
}

function checkLimit(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (value >= least && value < Infinity)) return;
  throw new LlmError('invalid_input', `coalesce() takes as ${name} a finite number from ${least}, not ${value}`);
}
