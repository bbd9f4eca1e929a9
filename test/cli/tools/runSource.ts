// Runs a script on the sources of the program in a process of its own, for what Jest has a version of its own of: `import`.
import { spawn } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { root } from '../../support/dist.ts';

export interface ScriptResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
}

/** The words that run a script which imports sources as `src/cli/…`, and packages as the program does. */
export function scriptCommand(script: string): readonly string[] {
  const code = script.replaceAll(/'(src\/[^']+)'/g, (_, file: string) => `'${pathToFileURL(root).href}${file}'`);
  return [process.execPath, '--import', 'tsx', '--conditions=@rxllm/source', '--input-type=module', '-e', code, '--'];
}

/** In a session of its own, so without a terminal. */
export function runScript(
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ScriptResult> {
  const [command = '', ...words] = scriptCommand(script);
  // In the folder of the package, so that its packages are found.
  const setting = { cwd: root, env: { PATH: process.env.PATH, ...env }, detached: true };
  const child = spawn(command, [...words, ...args], setting);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.end();
  return new Promise((resolve) => {
    child.on('close', (code) =>
      resolve({ stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString(), code }),
    );
  });
}
