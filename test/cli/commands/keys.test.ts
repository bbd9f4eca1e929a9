// `rxllm keys`.
import fs from 'node:fs';
import { addKeys } from '../../../src/cli/commands/keys.ts';
import { run, withUserFolder } from './runCommand.ts';

const at = withUserFolder();
const keys = (args: readonly string[], stdin?: string) => run(addKeys, ['keys', ...args], stdin);

test('a key that is piped in is stored without the spaces around it, for the owner alone, and given back', async () => {
  expect(await keys(['set', 'openai'], '  sk-1\n')).toEqual({ stdout: '', stderr: '', code: 0 });
  expect(await keys(['get', 'openai'])).toEqual({ stdout: 'sk-1\n', stderr: '', code: 0 });
  expect(fs.statSync(at('keys.json')).mode & 0o777).toBe(0o600);
  expect(JSON.parse(fs.readFileSync(at('keys.json'), 'utf8'))).toEqual({
    '// Note': 'This file stores secret API credentials. Do not share!',
    openai: 'sk-1',
  });
});

test('a file that others could read is for the owner alone once a key is set, and keeps the others', async () => {
  fs.writeFileSync(at('keys.json'), '{"groq": "gsk-1"}', { mode: 0o644 });
  await keys(['set', 'openai'], 'sk-1');
  expect(fs.statSync(at('keys.json')).mode & 0o777).toBe(0o600);
  expect(JSON.parse(fs.readFileSync(at('keys.json'), 'utf8'))).toEqual({ groq: 'gsk-1', openai: 'sk-1' });
});

test.each([
  ['a further argument', ['set', 'openai', 'sk-secret']],
  ['--value', ['set', 'openai', '--value', 'sk-secret']],
  ['--value=', ['set', 'openai', '--value=sk-secret']],
])('a key as %s is refused, says why, and is not repeated', async (_, args) => {
  const { code, stderr } = await keys(args, 'sk-2');
  expect(code).toBe(2);
  expect(stderr).toMatch(/a key is not taken from the command line, where the list of processes/);
  expect(stderr).not.toContain('sk-secret');
  expect(fs.existsSync(at('keys.json'))).toBe(false);
});

test('the list has names only, sorted', async () => {
  expect(await keys([])).toEqual({ stdout: '', stderr: 'No keys found\n', code: 0 });
  fs.writeFileSync(at('keys.json'), '{"// Note": "x", "openai": "sk-1", "groq": "gsk-1"}');
  expect(await keys([])).toEqual({ stdout: 'groq\nopenai\n', stderr: '', code: 0 });
  expect(await keys(['path'])).toEqual({ stdout: `${at('keys.json')}\n`, stderr: '', code: 0 });
});

test.each([
  ['get', ['get', 'nope'], '', 'no key "nope" is stored; there are openai'],
  ['the note', ['get', '// Note'], '', 'no key "// Note" is stored'],
  ['an inherited name', ['get', 'constructor'], '', 'no key "constructor" is stored; there are openai'],
  ['an empty key', ['set', 'groq'], ' \n', 'the key is empty; nothing is changed'],
  ['two lines', ['set', 'groq'], 'a\nb\n', 'a key has no spaces or line breaks in it; nothing is changed'],
  ['a bad name', ['set', '../x'], 'sk', '"../x" cannot be the name of a key'],
])('%s is an error', async (_, args, stdin, message) => {
  const before = '{"// Note": "secret", "openai": "sk-1"}';
  fs.writeFileSync(at('keys.json'), before);
  expect(await keys(args, stdin)).toMatchObject({ stdout: '', stderr: expect.stringContaining(message), code: 1 });
  expect(fs.readFileSync(at('keys.json'), 'utf8')).toBe(before);
});
