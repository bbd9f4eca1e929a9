// toolCalls: the tool calls that wait for the client, each when it is complete.
import { concat, defer, filter, from, map, type OperatorFunction } from 'rxjs';
import { createAllocator, familyOf, isPartEvent } from '../src/values/allocate.ts';
import type { StreamEvent } from '../src/values/event.ts';
import { MessageFold } from '../src/values/fold.ts';
import type { Part, ToolCallPart } from '../src/values/part.ts';

/**
 * Emits each tool call once, when it is complete: at its `part_end`, or at the end of the source. That the arguments so
 * far are valid JSON (`{}`) does not make a call complete. Calls may arrive interleaved; they come out as they complete,
 * those still open at the end in the order in which they began. Calls that the provider runs itself (`server_executed`)
 * are left out: nobody has to answer them.
 *
 * ```marbles
 * source        -n-a-e-m-b-|
 * toolCalls()   -----1-----(2|)
 * ```
 *
 * Errors with its source, and then emits no call that was not complete. Completes with its source. Holds the calls that
 * are not complete; a `reset` forgets them.
 *
 * @example
 * from([{ type: 'tool_call_name', chunk: 'add' }, { type: 'tool_call_args', chunk: '{"a":1}' }] as const)
 *   .pipe(toolCalls())
 *   .subscribe((call) => console.log(call.name, call.arguments)); // add { a: 1 }
 */
export function toolCalls(): OperatorFunction<StreamEvent | string, ToolCallPart> {
  return (source) =>
    defer(() => {
      const allocate = createAllocator();
      // By part_index: a fold for each open call, so that completing one costs nothing for the others; undefined for
      // parts of other kinds and calls that are complete.
      const folds = new Map<number, MessageFold | undefined>();

      function completedBy(input: StreamEvent | string): Part | undefined {
        const event = allocate(input);
        if (event.type === 'part_end') return complete(event.part_index);
        if (event.type === 'reset') folds.clear();
        else if (isPartEvent(event) && event.part_index !== undefined) {
          if (!folds.has(event.part_index))
            folds.set(event.part_index, familyOf(event) === 'tool_call' ? new MessageFold() : undefined);
          folds.get(event.part_index)?.add(event);
        }
        return undefined;
      }

      function complete(index: number): Part | undefined {
        const fold = folds.get(index);
        if (fold) folds.set(index, undefined);
        return fold?.end().kept[0]?.parts[0];
      }

      const completed$ = source.pipe(map(completedBy));
      const rest$ = defer(() => from([...folds.keys()].map(complete)));
      return concat(completed$, rest$).pipe(filter(isForClient));
    });
}

function isForClient(part: Part | undefined): part is ToolCallPart {
  return part?.type === 'tool_call' && part.server_executed !== true;
}
