// One turn of a chain: its events, in their places among those of the turns before.
import type { SchedulerLike } from 'rxjs';
import { isPartEvent } from '../values/allocate.ts';
import type { EventOf, FinishReason, StreamEvent } from '../values/event.ts';
import { MessageFold } from '../values/fold.ts';
import type { ToolCallPart } from '../values/part.ts';
import { ResponseFold } from '../values/responseFold.ts';
import type { EndStatus, PromptJSON, ResponseJSON } from '../values/responseJson.ts';
import type { Usage } from '../values/usage.ts';
import { newId, nowUtc } from './id.ts';

/** Where the events of a turn begin. */
export interface Place {
  readonly part: number;
  readonly message: number;
}

export class ChainTurn {
  readonly #place: Place;
  #fold = new ResponseFold();
  /** By part: the calls that are not complete. */
  #open = new Map<number, MessageFold>();
  #seen = new Set<number>();
  /** Of the calls for the client, in their order. */
  #callParts: number[] = [];
  #lastPart = -1;
  readonly #start: EventOf<'start'>;
  finish: { readonly reason: FinishReason; readonly raw_reason?: string } | undefined;

  constructor(place: Place, model: string, scheduler: SchedulerLike) {
    this.#place = place;
    this.#start = { type: 'start', id: newId(scheduler), model, datetime_utc: nowUtc(scheduler) };
    this.#fold.add(this.#start);
  }

  get usage(): Usage | undefined {
    return this.#fold.usage;
  }

  get text(): string {
    return this.#fold.text;
  }

  /** What the next turn's parts begin with. */
  get nextPart(): number {
    return this.#place.part + this.#lastPart + 1;
  }

  /** Takes an event of the model; gives it back in its place, and the call that it completed. */
  take(event: StreamEvent): {
    readonly event: StreamEvent;
    readonly call?: { readonly part: ToolCallPart; readonly index: number };
  } {
    if (event.type === 'reset') {
      this.#fold = new ResponseFold();
      this.#fold.add(this.#start);
      this.#open = new Map();
      this.#seen = new Set();
      this.#callParts = [];
      return { event };
    }
    if (event.type === 'finish') this.finish = event;
    const placed = this.#fold.add(event);
    if (placed.type === 'part_end') {
      const call = this.#end(placed.part_index);
      return { event: this.#shift(placed), ...(call && { call }) };
    }
    if (isPartEvent(placed)) this.#note(placed, placed.part_index ?? 0);
    return { event: this.#shift(placed) };
  }

  /** The ends of calls that the model left open, at the end of a turn. */
  endOpenCalls(): readonly StreamEvent[] {
    return [...this.#open.keys()].map((part_index) => this.take({ type: 'part_end', part_index }).event);
  }

  /** The turn by itself. */
  toJSON(prompt: PromptJSON, status: EndStatus): ResponseJSON {
    return (status === 'done' ? this.#fold.end() : this.#fold).toJSON(prompt, status);
  }

  #note(event: StreamEvent, part: number): void {
    this.#lastPart = Math.max(this.#lastPart, part);
    if (event.type !== 'tool_call_name' && event.type !== 'tool_call_args') return;
    if (!this.#seen.has(part)) {
      this.#seen.add(part);
      this.#open.set(part, new MessageFold());
      if (!event.server_executed) this.#callParts.push(part);
    }
    this.#open.get(part)?.add(event);
  }

  #end(part: number): { readonly part: ToolCallPart; readonly index: number } | undefined {
    const [made] = this.#open.get(part)?.end().kept[0]?.parts ?? [];
    this.#open.delete(part);
    return made?.type === 'tool_call' && !made.server_executed
      ? { part: made, index: this.#callParts.indexOf(part) }
      : undefined;
  }

  #shift(event: StreamEvent): StreamEvent {
    const { part, message } = this.#place;
    if (event.type === 'part_end') return { ...event, part_index: event.part_index + part };
    if (!isPartEvent(event)) return event;
    const { part_index = 0, message_index = 0 } = event;
    return { ...event, part_index: part_index + part, message_index: message_index + message };
  }
}
