// tool(): a tool whose `run` gets arguments of the type that its schema says.
import type { JsonSchema, JsonValue } from '../values/json.ts';
import { toJsonSchema } from '../values/jsonSchema.ts';
import type { StandardSchema } from '../values/standardSchema.ts';
import { defineTools, type Tool, type ToolContext } from './tool.ts';

/** The arguments that a schema gives: of JSON Schema it is not known which. */
export type ToolArguments<Input> = Input extends StandardSchema<infer Output> ? Output : Record<string, JsonValue>;

export interface ToolSettings<Input extends JsonSchema | StandardSchema> extends Omit<Tool, 'input_schema' | 'run'> {
  /** The arguments, an object type: zod 4, any Standard Schema that says itself as JSON Schema, or JSON Schema. */
  readonly input?: Input;
  /** As `run` of `Tool`. */
  run(args: ToolArguments<Input>, context: ToolContext): unknown;
}

/**
 * Makes a tool.
 *
 * @throws LlmError `invalid_input` when it has no name, `unsupported` when its schema cannot be said as JSON Schema.
 *
 * @example
 * const add = tool({
 *   name: 'add',
 *   input: z.object({ a: z.number(), b: z.number() }),
 *   run: ({ a, b }) => a + b,
 * });
 */
export function tool<Input extends JsonSchema | StandardSchema = JsonSchema>(settings: ToolSettings<Input>): Tool {
  const { input, ...others } = settings;
  if (input !== undefined) toJsonSchema(input, `input of tool "${settings.name}"`);
  const made = { ...others, ...(input !== undefined && { input_schema: input }) } as Tool;
  defineTools([made]);
  return made;
}
