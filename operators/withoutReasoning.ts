// withoutReasoning: everything but what the model thought.
import { defer, filter, map, type OperatorFunction } from 'rxjs';
import { createAllocator } from '../src/values/allocate.ts';
import type { StreamEvent } from '../src/values/event.ts';

/**
 * Drops reasoning: its events, and the `part_end` of its parts. All other events pass as they are, the same objects;
 * those without indexes get them first, so that the rest makes the same parts as it did with the reasoning between.
 *
 * ```marbles
 * source               -s-r-q-t-n-a-e-f-|
 * withoutReasoning()   -s-----t-n-a-e-f-|
 * ```
 *
 * Errors and completes with its source. Buffers nothing; holds the indexes of the parts that it drops. It is meant for
 * what is shown: providers that sign their reasoning want it back in the history.
 *
 * @example
 * demo().prompt('Hi').pipe(withoutReasoning()).subscribe(({ type }) => console.log(type));
 */
export function withoutReasoning(): OperatorFunction<StreamEvent | string, StreamEvent> {
  return (source) =>
    defer(() => {
      const dropped = new Set<number>();
      return source.pipe(
        map(createAllocator()),
        filter((event) => {
          if (event.type === 'reasoning' && event.part_index !== undefined) dropped.add(event.part_index);
          else if (event.type === 'reset') dropped.clear();
          return event.type !== 'reasoning' && !(event.type === 'part_end' && dropped.has(event.part_index));
        }),
      );
    });
}
