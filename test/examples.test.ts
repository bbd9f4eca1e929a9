// Runs every example, as a reader would: the `//` lines that close it are its output.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './support/dist.ts';

const run = promisify(execFile);
const tsx = path.join(root, 'node_modules/tsx/dist/cli.mjs');
const names = fs.readdirSync(path.join(root, 'examples')).filter((name) => name.endsWith('.ts'));

test('there are examples', () => {
  expect(names).toContain('hello.ts');
});

describe.each(names)('examples/%s', (name) => {
  const code = fs.readFileSync(path.join(root, 'examples', name), 'utf8');

  test('opens with one sentence that says what it shows', () => {
    expect(code).toMatch(/^\/\/ [A-Z].*\.\n(?:import|const)/);
  });

  test('prints what its last lines say', async () => {
    const lines = code.trimEnd().split('\n');
    const closing = lines.slice(lines.findLastIndex((line) => !line.startsWith('//')) + 1);
    const said = closing.map((line) => `${line.replace(/^\/\/ ?/, '')}\n`).join('');
    const { stdout, stderr } = await run(process.execPath, [tsx, '--conditions=@rxllm/source', `examples/${name}`], {
      cwd: root,
    });
    expect(stderr).toBe('');
    expect(stdout).toBe(said);
  }, 30_000);
});
