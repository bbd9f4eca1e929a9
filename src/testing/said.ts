// Builders of what a fake model says, named so that they do not meet the operators. Text needs none: it is a string.
import { LlmError, type LlmErrorCode, type LlmErrorOptions } from '../values/error.ts';
import type { EventOf, FinishReason } from '../values/event.ts';
import type { JsonValue } from '../values/json.ts';
import type { Usage } from '../values/usage.ts';

type NameEvent = EventOf<'tool_call_name'>;
type ArgsEvent = EventOf<'tool_call_args'>;

/** Reasoning. */
export function thought(chunk: string): EventOf<'reasoning'> {
  return { type: 'reasoning', chunk };
}

/** A whole tool call: `call('get_weather', { city: 'Paris' }, 'call_1')`. */
export function call(name: string, args: JsonValue, tool_call_id: string): readonly [NameEvent, ArgsEvent] {
  return callFragments(name, [JSON.stringify(args)], tool_call_id);
}

/**
 * A tool call in pieces, to be given letters of their own: its name, then each fragment of the JSON text of its
 * arguments.
 *
 * @example
 * const [n, a, b] = callFragments('get_weather', ['{"city":', '"Paris"}'], 'call_1');
 * turn('-n-a-b-|', { n, a, b });
 */
export function callFragments<const Fragments extends readonly string[]>(
  name: string,
  fragments: Fragments,
  tool_call_id: string,
): readonly [NameEvent, ...{ -readonly [K in keyof Fragments]: ArgsEvent }] {
  return [
    { type: 'tool_call_name', chunk: name, tool_call_id },
    ...(fragments.map((chunk) => ({ type: 'tool_call_args', chunk, tool_call_id })) as {
      -readonly [K in keyof Fragments]: ArgsEvent;
    }),
  ];
}

/** The tokens so far. */
export function tokens(input: number, output: number, details?: Usage['details']): EventOf<'usage'> {
  return { type: 'usage', usage: { input, output, ...(details && { details }) } };
}

/** Why the model stops. A turn without it finishes with `tool_calls` where calls wait, else with `unknown`. */
export function finish(reason: FinishReason = 'stop'): EventOf<'finish'> {
  return { type: 'finish', reason };
}

/** What `#` stands for: `failure('overloaded')`. */
export function failure(
  code: LlmErrorCode,
  message = `the script fails with ${code}`,
  options?: LlmErrorOptions,
): LlmError {
  return new LlmError(code, message, options);
}
