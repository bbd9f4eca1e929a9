// The files of the user's folder, as the commands read and write them: for the owner alone, whole or not at all.
import { readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { userFolder } from '../models/userFolder.ts';
import { writeWhole } from '../store/lowdb/durableFile.ts';
import { codeOf } from '../store/lowdb/folders.ts';
import { isName } from '../store/toRecord.ts';
import { describe, messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';

/** `$RXLLM_USER_PATH`, else the folder for settings that the platform has; a file in it by its name there. */
export function userPath(...names: readonly string[]): string {
  return path.join(userFolder(process.env), ...names);
}

/** The text of a file of the user's folder; undefined where there is none. Rejects with `invalid_input`. */
export async function readUserText(...names: readonly string[]): Promise<string | undefined> {
  const file = userPath(...names);
  try {
    // Editors of Windows begin a file with a byte order mark.
    return (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw new LlmError('invalid_input', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** The object that a JSON file of the user's folder holds; an empty one where there is no file. */
export async function readUserObject(...names: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  const text = await readUserText(...names);
  if (text === undefined || text.trim() === '') return {};
  const refuse = () =>
    new LlmError('invalid_input', `${userPath(...names)} is no JSON object; correct it or take it away`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The cause would repeat what stands there, and it may be keys.
    throw refuse();
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse();
  return value as Readonly<Record<string, unknown>>;
}

/** Writes a file of the user's folder, which is made where it is missing: mode 0600 in 0700, flushed and renamed. */
export async function writeUserText(text: string, ...names: readonly string[]): Promise<void> {
  await writeWhole(userPath(...names), text);
}

export async function writeUserObject(value: object, ...names: readonly string[]): Promise<void> {
  await writeUserText(`${JSON.stringify(value, null, 2)}\n`, ...names);
}

/** @returns Whether it was there. */
export async function removeUserFile(...names: readonly string[]): Promise<boolean> {
  const file = userPath(...names);
  try {
    await rm(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** What is in a folder of the user's folder, sorted; nothing where there is none. */
export async function userFileNames(...names: readonly string[]): Promise<readonly string[]> {
  try {
    return (await readdir(userPath(...names))).toSorted();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * A name that may be that of a file: templates, fragments, aliases, keys.
 *
 * @throws LlmError `invalid_input`
 */
export function checkFileName(what: string, name: string): string {
  if (isName(name)) return name;
  const rule = 'letters of A to Z, digits and . _ -, the first a letter or a digit, at most 128';
  throw new LlmError('invalid_input', `${describe(name)} cannot be the name of a ${what}; it has ${rule}`);
}
