// One turn of a chain: its events, in their places among those of the turns before.
import type { SchedulerLike } from 'rxjs';
import { isPartEvent } from '../values/allocate.ts';
import type { EventOf, FinishReason, StreamEvent } from '../values/event.ts';
import { MessageFold } from '../values/fold.ts';
import type { Message } from '../values/message.ts';
import type { ToolCallPart } from '../values/part.ts';
import { isForClient, pendingCalls } from '../values/pendingCalls.ts';
import { ResponseFold } from '../values/responseFold.ts';
import type { EndStatus, PromptJSON, ResponseJSON } from '../values/responseJson.ts';
import type { Usage } from '../values/usage.ts';
import { newId, nowUtc } from './id.ts';

/** Where the events of a turn begin. */
export interface Place {
  readonly part: number;
  readonly message: number;
}

/** A tool call of the turn. */
interface TurnCall {
  readonly message: number;
  /** Until it is complete. */
  open: MessageFold | undefined;
  isServers: boolean;
}

/** Calls by a number that says which is which, in their order. */
export type WaitingCalls = ReadonlyMap<number, ToolCallPart>;

export class ChainTurn {
  readonly #place: Place;
  #fold = new ResponseFold();
  /** By part, in the order in which they began; undefined for parts of other kinds. */
  #parts = new Map<number, TurnCall | undefined>();
  #messages = new Set<number>();
  #lastPart = -1;
  #lastMessage = -1;
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

  /** The messages so far. */
  get kept(): readonly Message[] {
    return this.#fold.kept;
  }

  /** What comes after this turn begins here. */
  get next(): Place {
    const { part, message } = this.#place;
    return { part: part + this.#lastPart + 1, message: message + this.#lastMessage + 1 };
  }

  /** Takes an event of the model; gives it back in its place, and the call that it completed. */
  take(event: StreamEvent): {
    readonly event: StreamEvent;
    readonly call?: { readonly part: ToolCallPart; readonly key: number };
  } {
    // The model says there who answers; who was asked stays.
    if (event.type === 'start') return { event };
    if (event.type === 'reset') {
      this.#fold = new ResponseFold();
      this.#fold.add(this.#start);
      this.#parts = new Map();
      this.#messages = new Set();
      return { event };
    }
    if (event.type === 'finish') this.finish = event;
    const placed = this.#fold.add(event);
    if (placed.type === 'part_end') {
      const call = this.#end(placed.part_index);
      return { event: this.#shift(placed), ...(call && { call }) };
    }
    if (isPartEvent(placed)) this.#note(placed, placed.part_index ?? 0, placed.message_index ?? 0);
    return { event: this.#shift(placed) };
  }

  /** The ends of calls that the model left open, at the end of a turn. */
  endOpenCalls(): readonly StreamEvent[] {
    const open = [...this.#parts].filter(([, call]) => call?.open);
    return open.map(([part_index]) => this.take({ type: 'part_end', part_index }).event);
  }

  /** The turn by itself. */
  toJSON(prompt: PromptJSON, status: EndStatus): ResponseJSON {
    return (status === 'done' ? this.#fold.end() : this.#fold).toJSON(prompt, status);
  }

  /** Of the messages of this turn, the calls that wait for the client, by their parts. */
  waiting(messages: readonly Message[]): WaitingCalls {
    // In the order of the messages, as the fold has it.
    const keys = [...this.#messages].flatMap((message) =>
      [...this.#parts].flatMap(([part, call]) =>
        call?.message === message && !call.isServers && !call.open ? [part] : [],
      ),
    );
    const calls = messages.flatMap(({ parts }) => parts).filter(isForClient);
    const pending = new Set(pendingCalls(messages));
    return new Map(calls.flatMap((call, at) => (pending.has(call) ? [[keys[at] ?? at, call] as const] : [])));
  }

  #note(event: StreamEvent, part: number, message: number): void {
    this.#lastPart = Math.max(this.#lastPart, part);
    this.#lastMessage = Math.max(this.#lastMessage, message);
    this.#messages.add(message);
    const isCall = event.type === 'tool_call_name' || event.type === 'tool_call_args';
    if (!this.#parts.has(part)) {
      this.#parts.set(part, isCall ? { message, open: new MessageFold(), isServers: false } : undefined);
    }
    const call = this.#parts.get(part);
    if (!call || !isCall) return;
    call.open?.add(event);
    if (event.server_executed) call.isServers = true;
  }

  #end(part: number): { readonly part: ToolCallPart; readonly key: number } | undefined {
    const call = this.#parts.get(part);
    const [made] = call?.open?.end().kept[0]?.parts ?? [];
    if (call) call.open = undefined;
    return made && isForClient(made) ? { part: made, key: part } : undefined;
  }

  #shift(event: StreamEvent): StreamEvent {
    const { part, message } = this.#place;
    if (event.type === 'part_end') return { ...event, part_index: event.part_index + part };
    if (!isPartEvent(event)) return event;
    const { part_index = 0, message_index = 0 } = event;
    return { ...event, part_index: part_index + part, message_index: message_index + message };
  }
}
