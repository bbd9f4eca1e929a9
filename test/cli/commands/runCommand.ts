// Runs commands in this process, as the program does, with a folder of their own; what they print is caught.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { jest } from '@jest/globals';
import { Command } from 'commander';
import { report } from '../../../src/cli/run.ts';

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** Makes an empty folder the user's folder for each test, and an empty environment of settings. */
export function withUserFolder(): (...names: readonly string[]) => string {
  let folder = '';
  const env = process.env;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-user-'));
    process.env = { PATH: env.PATH, RXLLM_USER_PATH: folder };
  });
  afterEach(() => {
    process.env = env;
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return (...names) => path.join(folder, ...names);
}

/** Runs a command line on a program with only what `add` adds. */
export async function run(add: (program: Command) => unknown, args: readonly string[], stdin = ''): Promise<Ran> {
  let [out, err] = ['', ''];
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => Boolean((out += String(chunk)))),
    jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => Boolean((err += String(chunk)))),
  ];
  const terminal = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from([Buffer.from(stdin)]) });
  const program = new Command('rxllm').exitOverride();
  try {
    add(program);
    await program.parseAsync(args, { from: 'user' });
    return { stdout: out, stderr: err, code: 0 };
  } catch (error) {
    const code = report(error);
    return { stdout: out, stderr: err, code };
  } finally {
    Object.defineProperty(process, 'stdin', terminal);
    for (const spy of spies) spy.mockRestore();
  }
}
