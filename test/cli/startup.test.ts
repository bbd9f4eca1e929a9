// What the program loads before it does anything: a quick start is one that reads little.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { jest } from '@jest/globals';
import { ensureBuilt, program, root } from '../support/dist.ts';
import { temporaryFolder } from './user.ts';

jest.setTimeout(20_000);
beforeAll(() => ensureBuilt(), 180_000);

/** Tells at the end what was loaded: modules of either kind, and files that were read. */
const spy = `
  import fs from 'node:fs';
  import { createRequire, syncBuiltinESMExports } from 'node:module';
  const files = new Set();
  const { readFileSync } = fs;
  fs.readFileSync = (file, ...options) => { files.add(String(file)); return readFileSync(file, ...options); };
  syncBuiltinESMExports();
  const { _cache } = createRequire(import.meta.url)('node:module');
  process.on('exit', () => fs.writeSync(3, [...files, ...Object.keys(_cache)].join('\\n')));
`;

/** The files of this package, and of those that it depends on, that a run of the program loads. */
async function loaded(...args: readonly string[]): Promise<readonly string[]> {
  const folder = temporaryFolder();
  const spying = path.join(folder, 'spy.mjs');
  fs.writeFileSync(spying, spy);
  const child = spawn(process.execPath, ['--import', spying, program, ...args], {
    env: { PATH: process.env.PATH, RXLLM_USER_PATH: folder, RXLLM_DEMO_MS: '0' },
    stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout?.resume();
  child.stdio[3]?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code).toBe(0);
  const files = Buffer.concat(chunks).toString().split('\n');
  return [
    ...new Set(files.filter((file) => file.startsWith(root)).map((file) => path.relative(root, file))),
  ].toSorted();
}

test('--version loads nothing but the file that says it', async () => {
  expect(await loaded('--version')).toEqual(['dist/cli/main.cjs']);
});

test('a prompt loads the bundle besides, and no package', async () => {
  expect(await loaded('-m', 'demo', '-R', 'hi')).toEqual(['dist/cli/main.cjs', 'dist/cli/program.cjs']);
});

test('templates load YAML, and nothing else does', async () => {
  const files = await loaded('-m', 'demo', '-s', 'Be brief', '--save', 'mine', 'hi');
  expect(new Set(files.map((file) => file.split('/').slice(0, 2).join('/')))).toEqual(
    new Set(['dist/cli', 'node_modules/yaml']),
  );
});
