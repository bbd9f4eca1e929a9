// Schemas, by what the command line says.
import fs from 'node:fs';
import { keepSchema, loadSchema, schemaId, schemaSummary } from '../../../src/cli/content/loadSchema.ts';
import { withFolders } from './userFolder.ts';

const { user, here, write } = withFolders();

const person = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };

test('a schema is that of a template, JSON, fields, a file, or one that was used', async () => {
  write(user('templates/t.yaml'), `schema_object: ${JSON.stringify(person)}`);
  write(here('s.json'), `\uFEFF${JSON.stringify(person)}`);
  const id = await keepSchema(person);
  for (const given of ['t:t', ` ${JSON.stringify(person)}\n`, 'name str', 's.json', id]) {
    expect(await loadSchema(given)).toEqual(person);
  }
});

test('what has a comma or a space is fields, also where a file is named so', async () => {
  write(here('a,b'), '{}');
  expect(await loadSchema('a,b')).toMatchObject({ required: ['a', 'b'] });
});

test('a file comes before an id', async () => {
  const id = await keepSchema(person);
  write(here(id), '{"type": "array"}');
  expect(await loadSchema(id)).toEqual({ type: 'array' });
});

test('a template of a plugin counts', async () => {
  const loaders = new Map([['gh', { load: () => 'schema_object: {type: object}' }]]);
  expect(await loadSchema('t:gh:x', { loaders })).toEqual({ type: 'object' });
});

test.each([
  ['a word', 'nope', /"nope" is no schema and no file; it may be JSON, fields/],
  ['an id that is not kept', '0'.repeat(32), /is no schema and no file/],
  ['a way out of the folder', '../schemas/x', /is no schema and no file/],
  ['broken JSON', '{"type": ', /the schema is no JSON: /],
  ['a file that is no JSON', './bad.json', /the file ".\/bad.json" is no JSON: /],
  ['a file with a list', './list.json', /the file ".\/list.json" is no JSON Schema but \[\]; it is an object/],
  ['a template without one', 't:t', /template "t" has no schema \(schema_object\)/],
  ['a folder', './sub', /the schema ".\/sub" cannot be read: EISDIR/],
])('%s is an error', async (_, given, message) => {
  write(user('templates/t.yaml'), 'Hi');
  write(here('bad.json'), '{');
  write(here('list.json'), '[]');
  write(here('sub/a'), '');
  await expect(loadSchema(given)).rejects.toMatchObject({
    code: 'invalid_input',
    message: expect.stringMatching(message),
  });
});

test('a schema is kept as it is, for the owner alone, by the hash of its canonical JSON', async () => {
  const id = await keepSchema(person);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(fs.statSync(user(`schemas/${id}.json`)).mode & 0o777).toBe(0o600);
  expect(JSON.parse(fs.readFileSync(user(`schemas/${id}.json`), 'utf8'))).toEqual(person);
  expect(schemaId({ required: ['name'], properties: person.properties, type: 'object' })).toBe(id);
  // The SHA-256 of `{"type":"object"}`, by another program.
  expect(schemaId({ type: 'object' })).toBe('a2c799262a3ce3c19ef5cdd983bf3d12');
});

test.each([
  [person, '{name}'],
  [{ type: 'object', properties: { items: { type: 'array', items: person } } }, '{items: [{name}]}'],
  [{ type: 'object', properties: { one: person, two: {} } }, '{one: {name}, two}'],
  [{ type: 'object', properties: { tags: { type: 'array', items: { type: 'string' } } } }, '{tags: []}'],
  [{ type: 'string' }, ''],
  [{ type: 'object', properties: null }, ''],
])('%j is %j in short', (schema, summary) => {
  expect(schemaSummary(schema)).toBe(summary);
});
