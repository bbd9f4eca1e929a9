// `rxllm logs path`, `on` and `off`.
import { stderr, stdout } from '../output.ts';
import { removeUserFile, userPath, writeUserText } from '../userFiles.ts';
import { offFile } from './userLog.ts';

export function showPath(): void {
  stdout.line(userPath('logs'));
}

export async function turnOn(): Promise<void> {
  await removeUserFile('logs-off');
  stderr.line('Logging is on.');
}

export async function turnOff(): Promise<void> {
  await writeUserText('', 'logs-off');
  stderr.line(`Logging is off, until rxllm logs on takes ${offFile()} away.`);
}
