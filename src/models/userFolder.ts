// The user's folder: where keys, aliases and the default model are kept from one program to the next. Here it is read.
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { JsonObject } from '../values/json.ts';
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

/** What the user has set, as the registry takes it. */
export type UserSettings = Required<
  Pick<RegistrySettings, 'keys' | 'aliases' | 'defaultModel' | 'modelOptions' | 'keysPath'>
>;

/**
 * What is kept in the folder: `keys.json` and `aliases.json`, objects of strings, `model_options.json`, an object of
 * objects, and `default_model.txt`. A file that is not there counts as empty.
 *
 * Rejects with LlmError `invalid_input` for a file that holds anything else, or that may not be read.
 */
export async function readUserFolder(folder: string): Promise<UserSettings> {
  const keysPath = path.join(folder, 'keys.json');
  const [keys, aliases, modelOptions, name] = await Promise.all([
    readRecord(keysPath, 'strings', isString),
    readRecord(path.join(folder, 'aliases.json'), 'strings', isString),
    readRecord(path.join(folder, 'model_options.json'), 'objects', isJsonObject),
    readText(path.join(folder, 'default_model.txt')),
  ]);
  return { keys, aliases, modelOptions, defaultModel: name?.trim() || undefined, keysPath };
}

async function readRecord<T>(
  file: string,
  values: string,
  fits: (value: unknown) => value is T,
): Promise<Readonly<Record<string, T>>> {
  const text = await readText(file);
  if (text === undefined || text.trim() === '') return {};
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    // The cause would repeat what stands there, and it may be keys.
    throw new LlmError('invalid_input', `${file} is not JSON; correct it or take it away`);
  }
  if (isJsonObject(record) && Object.values(record).every(fits)) return record as Readonly<Record<string, T>>;
  throw new LlmError(
    'invalid_input',
    `${file} must be an object whose values are ${values}; correct it or take it away`,
  );
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/** Of what JSON.parse gives. */
function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
