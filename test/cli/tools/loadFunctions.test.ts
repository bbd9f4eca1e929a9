// `--functions FILE`: what becomes of the exports of a file, and what is said of one that cannot be loaded.
import { jest } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runScript } from './runSource.ts';

// Processes, on a machine that may be busy.
jest.setTimeout(60_000);

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'rxllm functions-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Loaded {
  readonly tools?: readonly { readonly name: string; readonly toolbox?: string; readonly schema?: unknown }[];
  readonly results?: readonly unknown[];
  readonly code?: string;
  readonly message?: string;
}

/** Loads the files one after the other, and runs each tool with `{ a: 3, b: 4 }`. */
async function load(...files: readonly string[]): Promise<readonly Loaded[]> {
  const script = `
    import { loadFunctions } from 'src/cli/tools/loadFunctions.ts';
    for (const file of process.argv.slice(1)) {
      try {
        const tools = await loadFunctions(file);
        const results = [];
        for (const tool of tools) results.push(await tool.run({ a: 3, b: 4 }, {}));
        const shown = tools.map(({ name, toolbox, input_schema: schema }) => ({ name, toolbox: toolbox?.name, schema }));
        console.log(JSON.stringify({ tools: shown, results }));
      } catch ({ code, message }) {
        console.log(JSON.stringify({ code, message }));
      }
    }`;
  const { stdout, stderr, code } = await runScript(script, files);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Loaded);
}

