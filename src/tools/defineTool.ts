// tool(): a tool whose `run` gets arguments of the type that its schema says.
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { JsonSchema, JsonValue } from '../values/json.ts';
import { toJsonSchema } from '../values/jsonSchema.ts';
import type { StandardSchema } from '../values/standardSchema.ts';
import { defineTools, type Tool, type ToolContext } from './tool.ts';

/** What describes arguments: an object type of zod 4 or of any Standard Schema that says itself as JSON Schema, or that. */
export type ToolInput = JsonSchema | StandardSchema<object>;

/** The arguments that a schema gives: of JSON Schema it is not known which. */
export type ToolArguments<Input> = Input extends StandardSchema<infer Output> ? Output : Record<string, JsonValue>;

export interface ToolSettings<Input extends ToolInput> extends Omit<Tool, 'input_schema' | 'run' | 'needsApproval'> {
  /** What the arguments are. Default: any object. */
  readonly input?: Input;
  /** As `run` of `Tool`. */
  run(args: ToolArguments<Input>, context: ToolContext): unknown;
  /** As `needsApproval` of `Tool`. */
  readonly needsApproval?: boolean | ((args: ToolArguments<Input>) => boolean | PromiseLike<boolean>) | undefined;
}

/**
 * Makes a tool.
 *
 * @throws LlmError `invalid_input` when it has no name that every provider takes, its `run` is no function, or its schema
 *   is not that of an object; `unsupported` when its schema cannot be said as JSON Schema.
 *
 * @example
 * const add = tool({
 *   name: 'add',
 *   input: z.object({ a: z.number(), b: z.number() }),
 *   run: ({ a, b }) => a + b,
 * });
 */
export function tool<Input extends ToolInput = JsonSchema>(settings: ToolSettings<Input>): Tool {
  const { input, ...others } = settings;
  if (input !== undefined) checkInput(input, `input of tool "${settings.name}"`);
  const made = { ...others, ...(input !== undefined && { input_schema: input }) } as Tool;
  defineTools([made]);
  return made;
}

function checkInput(input: ToolInput, what: string): void {
  const { type = 'object' } = toJsonSchema(input, what);
  if (type === 'object') return;
  const why = `the arguments of a tool are an object; wrap it: { type: 'object', properties: … }`;
  throw new LlmError('invalid_input', `${what} is of type ${describe(type)}, but ${why}`);
}
