// The short way to write a schema.
import { multiSchema, schemaDsl } from '../../../src/cli/content/schemaDsl.ts';

test('fields stand between commas, with a type and what they are', () => {
  expect(schemaDsl('name, age int, weight float, ok bool, bio str: in a sentence: short')).toEqual({
    type: 'object',
    properties: {
      name: { type: 'string' },
      age: { type: 'integer' },
      weight: { type: 'number' },
      ok: { type: 'boolean' },
      bio: { type: 'string', description: 'in a sentence: short' },
    },
    required: ['name', 'age', 'weight', 'ok', 'bio'],
  });
});

test('fields stand one a line where there are lines, and then may have commas', () => {
  expect(schemaDsl('\n name: first, last\n\n  age   int :years\n')).toEqual({
    type: 'object',
    properties: {
      name: { type: 'string', description: 'first, last' },
      age: { type: 'integer', description: 'years' },
    },
    required: ['name', 'age'],
  });
});

test('types may be called as JSON Schema does', () => {
  expect(schemaDsl('a integer, b number, c boolean, d string')).toEqual(schemaDsl('a int, b float, c bool, d str'));
});

test('a field may be called as what every object has', () => {
  const { properties, required } = schemaDsl('__proto__ int, constructor');
  expect(Object.keys(properties ?? {})).toEqual(['__proto__', 'constructor']);
  expect(required).toEqual(['__proto__', 'constructor']);
});

test('several are a list of items', () => {
  const schema = schemaDsl('name');
  expect(multiSchema(schema)).toEqual({
    type: 'object',
    properties: { items: { type: 'array', items: schema } },
    required: ['items'],
  });
});

test.each([
  ['', 'it has no fields'],
  [' , ', 'it has no fields'],
  [': a name', 'there is no name before the colon'],
  ['age years', 'there is no type "years"; there are int, float, bool, str'],
  ['age int old', 'a field is NAME, NAME TYPE or NAME TYPE: DESCRIPTION'],
  ['a, b, a int', 'it has the field "a" twice'],
])('%j is an error', (text, why) => {
  expect(() => schemaDsl(text)).toThrow(`is no schema: ${why}`);
});
