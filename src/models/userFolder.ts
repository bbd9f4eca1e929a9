// The user's folder: where keys, aliases and the default model are kept from one program to the next. Here it is read.
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { Environment } from './provider.ts';
import type { RegistrySettings } from './registry.ts';

/** `$RXLLM_USER_PATH`, else the folder for settings that the platform has. */
export function userFolder(env: Environment): string {
  if (env.RXLLM_USER_PATH) return path.resolve(env.RXLLM_USER_PATH);
  const home = os.homedir();
  switch (process.platform) {
    case 'darwin':
      return path.join(home, 'Library', 'Application Support', 'rxllm');
    case 'win32':
      return path.join(env.APPDATA || path.join(home, 'AppData', 'Roaming'), 'rxllm');
    default:
      return path.join(env.XDG_CONFIG_HOME || path.join(home, '.config'), 'rxllm');
  }
}

/**
 * What is kept in the folder: `keys.json` and `aliases.json`, objects of strings, and `default_model.txt`. A file that is
 * not there counts as empty.
 *
 * Rejects with LlmError `invalid_input` for a file that holds anything else, or that may not be read.
 */
export async function readUserFolder(
  folder: string,
): Promise<Required<Pick<RegistrySettings, 'keys' | 'aliases' | 'defaultModel' | 'keysPath'>>> {
  const keysPath = path.join(folder, 'keys.json');
  const [keys, aliases, name] = await Promise.all([
    readRecord(keysPath),
    readRecord(path.join(folder, 'aliases.json')),
    readText(path.join(folder, 'default_model.txt')),
  ]);
  return { keys, aliases, defaultModel: name?.trim() || undefined, keysPath };
}

async function readRecord(file: string): Promise<Readonly<Record<string, string>>> {
  const text = await readText(file);
  if (text === undefined || text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The cause would repeat what stands there, and it may be keys.
    throw new LlmError('invalid_input', `${file} is not JSON; correct it or take it away`);
  }
  if (isRecord(value)) return value;
  throw new LlmError('invalid_input', `${file} must be an object whose values are strings; correct it or take it away`);
}

function isRecord(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((each) => typeof each === 'string')
  );
}

async function readText(file: string): Promise<string | undefined> {
  try {
    // Editors of Windows begin a file with a byte order mark.
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    if (typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new LlmError('invalid_input', `${describe(file)} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
