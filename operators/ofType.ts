// ofType: keeps the events of some types.
import { filter, type OperatorFunction } from 'rxjs';
import type { EventOf, StreamEvent } from '../src/values/event.ts';

/**
 * Keeps the events of the given types, and narrows the stream to them.
 *
 * ```marbles
 * source           -t-r-t-a-|
 * ofType('text')   -t---t---|
 * ```
 *
 * Errors and completes with its source. Holds no state, so nothing is buffered.
 *
 * @param types Event types to keep, in any order.
 *
 * @example
 * demo().prompt('Hi').pipe(ofType('text')).subscribe(({ chunk }) => process.stdout.write(chunk));
 */
export function ofType<K extends StreamEvent['type']>(
  ...types: [K, ...K[]]
): OperatorFunction<StreamEvent, EventOf<K>> {
  const wanted = new Set<string>(types);
  return filter((event): event is EventOf<K> => wanted.has(event.type));
}
