// partialJson: structured output while it is being written.
import { concat, defer, distinctUntilChanged, filter, map, of, type OperatorFunction } from 'rxjs';
import { LlmError } from '../src/values/error.ts';
import type { StreamEvent } from '../src/values/event.ts';
import { IncrementalJson } from '../src/values/incrementalJson.ts';
import type { JsonValue } from '../src/values/json.ts';
import { describe } from '../src/values/describe.ts';
import { ResponseFold } from '../src/values/responseFold.ts';

/** A `T` of which any part may not have come yet. */
export type PartialJson<T> = T extends readonly (infer Item)[]
  ? readonly PartialJson<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]?: PartialJson<T[Key]> }
    : T;

/**
 * Reads the text as JSON and emits the value so far after each text event that changes it: a string may be half there,
 * keys and elements may be missing. Objects and arrays that are complete stay the same objects from value to value.
 *
 * ```marbles
 * source          -1-2-3-4-|
 * partialJson()   -a---b-c-|
 * ```
 *
 * Errors with its source, and with LlmError `bad_response` at the first character that cannot be JSON, or at completion
 * when the JSON has not ended (its `partial` is what had arrived). Completes with its source. Holds the text and the
 * value so far; a `reset` forgets both, and the next value is of the new text alone.
 *
 * Each value costs a copy of the arrays and objects that are still open. That is little, but it grows with an array
 * that is thousands long; `coalesce({ maxMs: 50 })` before this operator makes a value each 50 ms instead of each event.
 *
 * @typeParam T The type of the whole value; a claim, nothing is checked. `collectJson(schema)` checks.
 *
 * @example
 * from(['{"name":"A', 'da",', '"age":36}'])
 *   .pipe(partialJson<{ name: string; age: number }>())
 *   .subscribe(({ name, age }) => console.log(name, age)); // A undefined, Ada undefined, Ada 36
 */
export function partialJson(): OperatorFunction<StreamEvent | string, JsonValue>;
export function partialJson<T>(): OperatorFunction<StreamEvent | string, PartialJson<T>>;
export function partialJson(): OperatorFunction<StreamEvent | string, unknown> {
  return (source) =>
    defer(() => {
      const fold = new ResponseFold();
      let json = new IncrementalJson();

      function next(input: StreamEvent | string): JsonValue | undefined {
        const event = fold.add(input);
        if (event.type === 'reset') json = new IncrementalJson();
        if (event.type !== 'text') return json.value;
        const { value } = json.push(event.chunk);
        if (json.error) throw notJson(json.error);
        return value;
      }

      function end(): JsonValue {
        try {
          return json.end();
        } catch (error) {
          throw notJson(error);
        }
      }

      function notJson(cause: unknown): LlmError {
        const reason = cause instanceof Error ? cause.message : String(cause);
        const message = `the text of the response is not JSON: ${reason}; it begins ${describe(fold.text)}`;
        return new LlmError('bad_response', message, { cause, partial: fold.toJSON({ messages: [] }, 'failed') });
      }

      return concat(
        source.pipe(map(next)),
        defer(() => of(end())),
      ).pipe(
        distinctUntilChanged(),
        filter((value) => value !== undefined),
      );
    });
}
