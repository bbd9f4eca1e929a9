// text: the chunks of text.
import { filter, map, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';

/**
 * Emits the chunk of each text event.
 *
 * ```marbles
 * source   -t-r-t-a-|
 * text()   -1---1---|
 * ```
 *
 * Errors and completes with its source. Holds no state, so nothing is buffered; a `reset` cannot be seen in strings, so
 * use `accumulateText()` where a run may be restarted.
 *
 * @example
 * demo().prompt('Hi').pipe(text()).subscribe((chunk) => process.stdout.write(chunk));
 */
export function text(): OperatorFunction<StreamEvent | string, string> {
  return (source) =>
    source.pipe(
      filter((event) => typeof event === 'string' || event.type === 'text'),
      map((event) => (typeof event === 'string' ? event : event.chunk)),
    );
}
