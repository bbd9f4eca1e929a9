// Runs the function of a tool.
import { isObservable, Observable, tap } from 'rxjs';
import type { EventOf } from '../values/event.ts';
import type { ToolCallPart } from '../values/part.ts';
import { named } from './callResult.ts';
import { valuesOf } from './nestedRun.ts';
import { settle } from './settle.ts';
import type { Tool, ToolContext } from './tool.ts';

/** What its function gets. */
export interface ToolCall extends Omit<ToolContext, 'call' | 'signal'> {
  readonly args: Parameters<NonNullable<Tool['run']>>[0];
}

/**
 * What the tool gives back: its values, or the text of the response that it gives back, whose events are told.
 * Unsubscribing aborts the tool; its end does not.
 */
export function callTool(
  call: ToolCallPart,
  tool: Tool,
  { args, ...context }: ToolCall,
  tell: (event: EventOf<'nested'>) => void,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    let hasEnded = false;
    const end = () => (hasEnded = true);
    subscriber.add(() => {
      // What a tool has begun and handed on, such as a body that is still being read, may go on after its result.
      if (!hasEnded) controller.abort();
    });
    const run = () => {
      if (!tool.run) throw named('UnknownTool', `tool "${call.name}" has no implementation`);
      return tool.run(args, { ...context, call, signal: controller.signal });
    };
    settle(run, (value) => (isObservable(value) ? valuesOf(call, value, tell) : value))
      .pipe(tap({ error: end, complete: end }))
      .subscribe(subscriber);
  });
}
