// Runs the tool calls of a response for a reply. Knows no response.
import type { SchedulerLike } from 'rxjs';
import type { Message } from '../values/message.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { CallRunner } from './callRunner.ts';
import type { Tool } from './tool.ts';

export interface Execution {
  readonly tools: readonly Tool[];
  /** Everything said so far. */
  readonly messages: readonly Message[];
  readonly scheduler: SchedulerLike;
}

/**
 * Runs the calls and calls back once with their results. All are started in order and run side
 * by side; synchronous when all tools are. What goes wrong in a tool is a result that begins with `Error:`. A tool that
 * pauses, or a call that needs approval, is an error: there is nobody to wait for.
 */
export function executeCalls(
  calls: readonly ToolCallPart[],
  execution: Execution,
  done: (outcome: { readonly results: ReadonlyMap<ToolCallPart, ToolResultPart>; readonly error?: unknown }) => void,
): void {
  const results = new Map<ToolCallPart, ToolResultPart>();
  const runner = new CallRunner(() => execution, {
    progress() {
      // Nobody watches.
    },
    result: (index, result) => results.set(calls[index]!, result),
    done: (error) => done({ results, ...(error !== undefined && { error }) }),
  });
  for (const [index, call] of calls.entries()) runner.add(call, index);
  runner.complete();
}
