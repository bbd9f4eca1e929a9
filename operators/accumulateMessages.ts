// accumulateMessages: the messages so far, for a view.
import { concat, defer, distinctUntilChanged, map, of, skip, startWith, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';
import { MessageFold } from '../src/values/fold.ts';
import type { Message } from '../src/values/message.ts';

/**
 * Emits the messages so far after each event that changes them. Parts and messages that did not change are the same
 * objects as in the list before, so a view can compare by identity. A tool call is among them once it is complete: at
 * its `part_end`, or at the end.
 *
 * ```marbles
 * source                 -t-n-a-t-|
 * accumulateMessages()   -1-----2-(3|)
 * ```
 *
 * Errors and completes with its source; at completion, tool calls that were still open come as a last list. Events that
 * do not fit their part are left out. Holds the messages so far.
 *
 * @example
 * demo().prompt('Hi').pipe(accumulateMessages()).subscribe(([message]) => console.log(message?.parts));
 */
export function accumulateMessages(): OperatorFunction<StreamEvent | string, readonly Message[]> {
  return (source) =>
    defer(() => {
      const fold = new MessageFold();
      const kept$ = source.pipe(
        map((event) => {
          fold.add(event);
          return fold.kept;
        }),
      );
      const last$ = defer(() => of(fold.end().kept));
      return concat(kept$, last$).pipe(startWith(fold.kept), distinctUntilChanged(isSame), skip(1));
    });
}

function isSame(before: readonly Message[], after: readonly Message[]): boolean {
  return before.length === after.length && before.every((message, at) => message === after[at]);
}
