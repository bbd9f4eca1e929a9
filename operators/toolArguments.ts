// toolArguments: the arguments of tool calls while they are being written.
import { defer, filter, map, type OperatorFunction } from 'rxjs';
import { createAllocator } from '../src/values/allocate.ts';
import type { EventOf, StreamEvent } from '../src/values/event.ts';
import { IncrementalJson } from '../src/values/incrementalJson.ts';
import type { JsonValue } from '../src/values/json.ts';

/** A tool call as far as it has come. */
export interface ToolArguments {
  readonly part_index: number;
  readonly tool_call_id?: string;
  readonly name: string;
  /** The provider runs this call itself. */
  readonly server_executed?: true;
  /** The arguments as far as they had come: a string may be half there, keys may be missing; undefined before any. */
  readonly value: JsonValue | undefined;
}

/**
 * Emits, at each piece of a tool call (its name, and each fragment of its arguments), the call with the arguments so
 * far. For a view that shows a call while the model writes it; what runs tools wants `toolCalls()`. Calls may arrive
 * interleaved, `part_index` tells them apart.
 *
 * ```marbles
 * source            -n-a-t-m-b-d-|
 * toolArguments()   -1-2---3-4-5-|
 * ```
 *
 * Errors and completes with its source. Arguments that are not JSON are no error here: `value` stays what could be read.
 * Holds the calls so far; a `reset` forgets them.
 *
 * `value` is made when it is first read, and stays the same from then on, so the events that nobody looks at cost
 * nothing: put `auditTime` after this operator, not before. Read before the next fragment it costs a copy of the arrays
 * and objects that are still open; read later for the first time, its text is parsed once more from the beginning.
 *
 * @example
 * from([{ type: 'tool_call_name', chunk: 'add' }, { type: 'tool_call_args', chunk: '{"a":[1,' }] as const)
 *   .pipe(toolArguments())
 *   .subscribe(({ name, value }) => console.log(name, value)); // add undefined, add { a: [ 1 ] }
 */
export function toolArguments(): OperatorFunction<StreamEvent | string, ToolArguments> {
  return (source) =>
    defer(() => {
      const allocate = createAllocator();
      const calls = new Map<number, OpenCall>();
      return source.pipe(
        map((input) => {
          const event = allocate(input);
          if (event.type === 'reset') calls.clear();
          if (event.type !== 'tool_call_name' && event.type !== 'tool_call_args') return undefined;
          const index = event.part_index ?? 0;
          const call = calls.get(index) ?? { name: '', length: 0, json: new IncrementalJson() };
          calls.set(index, call);
          addTo(call, event);
          return soFar(index, call);
        }),
        filter((value) => value !== undefined),
      );
    });
}

interface OpenCall {
  name: string;
  id?: string;
  serverExecuted?: true;
  readonly json: IncrementalJson;
  /** Of the text that was pushed. */
  length: number;
}

function addTo(call: OpenCall, event: EventOf<'tool_call_name' | 'tool_call_args'>): void {
  if (event.tool_call_id) call.id ??= event.tool_call_id;
  if (event.server_executed) call.serverExecuted = true;
  if (event.type === 'tool_call_name') call.name += event.chunk;
  else {
    call.json.push(event.chunk);
    call.length += event.chunk.length;
  }
}

function soFar(part_index: number, call: OpenCall): ToolArguments {
  const { name, id, serverExecuted, json, length } = call;
  let read: { readonly value: JsonValue | undefined } | undefined;
  return {
    part_index,
    ...(id !== undefined && { tool_call_id: id }),
    name,
    ...(serverExecuted && { server_executed: true as const }),
    get value() {
      read ??= {
        value: (call.length === length ? json : new IncrementalJson().push(json.text.slice(0, length))).value,
      };
      return read.value;
    },
  };
}
