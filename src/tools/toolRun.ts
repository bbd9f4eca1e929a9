// The run of a tool: arguments, approval, its function, the hook after it.
import type { Observable, Subscriber } from 'rxjs';
import type { EventOf } from '../values/event.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { callArguments, checkArguments, type CallArguments } from './callArguments.ts';
import { cancelled, errorResult, pauseOf, toResult } from './callResult.ts';
import type { CallEvent, CallSetting, ToolDecision } from './callSetting.ts';
import { callTool } from './callTool.ts';
import { Progress } from './progress.ts';
import { settle, whenLast } from './settle.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { PauseChain, type Tool } from './tool.ts';

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
      const { needsApproval = false } = this.#tool;
      if (needsApproval === false) this.#run(fitting);
      else {
        const isNeeded = typeof needsApproval === 'function' ? () => needsApproval(fitting.args) : () => needsApproval;
        this.#last(settle(isNeeded), (needed) => (needed ? this.#askFor(fitting) : this.#run(fitting)));
      }
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
        const decision = value as ToolDecision | undefined;
        if (!decision) this.#out.error(new PauseChain(`a call of tool "${call.name}" waits for approval`));
        else if (!decision.approved)
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
      complete: () => this.#end(toResult(this.#call, progress.stop())),
    });
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
    if (!afterCall) finish(this.#out, result);
    else
      whenLast(
        this.#out,
        () => afterCall(this.#call, this.#tool, result),
        (changed) => finish(this.#out, isResult(changed) ? changed : result),
      );
  }
}

export function finish(out: Subscriber<CallEvent>, result: ToolResultPart): void {
  out.next({ type: 'result', result });
  out.complete();
}

function isResult(value: unknown): value is ToolResultPart {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'tool_result';
}
