// Runs the tool calls of a response and makes result parts of what comes back. Knows no response.
import type { JsonValue } from '../values/json.ts';
import { describe, messageOf } from '../values/describe.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { isStandardSchema } from '../values/jsonSchema.ts';
import { issuesText, type SchemaResult } from '../values/standardSchema.ts';
import { splitOutput, type Tool } from './tool.ts';

/**
 * Runs the calls and calls back once with their results, in the order of the calls. All are started in order; those that
 * return Promises run side by side. Synchronous when all tools are. A tool that throws, is unknown, has no
 * implementation, or got arguments that are no JSON object gives a result that begins with `Error:`, for the model to
 * read, with the error's name and message as `exception`.
 */
export function executeCalls(
  calls: readonly ToolCallPart[],
  tools: readonly Tool[],
  done: (results: readonly ToolResultPart[]) => void,
): void {
  const results: ToolResultPart[] = [];
  let missing = calls.length;
  if (missing === 0) done(results);
  calls.forEach((call, index) =>
    executeCall(call, tools, (part) => {
      results[index] = part;
      missing -= 1;
      if (missing === 0) done(results);
    }),
  );
}

function executeCall(call: ToolCallPart, tools: readonly Tool[], settle: (part: ToolResultPart) => void): void {
  let value: unknown;
  try {
    value = runTool(call, tools);
    if (isThenable(value)) {
      void Promise.resolve(value).then(
        (output) => settle(toResult(call, output)),
        (error: unknown) => settle(errorResult(call, error)),
      );
      return;
    }
  } catch (error) {
    settle(errorResult(call, error));
    return;
  }
  settle(toResult(call, value));
}

function toResult(call: ToolCallPart, value: unknown): ToolResultPart {
  try {
    const { output, attachments } = splitOutput(value);
    return { ...resultPart(call, toText(output)), ...(attachments.length > 0 && { attachments }) };
  } catch (error) {
    // What cannot be written as JSON, such as a cycle.
    return errorResult(call, error);
  }
}

function runTool(call: ToolCallPart, tools: readonly Tool[]): unknown {
  const tool = tools.find(({ name }) => name === call.name);
  if (!tool) throw named('UnknownTool', `tool "${call.name}" does not exist`);
  if (!tool.run) throw named('UnknownTool', `tool "${call.name}" has no implementation`);
  // A copy: what a tool does to its arguments must not reach the messages.
  const args = structuredClone(toArguments(call.arguments));
  const { input_schema: schema } = tool;
  if (!isStandardSchema(schema)) return tool.run(args);
  const result = schema['~standard'].validate(args);
  if (result instanceof Promise) return result.then((settled) => tool.run?.(validArguments(settled)));
  return tool.run(validArguments(result));
}

function validArguments(result: SchemaResult<unknown>): Record<string, JsonValue> {
  if (result.issues) throw named('InvalidArguments', `the arguments do not fit: ${issuesText(result.issues)}`);
  return result.value as Record<string, JsonValue>;
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

function resultPart({ name, tool_call_id }: ToolCallPart, output: string): ToolResultPart {
  return { type: 'tool_result', name, output, ...(tool_call_id !== undefined && { tool_call_id }) };
}

function errorResult(call: ToolCallPart, thrown: unknown): ToolResultPart {
  const message = messageOf(thrown);
  const name = thrown instanceof Error ? thrown.name : 'Error';
  return { ...resultPart(call, `Error: ${message}`), exception: `${name}: ${message}` };
}

function toText(output: unknown): string {
  return typeof output === 'string' ? output : (JSON.stringify(output) ?? 'null');
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
