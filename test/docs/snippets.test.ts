// The TypeScript snippets of README and docs: those that import something are programs and have no type error, those that
// close with `//` lines run, and these lines are their output.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/dist.ts';

const run = promisify(execFile);
const pages = ['README.md', ...fs.readdirSync(path.join(root, 'docs')).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

interface Block {
  readonly page: string;
  readonly name: string;
  readonly code: string;
  /** The lines of the page before its code. */
  readonly linesBefore: number;
}

function blocksOf(page: string): Block[] {
  const text = fs.readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match, index) => ({
    page,
    name: `${page}, snippet ${index + 1}`,
    code: match[1]!,
    linesBefore: text.slice(0, match.index).split('\n').length,
  }));
}

interface Snippet {
  readonly name: string;
  readonly code: string;
  readonly output: string;
}

/** A snippet's output are the `//` lines after its last line of code. */
function snippetsOf({ name, code }: Block): Snippet[] {
  const closing = /(?:^\/\/.*\n)+$/m.exec(code)?.[0];
  if (closing === undefined || !code.endsWith(closing)) return [];
  return [{ name, code, output: closing.replaceAll(/^\/\/ ?/gm, '') }];
}

const folder = path.join(root, 'dist/snippets');
const blocks = pages.flatMap(blocksOf);
const snippets = blocks.flatMap(snippetsOf);

beforeAll(() => fs.mkdirSync(folder, { recursive: true }));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

test('the README opens with one sentence and a snippet that runs', () => {
  const readme = fs.readFileSync(path.join(root, 'README.md'), 'utf8');
  expect(readme).toMatch(/^# rxllm\n\n[^\n]+\.\n\n```ts\n/);
  expect(snippets[0]?.name).toBe('README.md, snippet 1');
});

/** What the compiler says of them all at once, by page and line. */
async function typeErrorsOf(programs: readonly Block[]): Promise<string[]> {
  const project = fs.mkdtempSync(path.join(folder, 'types-'));
  const files = new Map<string, Block>();
  for (const [index, block] of programs.entries()) {
    const file = `${index}.ts`;
    files.set(file, block);
    // At the lines at which they stand on their page.
    fs.writeFileSync(path.join(project, file), '\n'.repeat(block.linesBefore) + block.code);
  }
  // What a program only shows, it may make and not use.
  const compilerOptions = { types: ['node'], noUnusedLocals: false };
  const config = { extends: path.join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'], exclude: [] };
  fs.writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify(config));
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const said = await run(process.execPath, [tsc, '-p', project, '--pretty', 'false'], { cwd: project }).catch(
    (error: { stdout?: string }) => {
      if (!error.stdout) throw error;
      return { stdout: error.stdout };
    },
  );
  const lines = said.stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) =>
    line.replace(/^(\d+\.ts)\((\d+),\d+\)/, (_, file: string, at: string) => `${files.get(file)?.page}:${at}`),
  );
}

test('the snippets that import something have no type error', async () => {
  const programs = blocks.filter(({ code }) => /^import /m.test(code));
  expect(programs.length).toBeGreaterThan(30);
  expect(await typeErrorsOf(programs)).toEqual([]);
}, 60_000);

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
