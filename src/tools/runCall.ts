// One tool call, from the hook before it to its result.
import { isObservable, Observable, type SchedulerLike, type Subscriber } from 'rxjs';
import type { EventOf, StreamEvent } from '../values/event.ts';
import type { JsonValue } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { validArguments } from './callArguments.ts';
import { cancelled, errorResult, named, toResult } from './callResult.ts';
import { isEventSource, nestedRun } from './nestedRun.ts';
import { settle } from './settle.ts';
import { PauseChain, type Tool } from './tool.ts';

/** What somebody has decided about a call that waits for approval. */
export type ToolDecision =
  | {
      readonly approved: true;
      /** Used instead of those that the model gave. */
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
  /** Called with each result of a tool that has run; a result that it returns takes its place. What it throws ends everything. */
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

/**
 * Runs a call: events of its progress, then its result. What goes wrong in the tool is a result, for the model to read,
 * that begins with `Error:`. Errors with what a hook throws, and with PauseChain. Unsubscribing aborts the tool.
 */
export function runCall(call: ToolCallPart, setting: CallSetting): Observable<CallEvent> {
  return new Observable((subscriber) => {
    const { tools, beforeCall, afterCall } = setting;
    const tool = tools.find(({ name }) => name === call.name);

    function finish(result: ToolResultPart): void {
      subscriber.next({ type: 'result', result });
      subscriber.complete();
    }

    function finishAfterHook(result: ToolResultPart): void {
      if (!afterCall || !tool) finish(result);
      else
        whenLast(
          subscriber,
          () => afterCall(call, tool, result),
          (changed) => finish(isResult(changed) ? changed : result),
        );
    }

    function run(args: JsonValue): void {
      const last = new LastValue(call, setting.scheduler, subscriber);
      subscriber.add(
        callTool(call, args, tool, setting, subscriber).subscribe({
          next: (value) => last.take(value),
          error(error: unknown) {
            last.stop();
            if (error instanceof PauseChain) subscriber.error(error);
            else finishAfterHook(errorResult(call, error));
          },
          complete: () => finishAfterHook(toResult(call, last.stop())),
        }),
      );
    }

    function approve(): void {
      subscriber.next({ type: 'tool_approval', call });
      const decided = (decision: ToolDecision | undefined) => {
        if (decision === undefined) {
          subscriber.error(new PauseChain(`a call of tool "${call.name}" waits for approval`));
        } else if (decision.approved) run(decision.arguments ?? call.arguments);
        else finish(cancelled(call, 'Denied', decision.reason ?? 'it may not be run'));
      };
      whenLast(
        subscriber,
        () => setting.decide?.(call),
        (value) => decided(value as ToolDecision | undefined),
      );
    }

    function proceed(verdict: unknown): void {
      if (isCancel(verdict)) finish(cancelled(call, 'Cancelled', verdict.cancel));
      else if (!tool) finish(errorResult(call, named('UnknownTool', `tool "${call.name}" does not exist`)));
      else if (needsApproval(tool, call)) approve();
      else run(call.arguments);
    }

    if (beforeCall) whenLast(subscriber, () => beforeCall(call, tool), proceed);
    else proceed(undefined);
  });
}

/** Calls back with the last value; what goes wrong is the error of the subscriber. */
function whenLast(subscriber: Subscriber<CallEvent>, call: () => unknown, next: (value: unknown) => void): void {
  let last: unknown;
  const guarded = (step: () => void) => {
    try {
      step();
    } catch (error) {
      subscriber.error(error);
    }
  };
  subscriber.add(
    settle(call).subscribe({
      next: (value) => (last = value),
      error: (error: unknown) => subscriber.error(error),
      complete: () => guarded(() => next(last)),
    }),
  );
}

/** Holds a value until it is known whether it is the last one: when another comes, or time goes on. */
class LastValue {
  readonly #call: ToolCallPart;
  readonly #scheduler: SchedulerLike;
  readonly #subscriber: Subscriber<CallEvent>;
  #value: unknown;
  #isNew = false;
  #isTicking = false;

  constructor(call: ToolCallPart, scheduler: SchedulerLike, subscriber: Subscriber<CallEvent>) {
    this.#call = call;
    this.#scheduler = scheduler;
    this.#subscriber = subscriber;
  }

  take(value: unknown): void {
    this.#tell();
    this.#value = value;
    this.#isNew = true;
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.#subscriber.add(
      this.#scheduler.schedule(() => {
        this.#isTicking = false;
        this.#tell();
      }),
    );
  }

  /** The last value; nothing more is told. */
  stop(): unknown {
    this.#isNew = false;
    return this.#value;
  }

  #tell(): void {
    if (!this.#isNew) return;
    this.#isNew = false;
    const { name, tool_call_id } = this.#call;
    const value = this.#value === undefined ? null : (this.#value as JsonValue);
    this.#subscriber.next({
      type: 'tool_progress',
      tool_name: name,
      ...(tool_call_id !== undefined && { tool_call_id }),
      value,
    });
  }
}

/** What the tool gives back: its values, or the text of the response that it gives back. */
function callTool(
  call: ToolCallPart,
  given: JsonValue,
  tool: Tool | undefined,
  { messages, scheduler }: CallSetting,
  subscriber: Subscriber<CallEvent>,
): Observable<unknown> {
  return new Observable((values) => {
    const controller = new AbortController();
    values.add(() => controller.abort());
    const use = (args: Record<string, JsonValue>) => {
      if (!tool?.run) throw named('UnknownTool', `tool "${call.name}" has no implementation`);
      const value = tool.run(args, { call, signal: controller.signal, messages, scheduler });
      return isObservable(value) && isEventSource(value)
        ? nestedRun(call, value as Observable<StreamEvent>, (event) => subscriber.next(event))
        : value;
    };
    const checked = new Observable<unknown>((inner) => {
      inner.add(
        settle(() => validArguments(tool, given)).subscribe({
          next: (args) => inner.add(settle(() => use(args as Record<string, JsonValue>)).subscribe(inner)),
          error: (error: unknown) => inner.error(error),
        }),
      );
    });
    values.add(checked.subscribe(values));
  });
}

function needsApproval({ needsApproval: needs = false }: Tool, call: ToolCallPart): boolean {
  return typeof needs === 'function' ? needs(call.arguments) : needs;
}

function isCancel(verdict: unknown): verdict is { readonly cancel: string } {
  return typeof verdict === 'object' && verdict !== null && 'cancel' in verdict && typeof verdict.cancel === 'string';
}

function isResult(value: unknown): value is ToolResultPart {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'tool_result';
}
