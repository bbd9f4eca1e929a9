// The packed package in a project of its own: it type-checks, runs, and bundles for a browser.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { ensureBuilt, root } from '../support/dist.ts';

const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const app = `
import { lastValueFrom } from 'rxjs';
import { LlmError, defineModel, user, type LlmResponse, type StreamEvent } from 'rxllm';
import { demo } from 'rxllm/demo';
import { openaiChat } from 'rxllm/openai';
import { collectText, ofType } from 'rxllm/operators';
import { fromJSON } from 'rxllm/serialization';

const model = demo({ chunkMs: 0 });
const response: LlmResponse = model.prompt([user('Hello')]);
const text: string = await lastValueFrom(response.pipe(collectText()));
const chunks: string[] = [];
response.pipe(ofType('text')).subscribe((event) => chunks.push(event.chunk));
const events: StreamEvent[] = [];
fromJSON(JSON.stringify(await response.result().then(() => response)), { model }).subscribe((event) => events.push(event));
if (chunks.join('') !== text || events.length === 0) throw new LlmError('bad_response', 'the package does not work');
console.log(openaiChat({ model: 'gpt-x' }).id, typeof defineModel);
`;

let project: string;

beforeAll(() => {
  ensureBuilt();
  project = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-package-'));
  const modules = path.join(project, 'node_modules');
  fs.mkdirSync(path.join(modules, 'rxllm'), { recursive: true });
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
    cwd: root,
  });
  const [{ filename }] = JSON.parse(packed.toString());
  execFileSync('tar', [
    '-xzf',
    path.join(project, filename),
    '--strip-components=1',
    '-C',
    path.join(modules, 'rxllm'),
  ]);
  // What `npm install rxllm rxjs zod` would put there; links instead, because a test needs no internet.
  const installed = [
    ...Object.keys(manifest.dependencies),
    ...Object.keys(manifest.peerDependencies),
    'tslib',
    '@types/node',
    'undici-types',
  ];
  for (const name of installed) {
    fs.mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    fs.symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  }
  fs.writeFileSync(path.join(project, 'package.json'), JSON.stringify({ name: 'app', type: 'module' }));
  fs.writeFileSync(path.join(project, 'app.ts'), app);
}, 180_000);

afterAll(() => fs.rmSync(project, { recursive: true, force: true }));

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])('a TypeScript project with module %s and resolution %s compiles against it and runs', (module, moduleResolution) => {
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2022',
    strict: true,
    types: ['node'],
    lib: ['es2023', 'dom'],
    outDir: moduleResolution,
  };
  fs.writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['app.ts'] }));
  execFileSync('node', [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', project], { stdio: 'pipe' });
  const out = execFileSync('node', [path.join(project, moduleResolution, 'app.js')], { cwd: project });
  expect(out.toString()).toBe('gpt-x function\n');
});

test('holds what users need and nothing else', () => {
  const files = fs.readdirSync(path.join(project, 'node_modules/rxllm'));
  expect(files.toSorted()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist',
    'operators',
    'package.json',
    'src',
  ]);
});

// The registry reads the user's folder, the store keeps files, and the server serves.
const nodeEntries = new Set(['./models', './store', './server', './package.json']);
const browserEntries = Object.keys(manifest.exports).filter((name) => !nodeEntries.has(name));

test.each(browserEntries)('%s bundles for a browser', async (entry) => {
  const result = await build({
    stdin: { contents: `export * from 'rxllm${entry.slice(1)}';`, resolveDir: project },
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    preserveSymlinks: true,
    logLevel: 'silent',
  });
  expect(result.outputFiles[0]!.text).not.toMatch(/\bfrom ?"node:/);
});
