// With what a call is run, and what comes of it.
import type { Observable, SchedulerLike } from 'rxjs';
import type { EventOf } from '../values/event.ts';
import type { JsonValue } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import type { Tool } from './tool.ts';

/** What somebody has decided about a call that waits for approval. */
export type ToolDecision =
  | {
      readonly approved: true;
      /** Used instead of those that were shown. */
      readonly arguments?: JsonValue;
    }
  | { readonly approved: false; readonly reason?: string };

/** What may be done around each call; a Promise or an Observable that they return is waited for. */
export interface CallHooks {
  /**
   * Called before each call, also of a tool that does not exist. `{ cancel }` cancels it: the model reads why. What it
   * throws ends everything.
   */
  readonly beforeCall?: ((call: ToolCallPart, tool: Tool | undefined) => unknown) | undefined;
  /**
   * Called with each result of a tool, also where its arguments did not fit; a result that it returns takes its place.
   * What it throws ends everything.
   */
  readonly afterCall?: ((call: ToolCallPart, tool: Tool, result: ToolResultPart) => unknown) | undefined;
}

/** With what calls are run. */
export interface CallSetting extends CallHooks {
  readonly tools: readonly Tool[];
  /** Everything said so far. */
  readonly messages: readonly Message[];
  readonly scheduler: SchedulerLike;
  /** The decision about a call, once; an end without one pauses. Default: pauses at once. */
  readonly decide?: ((call: ToolCallPart) => Observable<ToolDecision>) | undefined;
}

export interface CallResult {
  readonly type: 'result';
  readonly result: ToolResultPart;
}

export type CallEvent = EventOf<'tool_progress' | 'tool_approval' | 'nested'> | CallResult;
