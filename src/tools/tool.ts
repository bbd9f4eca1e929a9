// What a tool is, and what it may give back besides a plain value.
import type { SchedulerLike } from 'rxjs';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { JsonObject, JsonSchema, JsonValue } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import type { Attachment, AttachmentPart, ToolCallPart } from '../values/part.ts';
import { toJsonSchema } from '../values/jsonSchema.ts';
import type { StandardSchema } from '../values/standardSchema.ts';

/** What a model is told of a tool. */
export interface ToolDefinition {
  /** Letters, digits, `_` and `-`, at most 64: what every provider accepts. */
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of the arguments, an object type. */
  readonly input_schema?: JsonSchema;
}

/** A function that the model may ask for. */
export interface Tool extends Omit<ToolDefinition, 'input_schema'> {
  /**
   * The arguments, an object type: JSON Schema, or any Standard Schema that says itself as JSON Schema (zod 4, ArkType
   * …). With the latter the arguments of a call are validated, and `run` gets what that gives.
   */
  readonly input_schema?: JsonSchema | StandardSchema;
  /**
   * Called with the parsed arguments. A string result goes to the model as it is, anything else as JSON. A Promise is
   * awaited; of an Observable or an async iterable the last value is the result, and earlier ones are progress; of a
   * response (a tool that asks a model itself), piped or not, the result is the text of its last turn. What it throws, an
   * Error that it gives back, and an object of which JSON says nothing become an error result that the model can read.
   */
  run?(args: Record<string, JsonValue>, context: ToolContext): unknown;
  /**
   * Whether a call waits until somebody has approved it; by its arguments, as `run` would get them. A Promise is awaited.
   * Asked when the arguments fit, so that nobody is asked about a call that cannot run. Default false.
   */
  readonly needsApproval?: boolean | ((args: Record<string, JsonValue>) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * In a chain: whether a call may start as soon as it is complete, before the answer has ended well; then it has run even
   * if the answer fails. Default false.
   */
  readonly eager?: boolean | undefined;
  /**
   * Gives better arguments for those that do not fit, by what the model gave and what is wrong with it; text that is no
   * JSON comes as `{ _raw: text }`. A Promise is awaited, of an Observable the last value taken. What it gives is checked
   * again, once.
   */
  repair?(args: JsonValue, problem: string): unknown;
  /** The toolbox that it is of, for hooks and logs. */
  readonly toolbox?: { readonly name: string; readonly config: JsonObject } | undefined;
}

/** What a running tool knows besides its arguments. */
export interface ToolContext {
  readonly call: ToolCallPart;
  /** Aborted when nobody waits for the result any more; not by the end of the tool itself. */
  readonly signal: AbortSignal;
  /** Everything that was said so far, with the message that asked for this call. */
  readonly messages: readonly Message[];
  /** Where time comes from. */
  readonly scheduler: SchedulerLike;
}

/** Thrown by a tool to stop a chain, so that it can be resumed later with its history: the call stays without a result. */
export class PauseChain extends Error {
  override readonly name = 'PauseChain';
}

// Of all copies of this package: a file of tools may have one of its own.
const isToolOutput: unique symbol = Symbol.for('rxllm.toolOutput');

/** A result with attachments; make it with `toolOutput()`. */
export interface ToolOutput {
  readonly [isToolOutput]: true;
  readonly output: unknown;
  readonly attachments: readonly Attachment[];
}

/**
 * What a tool returns when it has files to show besides its output.
 *
 * @param output As a tool would return it without attachments.
 * @param options `attachments`: parts made by `attachment()`; the model gets them in a user message after the results.
 */
export function toolOutput(output: unknown, options: { readonly attachments: readonly AttachmentPart[] }): ToolOutput {
  const attachments = options.attachments.flatMap((part) => (part.attachment ? [part.attachment] : []));
  return { [isToolOutput]: true, output, attachments };
}

/** Splits what a tool returned into output and attachments. */
export function splitOutput(value: unknown): { readonly output: unknown; readonly attachments: readonly Attachment[] } {
  return typeof value === 'object' && value !== null && isToolOutput in value
    ? (value as ToolOutput)
    : { output: value, attachments: [] };
}

/**
 * What the model is told of the tools.
 *
 * @throws LlmError `invalid_input` when two tools have the same name, or one has none that every provider takes or is no
 * tool at all; `unsupported` when a schema cannot be said as JSON Schema.
 */
export function defineTools(tools: readonly Tool[]): readonly ToolDefinition[] {
  checkNames(tools);
  return tools.map(({ name, description, input_schema: schema }) => ({
    name,
    ...(description && { description }),
    ...(schema && { input_schema: toJsonSchema(schema, `input_schema of tool "${name}"`) }),
  }));
}

function checkNames(tools: readonly Tool[]): void {
  const names = new Set<string>();
  for (const tool of tools) {
    checkTool(tool);
    const { name } = tool;
    if (names.has(name))
      throw new LlmError('invalid_input', `two tools are called "${name}"; a name can stand only once`);
    names.add(name);
  }
}

/** @throws LlmError `invalid_input` */
export function checkTool(tool: Pick<Tool, 'name'> & { readonly run?: unknown }): void {
  // What the types do not hold back.
  const given: unknown = tool;
  if (typeof given !== 'object' || given === null) {
    throw new LlmError('invalid_input', `a tool is an object with a name, as tool() makes it, not ${describe(given)}`);
  }
  const { name, run } = tool;
  if (!name) throw new LlmError('invalid_input', 'a tool has no name; give it one of letters, digits, _ and -');
  if (typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name)) {
    const what = `${describe(name)} is no name of a tool that every provider takes`;
    throw new LlmError('invalid_input', `${what}; give it at most 64 letters, digits, _ and -`);
  }
  if (run !== undefined && typeof run !== 'function') {
    throw new LlmError('invalid_input', `run of tool "${name}" is a function, not ${describe(run)}`);
  }
}
