// What a tool is, and what it may give back besides a plain value.
import { LlmError } from '../values/error.ts';
import type { JsonSchema, JsonValue } from '../values/json.ts';
import type { Attachment, AttachmentPart } from '../values/part.ts';
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
   * Called with the parsed arguments. A string result goes to the model as it is, anything else as JSON; a Promise is
   * awaited. What it throws becomes an error result that the model can read.
   */
  run?(args: Record<string, JsonValue>): unknown;
}

const isToolOutput: unique symbol = Symbol('rxllm.toolOutput');

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
 * @throws LlmError `invalid_input` when two tools have the same name or one has none, `unsupported` when a schema cannot
 * be said as JSON Schema.
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
  for (const { name } of tools) {
    if (!name) throw new LlmError('invalid_input', 'a tool has no name; give it one of letters, digits, _ and -');
    if (names.has(name))
      throw new LlmError('invalid_input', `two tools are called "${name}"; a name can stand only once`);
    names.add(name);
  }
}
