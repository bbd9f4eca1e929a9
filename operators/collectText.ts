// collectText: the whole text, at the end.
import { defaultIfEmpty, takeLast, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';
import { accumulateText } from './accumulateText.ts';

/**
 * Emits the whole text once, when the source completes; the empty text if there was none. What came before a `reset`
 * does not count.
 *
 * ```marbles
 * source          -t-r-t-|
 * collectText()   -------(2|)
 * ```
 *
 * Errors with its source, and then emits nothing. Completes with its source. Holds the text so far.
 *
 * @example
 * demo().prompt('Hi').pipe(collectText()).subscribe((text) => console.log(text));
 */
export function collectText(): OperatorFunction<StreamEvent | string, string> {
  return (source) => source.pipe(accumulateText(), takeLast(1), defaultIfEmpty(''));
}
