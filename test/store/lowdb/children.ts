// Starts the child processes of these tests. A script is one file of JavaScript, so that it starts at once.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { root } from '../../support/dist.ts';

/** @returns The script, in that folder. */
export async function buildChild(name: string, folder: string): Promise<string> {
  const outfile = path.join(folder, `${name}.mjs`);
  await build({
    entryPoints: [path.join(root, 'test/store/lowdb', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['@rxllm/source'],
    logLevel: 'error',
  });
  return outfile;
}

/** What a script prints in the end, as JSON. */
export async function resultOf(script: string, task: object): Promise<unknown> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)], {
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

export interface Child {
  readonly process: ChildProcess;
  /** The next line that it prints; undefined at its end. */
  readonly line: () => Promise<string | undefined>;
  /** Writes a line to it. */
  readonly tell: (line: string) => void;
  /** All lines that are left; rejects unless it ended well, or was killed. */
  readonly ended: () => Promise<readonly string[]>;
}

export function startChild(script: string, task: object): Child {
  const child = spawn(process.execPath, [script, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  // Who is killed reads no more.
  child.stdin.on('error', () => undefined);
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : value;
  };
  return {
    process: child,
    line,
    tell: (text) => child.stdin.write(`${text}\n`),
    async ended() {
      const rest: string[] = [];
      for (let next = await line(); next !== undefined; next = await line()) rest.push(next);
      const [code, signal] = await exit;
      if (code !== 0 && signal !== 'SIGKILL') throw new Error(`the child ended with ${code ?? signal}`);
      return rest;
    },
  };
}
