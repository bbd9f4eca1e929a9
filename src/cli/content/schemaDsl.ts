// The short way to write a schema: `name, age int, bio: one paragraph`.
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonSchema } from '../../values/json.ts';

/** What a type may be called: llm's words, and those of JSON Schema. */
const types: ReadonlyMap<string, string> = new Map([
  ['int', 'integer'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['str', 'string'],
  ...['integer', 'number', 'boolean', 'string'].map((type) => [type, type] as const),
]);

/**
 * The schema of an object with these fields, all of them required. One a line where there is more than one line, else
 * between commas; each a name, a type (a string where there is none), and after a colon what it is.
 *
 * @throws LlmError `invalid_input`
 */
export function schemaDsl(text: string): JsonSchema {
  const fields = text
    .split(text.includes('\n') ? '\n' : ',')
    .map((field) => field.trim())
    .filter((field) => field !== '')
    .map(toField);
  if (fields.length === 0) throw refuse(text, 'it has no fields');
  const names = fields.map(([name]) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw refuse(text, `it has the field ${describe(twice)} twice`);
  return { type: 'object', properties: Object.fromEntries(fields), required: names };
}

/** The schema of a list of such values: an object, as providers want it, with the list as `items`. */
export function multiSchema(schema: JsonSchema): JsonSchema {
  return { type: 'object', properties: { items: { type: 'array', items: schema } }, required: ['items'] };
}

function toField(field: string): readonly [name: string, schema: JsonSchema] {
  const colon = field.indexOf(':');
  const [name = '', type = 'str', ...more] = (colon < 0 ? field : field.slice(0, colon)).trim().split(/\s+/);
  const description = colon < 0 ? '' : field.slice(colon + 1).trim();
  if (name === '') throw refuse(field, 'there is no name before the colon');
  const known = types.get(type);
  if (known === undefined) throw refuse(field, `there is no type ${describe(type)}; there are int, float, bool, str`);
  if (more.length > 0) throw refuse(field, 'a field is NAME, NAME TYPE or NAME TYPE: DESCRIPTION');
  return [name, { type: known, ...(description && { description }) }];
}

function refuse(text: string, why: string): LlmError {
  return new LlmError('invalid_input', `${describe(text)} is no schema: ${why}`);
}
