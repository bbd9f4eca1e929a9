// The arguments of a call, as its tool wants them.
import { Observable } from 'rxjs';
import { describe, messageOf } from '../values/describe.ts';
import type { JsonValue } from '../values/json.ts';
import { isStandardSchema } from '../values/jsonSchema.ts';
import { issuesText, type SchemaResult } from '../values/standardSchema.ts';
import { named } from './callResult.ts';
import { isThenable, whenLast } from './settle.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import type { Tool } from './tool.ts';

/** Arguments that fit. */
export interface CallArguments {
  /** As the model gave them, or `repair` has bettered them. */
  readonly given: JsonValue;
  /** What the schema makes of them: a copy. */
  readonly args: Record<string, JsonValue>;
}

/** Emits the arguments once, repaired if need be. Errors with why they do not fit, and with what a repair throws. */
export function callArguments(tool: Tool, given: JsonValue): Observable<CallArguments> {
  return new Observable((subscriber) => {
    subscribeWithin(subscriber, checkArguments(tool, given), {
      next: (checked) => subscriber.next(checked),
      error(error: unknown) {
        if (!tool.repair) subscriber.error(error);
        else {
          whenLast(
            subscriber,
            () => tool.repair?.(structuredClone(given), messageOf(error)),
            (better) => checkArguments(tool, better as JsonValue).subscribe(subscriber),
          );
        }
      },
      complete: () => subscriber.complete(),
    });
  });
}

/** The same without a repair: for arguments that somebody has approved as they are. */
export function checkArguments(tool: Tool, given: JsonValue): Observable<CallArguments> {
  return new Observable((subscriber) =>
    whenLast(
      subscriber,
      () => check(tool, given),
      (args) => {
        subscriber.next({ given, args: args as Record<string, JsonValue> });
        subscriber.complete();
      },
    ),
  );
}

function check({ input_schema: schema }: Tool, given: JsonValue): unknown {
  // A copy: what a tool does to its arguments must not reach the messages.
  const args = structuredClone(toArguments(given));
  if (!isStandardSchema(schema)) return args;
  const result: unknown = schema['~standard'].validate(args);
  return isThenable(result) ? result.then((later) => fitting(later)) : fitting(result);
}

function fitting(result: unknown): unknown {
  const { issues, value } = result as SchemaResult<unknown> & { readonly value?: unknown };
  if (issues) throw named('InvalidArguments', `the arguments do not fit: ${issuesText(issues)}`);
  return value;
}

function toArguments(value: JsonValue): Record<string, JsonValue> {
  if (value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) {
    const { _raw: raw, ...others } = value as Record<string, JsonValue>;
    if (typeof raw !== 'string' || Object.keys(others).length > 0) return value as Record<string, JsonValue>;
    throw named('InvalidArguments', `the arguments are not valid JSON: ${describe(raw)}`);
  }
  throw named('InvalidArguments', `the arguments must be a JSON object, not ${describe(value)}`);
}
