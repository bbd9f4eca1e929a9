// The one place that decides which things of the machine the tests can use. What is missing skips with a message,
// unless $RXLLM_REQUIRE (a comma-separated list) names it: then it fails.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const corpora = path.resolve(root, process.env.RXLLM_CORPUS ?? '../shared');

/** Everything that a test may need, and where it is; undefined where it is missing. */
const found = {
  /** Recorded streams and golden cases. */
  corpus: existing(corpora),
  tmux: onPath('tmux'),
  chromium: onPath('chromium'),
};

export type Need = keyof typeof found;

const required = new Set((process.env.RXLLM_REQUIRE ?? '').split(',').map((name) => name.trim()));

/** `describe` and `test` that skip, and say why, when a need is missing. */
export function needs(...names: readonly Need[]): {
  describe: (name: string, body: () => void) => void;
  test: jest.It;
} {
  const missing = names.filter((name) => found[name] === undefined);
  if (missing.length === 0) return { describe, test };
  const why = `needs ${missing.join(', ')}, which this machine lacks`;
  const must = missing.filter((name) => required.has(name));
  return {
    describe: (name) => {
      if (must.length > 0)
        describe(name, () => test(why, () => Promise.reject(new Error(`${why}, and RXLLM_REQUIRE asks for it`))));
      else describe(name, () => test.skip(why, () => undefined));
    },
    test: must.length > 0 ? test : test.skip,
  };
}

/** A path in the corpora. */
export function corpusPath(...parts: readonly string[]): string {
  return path.join(corpora, ...parts);
}

/** Where a program is. */
export function programPath(name: Exclude<Need, 'corpus'>): string {
  const at = found[name];
  if (at === undefined) throw new Error(`${name} is not on this machine; ask needs() first`);
  return at;
}

function existing(at: string): string | undefined {
  return fs.existsSync(at) ? at : undefined;
}

function onPath(program: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return folders.map((folder) => existing(path.join(folder, program))).find((at) => at !== undefined);
}
