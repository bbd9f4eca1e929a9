// What to do when a model fails in mid answer: the option that withRetry and withFallback share.
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';

/** @throws LlmError `invalid_input` for anything but the two that there are. */
export function checkAfterContent(afterContent: unknown): void {
  if (afterContent === undefined || afterContent === 'restart' || afterContent === 'continue') return;
  throw new LlmError('invalid_input', `afterContent is "restart" or "continue", not ${describe(afterContent)}`);
}
