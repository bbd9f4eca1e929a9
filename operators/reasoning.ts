// reasoning: the chunks of visible reasoning.
import { map, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';
import { ofType } from './ofType.ts';

/**
 * Emits the chunk of each reasoning event.
 *
 * ```marbles
 * source        -r-r-t-a-|
 * reasoning()   -1-1-----|
 * ```
 *
 * Errors and completes with its source. Holds no state, so nothing is buffered; a `reset` cannot be seen in strings, so
 * use `accumulateReasoning()` where a run may be restarted.
 *
 * @example
 * demo().prompt('Hi').pipe(reasoning()).subscribe((chunk) => process.stderr.write(chunk));
 */
export function reasoning(): OperatorFunction<StreamEvent, string> {
  return (source) =>
    source.pipe(
      ofType('reasoning'),
      map(({ chunk }) => chunk),
    );
}
