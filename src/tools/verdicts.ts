// What the hooks around a call give back, checked: one that is misunderstood must not let a tool run.
import type { Observable } from 'rxjs';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';

/** What a hook may give back: nothing or a verdict, at once or later. Of an Observable the last value counts. */
export type Verdict<T> = void | T | PromiseLike<void | T> | Observable<void | T>;

/**
 * Why `beforeCall` cancels the call; undefined when it does not.
 *
 * @throws LlmError `invalid_input`
 */
export function cancelReason({ name }: ToolCallPart, verdict: unknown): string | undefined {
  if (isNothing(verdict)) return undefined;
  if (typeof verdict === 'object' && 'cancel' in verdict && typeof verdict.cancel === 'string') return verdict.cancel;
  const way = `give back { cancel: 'why' } to cancel it, and nothing to let it run`;
  throw new LlmError('invalid_input', `beforeCall gave back ${describe(verdict)} for a call of tool "${name}"; ${way}`);
}

/**
 * The result after `afterCall`. Whatever that changes, it stays the result of the same call.
 *
 * @throws LlmError `invalid_input`
 */
export function resultAfter(result: ToolResultPart, verdict: unknown): ToolResultPart {
  if (isNothing(verdict)) return result;
  const { name, tool_call_id } = result;
  if (!isResult(verdict)) {
    const way = `give back { ...result, output: 'text' } to change the result, and nothing to leave it`;
    const what = `afterCall gave back ${describe(verdict)} for a call of tool "${name}"`;
    throw new LlmError('invalid_input', `${what}; ${way}`);
  }
  const { tool_call_id: _, ...changed } = verdict;
  return { ...changed, name, ...(tool_call_id !== undefined && { tool_call_id }) };
}

function isNothing(verdict: unknown): verdict is undefined | null {
  return verdict === undefined || verdict === null;
}

function isResult(value: unknown): value is ToolResultPart {
  if (typeof value !== 'object' || value === null) return false;
  const { type, output }: { readonly type?: unknown; readonly output?: unknown } = value;
  return type === 'tool_result' && typeof output === 'string';
}
