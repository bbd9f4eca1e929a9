// `rxllm fragments`.
import fs from 'node:fs';
import { attachment } from 'rxllm';
import { addFragments } from '../../../src/cli/commands/fragments.ts';
import type { LoadedFragment } from '../../../src/cli/content/plugged.ts';
import { run, withUserFolder } from './runCommand.ts';

const at = withUserFolder();
const fragments = (args: readonly string[], stdin?: string) => run(addFragments, ['fragments', ...args], stdin);

function withLoader(loaded: LoadedFragment, ...args: readonly string[]) {
  const fragmentLoaders = new Map([['docs', { description: 'Documentation', load: () => loaded }]]);
  const plugged = () => Promise.resolve({ providers: [], fragmentLoaders, templateLoaders: new Map() });
  return run((program) => addFragments(program, plugged), ['fragments', ...args]);
}

test('the text of a file is kept as it was, for the owner alone, shown and removed', async () => {
  fs.writeFileSync(at('notes.txt'), 'one\r\ntwo');
  expect(await fragments(['set', 'notes', at('notes.txt')])).toEqual({ stdout: '', stderr: '', code: 0 });
  fs.writeFileSync(at('notes.txt'), 'other');
  expect(await fragments(['show', 'notes'])).toEqual({ stdout: 'one\r\ntwo\n', stderr: '', code: 0 });
  expect(fs.readFileSync(at('fragments/notes'), 'utf8')).toBe('one\r\ntwo');
  expect(fs.statSync(at('fragments/notes')).mode & 0o777).toBe(0o600);
  expect(await fragments(['remove', 'notes'])).toEqual({ stdout: '', stderr: '', code: 0 });
  expect(await fragments(['show', 'notes'])).toMatchObject({ stdout: '', code: 1 });
});

test('standard input, and what the loader of a plugin gives, can be kept', async () => {
  await fragments(['set', 'piped', '-'], 'through\n');
  expect((await fragments(['show', 'piped'])).stdout).toBe('through\n');
  await withLoader('loaded', 'set', 'doc', 'docs:a');
  expect((await fragments(['show', 'doc'])).stdout).toBe('loaded\n');
});

test('the list has the beginning of each, and can be searched', async () => {
  expect(await fragments([])).toEqual({ stdout: '', stderr: 'No fragments found\n', code: 0 });
  await fragments(['set', 'long', '-'], `${'x'.repeat(100)}END`);
  await fragments(['set', 'short', '-'], 'a: Bc\nd');
  // The SHA-256 of the text, by another program.
  const hash = '30039e08f0c6512bb274f87402f39956314edcbf772a624b5bf381ab1a84580e';
  expect((await fragments(['list', '-q', 'bC', '-q', 'A:'])).stdout).toBe(
    `- alias: short\n  hash: ${hash}\n  content: |-\n    a: Bc\n    d\n`,
  );
  const { stdout } = await fragments([]);
  expect(stdout).toContain(`content: ${'x'.repeat(100)}…\n`);
  expect(JSON.parse((await fragments(['list', '--json', '-q', 'end'])).stdout)).toEqual([
    { alias: 'long', hash: expect.stringMatching(/^[0-9a-f]{64}$/), content: `${'x'.repeat(100)}END` },
  ]);
});

test('the loaders of plugins are listed', async () => {
  expect((await fragments(['loaders'])).stderr).toBe('No fragment loaders found\n');
  expect((await withLoader('', 'loaders')).stdout).toBe('docs:\n  Documentation\n');
});

test.each([
  ['a name with a slash', ['set', 'a/b', 'nope'], '"a/b" cannot be the name of a fragment'],
  ['a source that is not there', ['set', 'a', 'nope'], 'fragment "nope" not found'],
  ['removing what is not there', ['remove', 'a'], 'no fragment "a" in '],
  ['showing what is not there', ['show', 'a'], 'there are none yet'],
])('%s is an error', async (_, args, message) => {
  expect(await fragments(args)).toMatchObject({ stdout: '', stderr: expect.stringContaining(message), code: 1 });
  expect(fs.existsSync(at('fragments'))).toBe(false);
});

test('an alias is for one text', async () => {
  const file = attachment({ url: 'https://example.com/a.png' });
  for (const loaded of [[], ['a', 'b'], ['a', file]]) {
    expect((await withLoader(loaded, 'set', 'a', 'docs:x')).stderr).toMatch(/an alias is for one text/);
  }
});
