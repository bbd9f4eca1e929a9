// The commands of the settings, as the program has them.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { jest } from '@jest/globals';
import { cli } from '../../support/cli.ts';
import { ensureBuilt } from '../../support/dist.ts';

jest.setTimeout(30_000);
beforeAll(() => ensureBuilt(), 180_000);

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-user-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

async function rxllm(args: readonly string[], stdin = '') {
  const { stdout, stderr, code } = await cli(args, { stdin, env: { RXLLM_USER_PATH: path.join(folder, 'user') } });
  return { stdout, stderr, code };
}

const quiet = { stdout: '', stderr: '', code: 0 };

test('each is there, and they work on the same folder', async () => {
  expect(await rxllm(['keys', 'set', 'openai'], 'sk-1\n')).toEqual(quiet);
  expect(await rxllm(['keys'])).toEqual({ ...quiet, stdout: 'openai\n' });
  expect(await rxllm(['aliases', 'set', 'mini', 'openai/gpt-4o-mini'])).toEqual(quiet);
  expect(await rxllm(['models', 'default', 'mini'])).toEqual(quiet);
  const { stdout } = await rxllm(['models']);
  expect(stdout).toMatch(/^openai\/NAME \(key: stored\)$[^]*^Default: openai\/gpt-4o-mini\n$/m);
  expect(await rxllm(['fragments', 'set', 'notes', '-'], 'text')).toEqual(quiet);
  expect(await rxllm(['fragments', 'show', 'notes'])).toEqual({ ...quiet, stdout: 'text\n' });
  expect(await rxllm(['templates', 'path'])).toEqual({ ...quiet, stdout: `${folder}/user/templates\n` });
  expect((await rxllm(['schemas', 'dsl', 'name, age int'])).stdout).toContain('"type": "integer"');
  expect(fs.statSync(path.join(folder, 'user')).mode & 0o777).toBe(0o700);
});

test('what cannot be done ends with 1, what makes no sense with 2', async () => {
  expect(await rxllm(['keys', 'get', 'nope'])).toMatchObject({ stdout: '', code: 1 });
  expect(await rxllm(['keys', 'set', 'openai', 'sk-secret'])).toMatchObject({ stdout: '', code: 2 });
  expect(await rxllm(['aliases', 'nope'])).toMatchObject({ stdout: '', code: 2 });
});
