// The editor of the user: a file, or a text, is changed in it.
import { spawn } from 'node:child_process';
import { LlmError } from '../../values/error.ts';

/** Opens a file in `$VISUAL`, else `$EDITOR`, else what the platform has, and waits until it is closed. */
export async function openEditor(file: string): Promise<void> {
  const isWindows = process.platform === 'win32';
  const editor = process.env.VISUAL || process.env.EDITOR || (isWindows ? 'notepad' : 'vi');
  const refuse = (why: string, cause?: unknown) =>
    new LlmError('invalid_input', `the editor ${JSON.stringify(editor)} ${why}; set VISUAL or EDITOR`, { cause });
  await new Promise<void>((resolve, reject) => {
    // The shell splits what is in the variable, `code -w`; the name of the file it never reads.
    const child = isWindows
      ? spawn(`${editor} "${file}"`, { stdio: 'inherit', shell: true })
      : spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
    child.once('error', (cause) => reject(refuse(`cannot be started: ${cause.message}`, cause)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(refuse(`ended with ${signal ?? code}`));
    });
  });
}
