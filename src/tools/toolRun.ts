// The run of a tool: arguments, approval, its function, the hook after it.
import type { Observable, Subscriber } from 'rxjs';
import type { EventOf } from '../values/event.ts';
import type { JsonValue } from '../values/json.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { callArguments, checkArguments, type CallArguments } from './callArguments.ts';
import { cancelled, errorResult, pauseOf, toResult } from './callResult.ts';
import type { CallEvent, CallSetting } from './callSetting.ts';
import { callTool } from './callTool.ts';
import { Progress } from './progress.ts';
import { settle, whenLast } from './settle.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { PauseChain, type Tool } from './tool.ts';
import { resultAfter } from './verdicts.ts';

/** A decision as it may come at run time: what is no clear yes is a no. */
interface Decided {
  readonly approved?: unknown;
  readonly arguments?: JsonValue;
  readonly reason?: string;
}

export class ToolRun {
  readonly #call: ToolCallPart;
  readonly #tool: Tool;
  readonly #setting: CallSetting;
  readonly #out: Subscriber<CallEvent>;

  constructor(call: ToolCallPart, tool: Tool, setting: CallSetting, out: Subscriber<CallEvent>) {
    this.#call = call;
    this.#tool = tool;
    this.#setting = setting;
    this.#out = out;
  }

  begin(): void {
    // Before anybody is asked to approve: what is approved is what runs, and nobody is asked about what cannot run.
    this.#last(callArguments(this.#tool, this.#call.arguments), (fitting) => {
      const tool = this.#tool;
      const isNeeded = () =>
        typeof tool.needsApproval === 'function' ? tool.needsApproval(fitting.args) : tool.needsApproval;
      this.#last(settle(isNeeded), (needed) => (needed ? this.#askFor(fitting) : this.#run(fitting)));
    });
  }

  #askFor(fitting: CallArguments): void {
    const call = this.#call;
    const { given } = fitting;
    this.#out.next({ type: 'tool_approval', call: given === call.arguments ? call : { ...call, arguments: given } });
    whenLast(
      this.#out,
      () => this.#setting.decide?.(call),
      (value) => {
        const decision = value as Decided | undefined;
        if (!decision) this.#out.error(new PauseChain(`a call of tool "${call.name}" waits for approval`));
        else if (decision.approved !== true)
          finish(this.#out, cancelled(call, 'Denied', decision.reason ?? 'it may not be run'));
        else if (decision.arguments === undefined) this.#run(fitting);
        else this.#last(checkArguments(this.#tool, decision.arguments), (edited) => this.#run(edited));
      },
    );
  }

  #run({ args }: CallArguments): void {
    const { messages, scheduler } = this.#setting;
    const progress = new Progress(this.#call, scheduler, this.#out);
    const tell = (event: EventOf<'nested'>) => {
      // What was held is not the result: that is the text of the response.
      progress.tell();
      this.#out.next(event);
    };
    subscribeWithin(this.#out, callTool(this.#call, this.#tool, { args, messages, scheduler }, tell), {
      next: (value) => progress.take(value),
      error: (error: unknown) => {
        progress.tell();
        this.#fail(error);
      },
      complete: () => this.#take(progress.stop()),
    });
  }

  #take(value: unknown): void {
    let result: ToolResultPart;
    try {
      result = toResult(this.#call, value);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#end(result);
  }

  /** Goes on with the last value; what goes wrong is the tool's fault. */
  #last<T>(values$: Observable<T>, next: (value: T) => void): void {
    let last: T;
    subscribeWithin(this.#out, values$, {
      next: (value) => (last = value),
      error: (error: unknown) => this.#fail(error),
      complete: () => next(last),
    });
  }

  #fail(error: unknown): void {
    const pause = pauseOf(error);
    if (pause) this.#out.error(pause);
    else this.#end(errorResult(this.#call, error));
  }

  #end(result: ToolResultPart): void {
    const { afterCall } = this.#setting;
    if (!afterCall) {
      finish(this.#out, result);
      return;
    }
    // Before the hook, which may fail: what the tool has done is done.
    this.#out.next({ type: 'result', result });
    whenLast(
      this.#out,
      () => afterCall(this.#call, this.#tool, result),
      (verdict) => finish(this.#out, resultAfter(result, verdict)),
    );
  }
}

export function finish(out: Subscriber<CallEvent>, result: ToolResultPart): void {
  out.next({ type: 'result', result });
  out.complete();
}
