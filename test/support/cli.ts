// Starts the built program as a user would, and an OpenAI-like server for it to talk to.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureBuilt, program } from './dist.ts';

export interface CliOptions {
  /** What is piped in, at once and to its end; default: nothing. Null leaves that to the test. */
  readonly stdin?: string | null;
  readonly env?: Readonly<Record<string, string>>;
}

export interface CliResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Byte for byte what `stdout` is text of. */
  readonly bytes: Buffer;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  /** When standard output has this text. */
  readonly prints: (text: string) => Promise<void>;
  readonly ended: Promise<CliResult>;
}

/** Of the tests of a file that name none, where the program keeps what it keeps. */
let folder: string | undefined;

function newFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-cli-'));
}

afterAll(() => {
  if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

/** Starts the program. Of the environment it sees nothing but what is given: no keys, no settings of the tester's own. */
export function startCli(args: readonly string[], { stdin = '', env = {} }: CliOptions = {}): RunningCli {
  ensureBuilt();
  // Nor the files of the tester's own.
  const variables = { PATH: process.env.PATH, RXLLM_USER_PATH: (folder ??= newFolder()), ...env };
  const child = spawn(process.execPath, [program, ...args], { env: variables });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  if (stdin !== null) child.stdin.end(stdin);
  return {
    child,
    prints: (text) =>
      new Promise((resolve) => {
        const look = () => {
          if (!Buffer.concat(out).toString().includes(text)) return;
          child.stdout.off('data', look);
          resolve();
        };
        child.stdout.on('data', look);
        look();
      }),
    ended: new Promise((resolve) => {
      child.on('close', (code, signal) => {
        const bytes = Buffer.concat(out);
        resolve({ stdout: bytes.toString(), stderr: Buffer.concat(err).toString(), bytes, code, signal });
      });
    }),
  };
}

/** Runs the program to its end. */
export function cli(args: readonly string[], options?: CliOptions): Promise<CliResult> {
  return startCli(args, options).ended;
}

interface Delta {
  readonly content?: string;
  readonly reasoning_content?: string;
}

/** One event of a Chat Completions stream. JSON escapes what is not ASCII, so that halves of characters survive. */
export function chatDelta(delta: Delta, finish_reason: 'stop' | null = null): string {
  const json = JSON.stringify({ id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta, finish_reason }] });
  return `data: ${json}\n\n`;
}

/** A whole Chat Completions stream. */
export function chatStream(...deltas: readonly Delta[]): string[] {
  const usage = { id: 'chatcmpl-1', choices: [], usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 } };
  return [
    ...deltas.map((delta) => chatDelta(delta)),
    chatDelta({}, 'stop'),
    `data: ${JSON.stringify(usage)}\n\n`,
    'data: [DONE]\n\n',
  ];
}
