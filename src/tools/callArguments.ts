// The arguments of a call, as its tool wants them.
import { describe, messageOf } from '../values/describe.ts';
import type { JsonValue } from '../values/json.ts';
import { isStandardSchema } from '../values/jsonSchema.ts';
import { issuesText, type SchemaResult } from '../values/standardSchema.ts';
import { named } from './callResult.ts';
import type { Tool } from './tool.ts';

/** The arguments as the schema gives them, repaired once if need be; a Promise where a schema or a repair gives one. */
export function validArguments(tool: Tool | undefined, given: JsonValue): unknown {
  try {
    const result = check(tool, given);
    if (!(result instanceof Promise)) return result;
    return result.catch((error: unknown) => repaired(tool, given, error));
  } catch (error) {
    return repaired(tool, given, error);
  }
}

function repaired(tool: Tool | undefined, given: JsonValue, error: unknown): unknown {
  if (!tool?.repair) throw error;
  const better = tool.repair(given, messageOf(error));
  return better instanceof Promise
    ? better.then((args: unknown) => check(tool, args as JsonValue))
    : check(tool, better as JsonValue);
}

function check(tool: Tool | undefined, given: JsonValue): unknown {
  // A copy: what a tool does to its arguments must not reach the messages.
  const args = structuredClone(toArguments(given));
  const schema = tool?.input_schema;
  if (!isStandardSchema(schema)) return args;
  const result = schema['~standard'].validate(args);
  return result instanceof Promise ? result.then(fitting) : fitting(result);
}

function fitting(result: SchemaResult<unknown>): unknown {
  if (result.issues) throw named('InvalidArguments', `the arguments do not fit: ${issuesText(result.issues)}`);
  return result.value;
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
