// How a tool is called, in one line.
import type { Tool } from '../../tools/tool.ts';
import { toJsonSchema } from '../../values/jsonSchema.ts';
import type { JsonSchema } from '../../values/json.ts';

/** JSON Schema of the arguments; undefined where any object will do. */
export function argumentsOf({ name, input_schema: schema }: Tool): JsonSchema | undefined {
  return schema && toJsonSchema(schema, `input_schema of tool "${name}"`);
}

/** Such as `search(query: string, limit?: integer)`; `search(…)` where any object will do. */
export function signatureOf(tool: Tool): string {
  const { properties, required = [] } = argumentsOf(tool) ?? {};
  if (!isObject(properties)) return `${tool.name}(…)`;
  const needed = Array.isArray(required) ? required : [];
  const shown = Object.entries(properties).map(
    ([name, schema]) => `${name}${needed.includes(name) ? '' : '?'}: ${typeOf(schema)}`,
  );
  return `${tool.name}(${shown.join(', ')})`;
}

function typeOf(schema: unknown): string {
  if (!isObject(schema)) return 'any';
  const { type, items, enum: values, const: value, anyOf, oneOf } = schema;
  if (value !== undefined) return JSON.stringify(value);
  if (Array.isArray(values)) return values.map((each) => JSON.stringify(each)).join(' | ');
  const choice = anyOf ?? oneOf;
  if (Array.isArray(choice)) return [...new Set(choice.map(typeOf))].join(' | ');
  if (type === 'array' && items !== undefined) {
    const item = typeOf(items);
    return item.includes(' ') ? `(${item})[]` : `${item}[]`;
  }
  return [type ?? 'any'].flat().map(String).join(' | ');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
