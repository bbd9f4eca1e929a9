// accumulateReasoning: the visible reasoning so far, for a view.
import { scan, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';
import { ofType } from './ofType.ts';

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
      ofType('reasoning', 'reset'),
      scan((reasoning, event) => (event.type === 'reset' ? '' : reasoning + event.chunk), ''),
    );
}
