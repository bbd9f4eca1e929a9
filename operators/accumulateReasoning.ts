// accumulateReasoning: the visible reasoning so far, for a view.
import { filter, map, scan, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';
import { spokenReasoning } from '../src/values/spokenText.ts';

/**
 * Emits the whole visible reasoning so far at each reasoning event, and the empty text at a `reset`.
 *
 * ```marbles
 * source                  -r-r-t-x-r-|
 * accumulateReasoning()   -1-2---0-1-|
 * ```
 *
 * Errors and completes with its source. Holds the reasoning and nothing else; joining costs the same however long it is.
 *
 * @example
 * demo().prompt('Hi').pipe(accumulateReasoning()).subscribe((thoughts) => console.log(thoughts));
 */
export function accumulateReasoning(): OperatorFunction<StreamEvent, string> {
  return (source) =>
    source.pipe(
      map(reasoningOf),
      filter((reasoning) => reasoning !== undefined),
      scan((reasoning: string, more) => (more === null ? '' : reasoning + more), ''),
    );
}

/** The reasoning that an event adds; null where what came before does not count. */
function reasoningOf(event: StreamEvent): string | null | undefined {
  switch (event.type) {
    case 'reasoning':
      return event.chunk;
    case 'reset':
      return null;
    case 'turn_start':
      // A chain whose turn begins anew says again what was said before.
      return spokenReasoning(event.messages) || undefined;
    default:
      return undefined;
  }
}
