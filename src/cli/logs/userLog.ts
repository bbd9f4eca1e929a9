// The log of the user: where it is, whether it is on, and what is said about damage.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Log } from '../../store/log.ts';
import type { Damage } from '../../store/lowdb/damage.ts';
import { LlmError } from '../../values/error.ts';
import { stderr } from '../output.ts';
import { userPath } from '../userFiles.ts';

export interface UserLogFlags {
  /** True for `--log`, false for `--no-log`. Default: on, unless the user's folder has a file `logs-off`. */
  readonly log?: boolean | undefined;
  /** The folder of the log. Default: `logs` in the user's folder. */
  readonly database?: string | undefined;
}

/**
 * The log to keep turns in; undefined where none shall be kept. Damage is told on standard error, once a file.
 *
 * Rejects with `invalid_input` where the folder cannot be one.
 */
export async function openUserLog({ log, database }: UserLogFlags = {}): Promise<Log | undefined> {
  return (log ?? isLoggingOn()) ? openLogFolder(logFolder(database)) : undefined;
}

/** The log in a folder, whether logging is on or not. */
export async function openLogFolder(folder: string, onDamage: (damage: Damage) => void = tellDamage()): Promise<Log> {
  const { openLog } = await import('../../store/openLog.ts');
  return openLog(folder, { onDamage });
}

export function isLoggingOn(): boolean {
  return !existsSync(offFile());
}

/** While it is there, nothing is logged. */
export function offFile(): string {
  return userPath('logs-off');
}

/** @throws LlmError `invalid_input` for what cannot be the folder of a log. */
export function logFolder(database: string | undefined): string {
  if (database === '') throw new LlmError('invalid_input', 'the folder of the log has no name; give -d a path');
  const folder = path.resolve(database ?? userPath('logs'));
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? true) return folder;
  throw new LlmError('invalid_input', `${folder} is a file, and a log is a folder; give -d another path`);
}

/** Whether anything was ever kept there. */
export function hasLog(folder: string): boolean {
  return existsSync(path.join(folder, 'turns'));
}

/** Tells each file once. */
export function tellDamage(): (damage: Damage) => void {
  const told = new Set<string>();
  return ({ path: file, reason, setAside }) => {
    if (told.has(file)) return;
    told.add(file);
    const where = setAside === undefined ? 'it was left as it is' : `it was set aside as ${setAside}`;
    stderr.endLine();
    stderr.line(`Warning: ${file} cannot be used: ${reason}; ${where}`, 'yellow');
  };
}
