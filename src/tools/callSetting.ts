// With what a call is run, and what comes of it.
import type { Observable, SchedulerLike } from 'rxjs';
import type { EventOf } from '../values/event.ts';
import type { JsonValue } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import type { Tool } from './tool.ts';
import type { Verdict } from './verdicts.ts';

/** What somebody has decided about a call that waits for approval. */
export type ToolDecision =
  | {
      readonly approved: true;
      /** Used instead of those that were shown. */
      readonly arguments?: JsonValue;
    }
  | { readonly approved: false; readonly reason?: string };

/**
 * What may be done around each call; a Promise or an Observable that they return is waited for. What they throw ends
 * everything, and so does what they return that is neither nothing nor as said here, with `invalid_input`.
 */
export interface CallHooks {
  /** Called before each call, also of a tool that does not exist. `{ cancel }` cancels it: the model reads why. */
  readonly beforeCall?:
    ((call: ToolCallPart, tool: Tool | undefined) => Verdict<{ readonly cancel: string }>) | undefined;
  /**
   * Called with each result of a tool, also where its arguments did not fit; a result that it returns takes its place.
   * Where it fails, the result of the tool is kept as it was.
   */
  readonly afterCall?:
    ((call: ToolCallPart, tool: Tool, result: ToolResultPart) => Verdict<ToolResultPart>) | undefined;
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
