// Runs the TypeScript snippets of README and docs that close with `//` lines: these lines are their output.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/dist.ts';

const run = promisify(execFile);
const pages = ['README.md', ...fs.readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

interface Snippet {
  readonly name: string;
  readonly code: string;
  readonly output: string;
}

/** A snippet's output are the `//` lines after its last line of code. */
function snippetsOf(page: string): Snippet[] {
  const text = fs.readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].flatMap((match, index) => {
    const code = match[1]!;
    const closing = /(?:^\/\/.*\n)+$/m.exec(code)?.[0];
    if (closing === undefined || !code.endsWith(closing)) return [];
    return [{ name: `${page}, snippet ${index + 1}`, code, output: closing.replaceAll(/^\/\/ ?/gm, '') }];
  });
}

const folder = path.join(root, 'dist/snippets');
const snippets = pages.flatMap(snippetsOf);

beforeAll(() => fs.mkdirSync(folder, { recursive: true }));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

test('the README opens with one sentence and a snippet that runs', () => {
  const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
  expect(readme).toMatch(/^# rxllm\n\n[^\n]+\.\n\n```ts\n/);
  expect(snippets[0]?.name).toBe('README.md, snippet 1');
});

test.each(snippets.map((snippet) => [snippet.name, snippet] as const))(
  '%s prints what it says',
  async (name, { code, output }) => {
    const file = path.join(folder, `${name.replaceAll(/\W+/g, '-')}.ts`);
    fs.writeFileSync(file, code);
    const tsx = path.join(root, 'node_modules/tsx/dist/cli.mjs');
    const { stdout } = await run(process.execPath, [tsx, '--conditions=@rxllm/source', file], { cwd: root });
    expect(stdout.trimEnd()).toBe(output.trimEnd());
  },
  30_000,
);
