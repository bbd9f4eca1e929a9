// collectMessages: the messages, at the end.
import { defer, map, reduce, type OperatorFunction } from 'rxjs';
import type { StreamEvent } from '../src/values/event.ts';
import type { Message } from '../src/values/message.ts';
import { ResponseFold } from '../src/values/responseFold.ts';

/**
 * Emits the messages that the events make once, when the source completes; `[]` if they make none. Takes raw events
 * too: without indexes, and strings for text. What came before a `reset` does not count.
 *
 * ```marbles
 * source              -t-n-a-|
 * collectMessages()   -------(1|)
 * ```
 *
 * Errors with its source, and then emits nothing; with LlmError `assembly` at completion when events of different kinds
 * were sent for one part (its `partial` has what did fit). Completes with its source. Holds the messages so far.
 *
 * @example
 * from(['Let me see.', { type: 'tool_call_name', chunk: 'clock' } as const])
 *   .pipe(collectMessages())
 *   .subscribe(([message]) => console.log(message?.parts.length)); // 2
 */
export function collectMessages(): OperatorFunction<StreamEvent | string, readonly Message[]> {
  return (source) =>
    defer(() =>
      source.pipe(
        reduce((fold, event) => {
          fold.add(event);
          return fold;
        }, new ResponseFold()),
        map(messagesOf),
      ),
    );
}

function messagesOf(fold: ResponseFold): readonly Message[] {
  return fold.end().toJSON({ messages: [] }, 'done').messages;
}
