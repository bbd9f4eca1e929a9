// Runs every example, as a reader would: the `//` lines that close it are its output.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './support/dist.ts';

const run = promisify(execFile);
const tsx = path.join(root, 'node_modules/tsx/dist/cli.mjs');
const names = fs.readdirSync(path.join(root, 'examples')).filter((name) => name.endsWith('.ts'));
/** A server, which runs until it is stopped, and a program that asks it. */
const pair = new Set(['hub-server.ts', 'hub-client.ts']);

/** What the `//` lines that close an example say it prints. */
function outputOf(code: string): string {
  const lines = code.trimEnd().split('\n');
  const closing = lines.slice(lines.findLastIndex((line) => !line.startsWith('//')) + 1);
  return closing.map((line) => `${line.replace(/^\/\/ ?/, '')}\n`).join('');
}

function readExample(name: string): string {
  return fs.readFileSync(path.join(root, 'examples', name), 'utf8');
}

test('there are examples', () => {
  expect(names).toContain('hello.ts');
});

test.each(names)('examples/%s opens with one sentence that says what it shows', (name) => {
  expect(readExample(name)).toMatch(/^\/\/ [A-Z].*\.\n(?:import|const)/);
});

test.each(names.filter((name) => !pair.has(name)))(
  'examples/%s prints what its last lines say',
  async (name) => {
    const { stdout, stderr } = await run(process.execPath, [tsx, '--conditions=@rxllm/source', `examples/${name}`], {
      cwd: root,
    });
    expect(stderr).toBe('');
    expect(stdout).toBe(outputOf(readExample(name)));
  },
  30_000,
);

test('examples/hub-server.ts and hub-client.ts print what their last lines say', async () => {
  const start = (name: string, ...args: readonly string[]) =>
    spawn(process.execPath, [tsx, '--conditions=@rxllm/source', `examples/${name}`, ...args], {
      cwd: root,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const server = start('hub-server.ts');
  const [said] = (await once(server.stdout, 'data')) as [Buffer];
  const line = said.toString();
  expect(line.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:8080')).toBe(outputOf(readExample('hub-server.ts')));
  const client = start('hub-client.ts', /ws:\S+/.exec(line)![0]);
  let printed = '';
  client.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  await once(client, 'close');
  expect(printed).toBe(outputOf(readExample('hub-client.ts')));
  server.kill('SIGTERM');
  expect(await once(server, 'close')).toEqual([0, null]);
}, 30_000);
