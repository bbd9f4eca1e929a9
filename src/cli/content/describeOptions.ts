// The options of a model, for people.
import { toJsonSchema } from '../../values/jsonSchema.ts';
import type { StandardSchema } from '../../values/standardSchema.ts';

/** Lines `name: type`, where the model says what it takes. */
export function describeOptions(model: string, options: StandardSchema | undefined): string {
  const properties = propertiesOf(options);
  if (properties === undefined)
    return `${model} does not say which options it takes; -o NAME VALUE sends what you give.`;
  const lines = Object.entries(properties).map(([name, property]) => `  ${name}: ${typeOf(property)}`);
  return [`Options of ${model}:`, ...lines].join('\n');
}

function propertiesOf(options: StandardSchema | undefined): object | undefined {
  if (!options) return undefined;
  try {
    const { properties } = toJsonSchema(options, 'options');
    return typeof properties === 'object' && properties !== null ? properties : undefined;
  } catch {
    // It validates, and does not say what.
    return undefined;
  }
}

function typeOf(property: unknown): string {
  const {
    type,
    enum: values,
    description,
  }: { type?: unknown; enum?: unknown; description?: unknown } = typeof property === 'object' && property !== null
    ? property
    : {};
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ');
  const said = [type, description].filter((each) => typeof each === 'string');
  return said.length > 0 ? said.join(', ') : 'any';
}