async function write(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

test('functions become tools by their names, with any object as arguments', async () => {
  const file = await write(
    'math.js',
    `export const add = ({ a, b }) => a + b;
     export async function times({ a, b }) { return a * b; }
     function hidden() {}
     export { hidden as seen };
     export default function power({ a, b }) { return a ** b; }`,
  );
  expect(await load(file)).toEqual([
    {
      tools: [{ name: 'add' }, { name: 'power' }, { name: 'seen' }, { name: 'times' }],
      results: [7, 81, null, 12],
    },
  ]);
});

test('tools of rxllm, plain ones, lists and toolboxes are taken, once each; the rest is left alone', async () => {
  const file = await write(
    'tools.mjs',
    `import { tool, toolbox } from 'rxllm';
     const schema = { type: 'object', properties: { a: { type: 'number' } } };
     export const made = tool({ name: 'made', input: schema, run: ({ a }) => a });
     export const plain = { name: 'plain', input: schema, run() { return this.name; } };
     export const list = [made, { name: 'listed', run: () => 1 }, 'no tool'];
     export const box = toolbox({ name: 'Box', prepare: () => 2, tools: (tool) => [tool({ name: 'get', run: () => 2 })] });
     class OfClass { name = 'ofClass'; run() { return 'of a class'; } }
     export const instance = new OfClass();
     export { OfClass };
     export const version = 1;
     export default made;`,
  );
  const [{ tools = [], results = [] } = {}] = await load(file);
  expect(Object.fromEntries(tools.map(({ name }, at) => [name, results[at]]))).toEqual({
    made: 3,
    plain: 'plain',
    listed: 1,
    Box_get: expect.anything(),
    ofClass: 'of a class',
  });
  expect(tools).toHaveLength(5);
  const schema = { type: 'object', properties: { a: { type: 'number' } } };
  expect(tools).toContainEqual({ name: 'made', schema });
  expect(tools).toContainEqual({ name: 'plain', schema });
  expect(tools).toContainEqual({ name: 'Box_get', toolbox: 'Box' });
});

test('TypeScript is run without its types, also what it imports, early and late; nothing is written', async () => {
  const file = await write(
    'typed.ts',
    `import { tool, type Tool } from 'rxllm';
     import { text } from 'rxllm/operators';
     import type { Pair } from './lib/half.ts';
     import { half } from './lib/half.ts';
     export const own: Tool = tool({ name: 'own', run: () => typeof text satisfies string });
     export const halved = ({ a, b }: Pair): number => half(a)! + half(b as number);
     export const where = () => import.meta.url;
     export const late = async () => (await import('./lib/late.mts')).late;`,
  );
  await write(
    'lib/half.ts',
    `export interface Pair { a: number; b: number }\nexport const half = (n: number) => n / 2;`,
  );
  await write('lib/late.mts', `import { half } from './half.ts'; export const late: number = half(1);`);
  const before = await readdir(folder, { recursive: true });
  const [{ tools = [], results = [] } = {}] = await load(file);
  expect(Object.fromEntries(tools.map(({ name }, at) => [name, results[at]]))).toEqual({
    own: 'function',
    halved: 3.5,
    where: pathToFileURL(file).href,
    late: 0.5,
  });
  expect(await readdir(folder, { recursive: true })).toEqual(before);
});

test('JavaScript is a module, whatever the folder says', async () => {
  await write('package.json', '{ "type": "commonjs" }');
  const file = await write('here.js', 'export const here = () => import.meta.url.length > 0;');
  expect(await load(path.relative(process.cwd(), file))).toEqual([{ tools: [{ name: 'here' }], results: [true] }]);
});

test('rxllm is the package of the program, also where the folder has one of its own; others are found from there', async () => {
  await write('node_modules/rxllm/package.json', '{ "name": "rxllm", "type": "module", "exports": "./index.js" }');
  await write('node_modules/rxllm/index.js', 'export const tool = () => ({ name: "foreign", run: () => 1 });');
  await write('node_modules/dep/package.json', '{ "name": "dep", "type": "module", "exports": "./index.js" }');
  await write('node_modules/dep/index.js', 'export const answer = 42;');
  const file = await write(
    'a.ts',
    `import { tool } from 'rxllm';
     import { answer } from 'dep';
     export const it = tool({ name: 'own', run: () => answer });`,
  );
  expect(await load(file)).toEqual([{ tools: [{ name: 'own' }], results: [42] }]);
});

test('several files are loaded in one program', async () => {
  const one = await write('one.ts', 'export const one = (): number => 1;');
  const two = await write('two.js', 'export const two = () => 2;');
  expect((await load(one, two, one)).map(({ results }) => results)).toEqual([[1], [2], [1]]);
});

describe('what cannot be loaded is refused: the error names the file and the way out', () => {
  const url = 'is a URL; download it, read it, and name the file';
  const cases: readonly (readonly [name: string, text: string | undefined, message: string])[] = [
    [
      'syntax.ts',
      'export const a = 1;\nconst = 2;',
      'cannot be loaded: SyntaxError: Unexpected token (2:7) in FOLDER/syntax.ts',
    ],
    ['grammar.js', 'const = 2;', "cannot be loaded: SyntaxError: Unexpected token '='; node says where: node --check"],
    [
      'throws.ts',
      'const a: number = 1;\n\nthrow new RangeError("boom");',
      'cannot be loaded: RangeError: boom (line 3)',
    ],
    ['throws-text.mjs', 'throw "boom";', 'cannot be loaded: boom'],
    [
      'type.ts',
      'import { Tool } from "rxllm";\nexport const f = (tool: Tool) => tool;',
      "cannot be loaded: SyntaxError: The requested module 'rxllm' does not provide an export named 'Tool' (line 1); " +
        'a type is imported by "import type"',
    ],
    [
      'package.js',
      'import "no-such-package";',
      "cannot be loaded: Cannot find package 'no-such-package' imported from FOLDER/package.js; install the package beside the file",
    ],
    [
      'module.js',
      'import "./other";',
      "cannot be loaded: Cannot find module 'FOLDER/other' imported from FOLDER/module.js; write the whole name of the file, such as ./other.ts",
    ],
    [
      'none.js',
      'export const a = 1; export class B {}',
      'exports no tool; export a function, or what tool() of rxllm gives',
    ],
    [
      'name.js',
      'export const $a = () => 1;',
      'exports "$a", which cannot be a tool: "$a" is no name of a tool that every provider takes; give it at most 64 letters, digits, _ and -',
    ],
    [
      'unnamed.js',
      'export default () => 1;',
      'exports "default", which cannot be a tool: the function has no name; give it one',
    ],
    [
      'twice.js',
      'export const a = () => 1; export const b = { name: "a", run: () => 2 };',
      'exports tools that cannot be used: two tools are called "a"; a name can stand only once',
    ],
    ['python.py', '', 'has the extension ".py"; the file is JavaScript or TypeScript: .js .mjs .ts .mts'],
    ['folder.js', undefined, 'is no file; name the file in it'],
    ['nowhere/a.js', undefined, "cannot be read: ENOENT: no such file or directory, stat 'FOLDER/nowhere/a.js'"],
    ['https://example.com/tools.js', undefined, url],
    ['file:///tools.js', undefined, url],
    ['data:text/javascript,1', undefined, url],
  ];
  // By one process: it takes a while to begin.
  const refused = new Map<string, Loaded | undefined>();

  beforeAll(async () => {
    const own = await mkdtemp(path.join(os.tmpdir(), 'rxllm-functions-'));
    await mkdir(path.join(own, 'folder.js'));
    const files = cases.map(([name]) => (name.includes(':') ? name : path.join(own, name)));
    for (const [at, [, text]] of cases.entries()) if (text !== undefined) await writeFile(files[at]!, text);
    const loaded = await load(...files);
    for (const [at, [name]] of cases.entries()) {
      const { code, message = '' } = loaded[at] ?? {};
      expect(message.startsWith(`--functions: ${files[at]} `)).toBe(true);
      const why = message.slice(`--functions: ${files[at]} `.length).replaceAll(own, 'FOLDER');
      refused.set(name, { ...(code && { code }), message: why });
    }
    await rm(own, { recursive: true });
  });

  test.each(cases)('%s', (name, _, message) => {
    expect(refused.get(name)).toEqual({ code: 'invalid_input', message });
  });
});
