// collectJson: structured output as one value, at the end.
import { defer, map, reduce, type OperatorFunction } from 'rxjs';
import { LlmError, toLlmError } from '../src/values/error.ts';
import type { StreamEvent } from '../src/values/event.ts';
import { IncrementalJson } from '../src/values/incrementalJson.ts';
import type { JsonValue } from '../src/values/json.ts';
import { describe } from '../src/values/describe.ts';
import { ResponseFold } from '../src/values/responseFold.ts';
import { validate, type StandardSchema } from '../src/values/standardSchema.ts';

/**
 * Reads the whole text as JSON and emits its value once, when the source completes.
 *
 * ```marbles
 * source          -1-2-3-4-|
 * collectJson()   ---------(c|)
 * ```
 *
 * Errors with its source, and then emits nothing; with LlmError `bad_response` at completion when the text is not JSON
 * or the value does not fit the schema (the message names where and why, `partial` is what had arrived), or
 * `unsupported` for a schema that validates asynchronously. Completes with its source. Holds the text so far; what came
 * before a `reset` does not count.
 *
 * @param schema Validates the value and gives its type: any Standard Schema (zod, valibot, arktype …). Default: any JSON.
 *
 * @example
 * from(['{"name":', '"Ada"}'])
 *   .pipe(collectJson(z.object({ name: z.string() })))
 *   .subscribe(({ name }) => console.log(name)); // Ada
 */
export function collectJson(): OperatorFunction<StreamEvent | string, JsonValue>;
export function collectJson<T>(schema: StandardSchema<T>): OperatorFunction<StreamEvent | string, T>;
export function collectJson(schema?: StandardSchema): OperatorFunction<StreamEvent | string, unknown> {
  return (source) =>
    defer(() =>
      source.pipe(
        reduce((fold, event) => {
          fold.add(event);
          return fold;
        }, new ResponseFold()),
        map((fold) => read(fold, schema)),
      ),
    );
}

function read(fold: ResponseFold, schema: StandardSchema | undefined): unknown {
  try {
    const value = new IncrementalJson().push(fold.text).end();
    return schema ? validate(schema, value, 'its schema says', 'bad_response') : value;
  } catch (error) {
    const { code, message, cause } = toLlmError(error, 'bad_response');
    throw new LlmError(
      code,
      `the response is not the JSON that was asked for: ${message}; it begins ${describe(fold.text)}`,
      {
        cause,
        partial: fold.end().toJSON({ messages: [] }, 'failed'),
      },
    );
  }
}
