// One tool call, from the hook before it to its result.
import { Observable } from 'rxjs';
import type { ToolCallPart } from '../values/part.ts';
import { cancelled, errorResult, named } from './callResult.ts';
import type { CallEvent, CallSetting } from './callSetting.ts';
import { whenLast } from './settle.ts';
import { finish, ToolRun } from './toolRun.ts';
import { cancelReason } from './verdicts.ts';

export type { CallEvent, CallHooks, CallResult, CallSetting, ToolDecision } from './callSetting.ts';

/**
 * Runs a call: events of its progress, then its result, and another one where a hook changes it. What goes wrong in the
 * tool is a result, for the model to read, that begins with `Error:`. Errors with what a hook throws, and with PauseChain.
 * Unsubscribing aborts the tool.
 */
export function runCall(call: ToolCallPart, setting: CallSetting): Observable<CallEvent> {
  return new Observable((subscriber) => {
    const { tools, beforeCall } = setting;
    const tool = tools.find(({ name }) => name === call.name);
    const proceed = (verdict: unknown) => {
      const reason = cancelReason(call, verdict);
      if (reason !== undefined) finish(subscriber, cancelled(call, 'Cancelled', reason));
      else if (tool) new ToolRun(call, tool, setting, subscriber).begin();
      else finish(subscriber, errorResult(call, named('UnknownTool', `tool "${call.name}" does not exist`)));
    };
    if (beforeCall) whenLast(subscriber, () => beforeCall(call, tool), proceed);
    else proceed(undefined);
  });
}
