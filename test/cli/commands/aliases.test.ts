// `rxllm aliases`.
import fs from 'node:fs';
import { addAliases } from '../../../src/cli/commands/aliases.ts';
import { run, withUserFolder } from './runCommand.ts';

const at = withUserFolder();
const aliases = (...args: readonly string[]) => run(addAliases, ['aliases', ...args]);

test('an alias is set, listed and removed', async () => {
  expect(await aliases()).toEqual({ stdout: '', stderr: 'No aliases found\n', code: 0 });
  expect(await aliases('set', 'mini', 'openai/gpt-4o-mini')).toEqual({ stdout: '', stderr: '', code: 0 });
  await aliases('set', 'd', 'demo');
  expect((await aliases()).stdout).toBe('d    : demo\nmini : openai/gpt-4o-mini\n');
  expect(JSON.parse((await aliases('list', '--json')).stdout)).toEqual({ mini: 'openai/gpt-4o-mini', d: 'demo' });
  expect(await aliases('remove', 'd')).toEqual({ stdout: '', stderr: '', code: 0 });
  expect(JSON.parse(fs.readFileSync(at('aliases.json'), 'utf8'))).toEqual({ mini: 'openai/gpt-4o-mini' });
  expect((await aliases('path')).stdout).toBe(`${at('aliases.json')}\n`);
});

test('an alias of an alias is one of the model', async () => {
  await aliases('set', 'mini', 'openai/gpt-4o-mini');
  await aliases('set', 'm', 'mini');
  expect(JSON.parse((await aliases('list', '--json')).stdout)).toMatchObject({ m: 'openai/gpt-4o-mini' });
});

test('a provider of a plugin counts', async () => {
  const provider = { id: 'acme', load: () => Promise.reject(new Error('not asked')) };
  const plugged = () =>
    Promise.resolve({ providers: [provider], fragmentLoaders: new Map(), templateLoaders: new Map() });
  const { code } = await run((program) => addAliases(program, plugged), ['aliases', 'set', 'a', 'acme/large']);
  expect(code).toBe(0);
});

test.each([
  ['a model that nobody has', ['set', 'x', 'gpt-4o'], /no model "gpt-4o"; did you mean "openai\/gpt-4o"\?/],
  ['a name with a slash', ['set', 'a/b', 'demo'], /"a\/b" cannot be the name of a model alias/],
  ['its own name', ['set', 'demo', 'demo'], /"demo" is the model's own name/],
  ['one that is not there', ['remove', 'nope'], /no alias "nope"; there are none yet/],
])('%s is an error', async (_, args, message) => {
  const { code, stderr } = await aliases(...args);
  expect(stderr).toMatch(message);
  expect(code).toBe(1);
  expect(fs.existsSync(at('aliases.json'))).toBe(false);
});
