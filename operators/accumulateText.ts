// accumulateText: the text so far, for a view.
import { filter, map, scan, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';
import { spokenText } from '../src/values/spokenText.ts';

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
      map(textOf),
      filter((text) => text !== undefined),
      // `+` alone: V8 keeps a rope, which slicing or indexing would flatten at every event.
      scan((text: string, more) => (more === null ? '' : text + more), ''),
    );
}

/** The text that an event adds; null where what came before does not count. */
function textOf(event: StreamEvent | string): string | null | undefined {
  if (typeof event === 'string') return event;
  switch (event.type) {
    case 'text':
      return event.chunk;
    case 'reset':
      return null;
    case 'turn_start':
      // A chain whose turn begins anew says again what was said before.
      return spokenText(event.messages) || undefined;
    default:
      return undefined;
  }
}
