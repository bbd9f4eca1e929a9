// The built package, for tests that spawn the program or pack it. Built once when it is missing or older than the
// sources; a folder is the lock, because jest runs test files in several processes.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const program = path.join(root, 'dist/cli/main.cjs');

const lock = path.join(root, 'node_modules/.rxllm-build');
const sources = ['src', 'operators', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'esbuild.config.js'];

/** Makes `dist` what the sources say. */
export function ensureBuilt(): void {
  if (isFresh()) return;
  for (;;) {
    try {
      fs.mkdirSync(lock);
      break;
    } catch (error) {
      // Not by instanceof: jest's modules have an Error of their own.
      if ((error as { readonly code?: unknown }).code !== 'EEXIST') throw error;
      if (isFresh()) return;
      if (Date.now() - fs.statSync(lock, { throwIfNoEntry: false })!.mtimeMs > 120_000) fs.rmdirSync(lock);
      // The other process builds; there is nothing to do but to look again.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  try {
    if (!isFresh()) execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'pipe' });
  } finally {
    fs.rmdirSync(lock);
  }
}

function isFresh(): boolean {
  const built = fs.statSync(program, { throwIfNoEntry: false });
  return built !== undefined && newest() <= built.mtimeMs;
}

function newest(): number {
  const files = sources.flatMap((name) => {
    const at = path.join(root, name);
    if (fs.statSync(at).isFile()) return [at];
    return fs.readdirSync(at, { recursive: true, encoding: 'utf8' }).map((file) => path.join(at, file));
  });
  return Math.max(...files.map((file) => fs.statSync(file).mtimeMs));
}
