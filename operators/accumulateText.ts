// accumulateText: the text so far, for a view.
import { filter, scan, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';

/**
 * Emits the whole text so far at each text event, and the empty text at a `reset`. What a view shows.
 *
 * ```marbles
 * source             -t-r-t-x-t-|
 * accumulateText()   -1---2-0-1-|
 * ```
 *
 * Errors and completes with its source. Holds the text and nothing else; joining costs the same however long it is.
 *
 * @example
 * demo().prompt('Hi').pipe(accumulateText()).subscribe((text) => console.log(text));
 */
export function accumulateText(): OperatorFunction<StreamEvent | string, string> {
  return (source) =>
    source.pipe(
      filter((event) => typeof event === 'string' || event.type === 'text' || event.type === 'reset'),
      // `+` alone: V8 keeps a rope, which slicing or indexing would flatten at every event.
      scan((text, event) => {
        if (typeof event === 'string') return text + event;
        return event.type === 'reset' ? '' : text + event.chunk;
      }, ''),
    );
}
