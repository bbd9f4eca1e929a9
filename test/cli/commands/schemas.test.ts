// `rxllm schemas`.
import fs from 'node:fs';
import { addSchemas } from '../../../src/cli/commands/schemas.ts';
import { keepSchema } from '../../../src/cli/content/loadSchema.ts';
import { multiSchema, schemaDsl } from '../../../src/cli/content/schemaDsl.ts';
import { run, withUserFolder } from './runCommand.ts';

const at = withUserFolder();
const schemas = (...args: readonly string[]) => run(addSchemas, ['schemas', ...args]);

test('fields are printed as the schema they stand for', async () => {
  const { stdout, code } = await schemas('dsl', 'name, age int');
  expect({ schema: JSON.parse(stdout), code }).toEqual({ schema: schemaDsl('name, age int'), code: 0 });
  expect(stdout).toContain('{\n  "type": "object",');
  expect(JSON.parse((await schemas('dsl', 'name', '--multi')).stdout)).toEqual(multiSchema(schemaDsl('name')));
  expect(await schemas('dsl', 'age years')).toMatchObject({ stdout: '', code: 1 });
});

test('schemas that were used are listed, the last one last, and shown', async () => {
  expect(await schemas()).toEqual({ stdout: '', stderr: 'No schemas found\n', code: 0 });
  const [people, dogs] = [multiSchema(schemaDsl('name')), schemaDsl('breed, age int')];
  const ids = [await keepSchema(people), await keepSchema(dogs)] as const;
  fs.utimesSync(at(`schemas/${ids[0]}.json`), 0, 1000);
  fs.utimesSync(at(`schemas/${ids[1]}.json`), 0, 2000);
  const rows = [
    `- id: ${ids[0]}\n  summary: "{items: [{name}]}"\n  last_used: 1970-01-01T00:16:40.000Z\n`,
    `- id: ${ids[1]}\n  summary: "{breed, age}"\n  last_used: 1970-01-01T00:33:20.000Z\n`,
  ];
  expect((await schemas()).stdout).toBe(rows.join(''));
  expect((await schemas('list', '-q', 'BREED')).stdout).toBe(rows[1]);
  expect((await schemas('list', '-q', 'breed', '--full')).stdout).toContain('  schema:\n    type: object\n');
  expect(JSON.parse((await schemas('list', '--json')).stdout)).toEqual([
    expect.objectContaining({ id: ids[0], schema: people }),
    expect.objectContaining({ id: ids[1], schema: dogs }),
  ]);
  expect(JSON.parse((await schemas('show', ids[1])).stdout)).toEqual(dogs);
});

test('one that is damaged is told and left out; one that is not there is an error', async () => {
  const id = await keepSchema(schemaDsl('name'));
  fs.writeFileSync(at('schemas/bad.json'), '{');
  const { stdout, stderr, code } = await schemas();
  expect({ stdout, stderr, code }).toEqual({
    stdout: expect.stringContaining(id),
    stderr: expect.stringMatching(/^the stored schema "bad" is no JSON: .*\n$/),
    code: 0,
  });
  expect(await schemas('show', 'nope')).toMatchObject({ code: 1, stderr: expect.stringContaining('no schema "nope"') });
});
