// Runs npm in the plugins folder: never through a shell, and never a script of a package.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { codeOf } from '../../store/lowdb/folders.ts';
import { LlmError } from '../../values/error.ts';

export interface NpmOptions {
  /** Stops npm. */
  readonly signal?: AbortSignal | undefined;
  /** Gets what npm says, as it comes. */
  readonly tell: (text: string) => void;
}

// What the environment or a file of settings may say otherwise.
const settings = [
  '--ignore-scripts',
  '--global=false',
  '--workspaces=false',
  '--dry-run=false',
  // A folder is copied, so that what is done to it later has no effect here.
  '--install-links',
  '--no-bin-links',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
];

/** Rejects with LlmError `invalid_input` when npm is not there or does not end well. */
export function runNpm(args: readonly string[], folder: string, { signal, tell }: NpmOptions): Promise<void> {
  const [command = '', ...rest] = args;
  const [program, before] = npm();
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...before, command, '--prefix', folder, ...settings, ...rest], {
      cwd: folder,
      env: process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal && { signal }),
    });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', tell);
    child.on('error', (cause) => {
      const why = codeOf(cause) === 'ENOENT' ? 'npm is not found; it comes with Node.js' : `npm: ${cause.message}`;
      reject(new LlmError('invalid_input', why, { cause }));
    });
    child.on('close', (code, stopped) => {
      if (code === 0) resolve();
      else reject(new LlmError('invalid_input', `npm ${command} has failed (${stopped ?? `exit code ${code}`})`));
    });
  });
}

/** On Windows npm is a script for a shell, so its own program is run. */
function npm(): readonly [program: string, before: readonly string[]] {
  if (process.platform !== 'win32') return ['npm', []];
  return [process.execPath, [path.join(path.dirname(process.execPath), 'node_modules/npm/bin/npm-cli.js')]];
}
