// What a source of the hub may emit: a program may publish any Observable.
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';

const withChunk: ReadonlySet<string> = new Set([
  'text',
  'reasoning',
  'tool_call_name',
  'tool_call_args',
  'tool_result',
]);

/** @throws LlmError `bad_response` for what is neither an event nor a string. Events of unknown types are events. */
export function checkEvent(event: unknown): void {
  if (typeof event === 'string') return;
  const type = typeof event === 'object' && event !== null && 'type' in event ? event.type : undefined;
  if (typeof type !== 'string') {
    throw new LlmError('bad_response', `a stream takes events and strings, not ${describe(event)}`);
  }
  if (type === 'end') {
    throw new LlmError('bad_response', 'an event of type "end" is the hub\'s own; a source ends by completing');
  }
  const { chunk } = event as { readonly chunk?: unknown };
  if (withChunk.has(type) && typeof chunk !== 'string') {
    throw new LlmError('bad_response', `an event of type "${type}" has no chunk; it has ${describe(event)}`);
  }
}
