// Files that have a name: templates, fragments, schemas, each kind in its folder of the user's folder.
import { realpath } from 'node:fs/promises';
import { codeOf } from '../../store/lowdb/folders.ts';
import { isWithin } from '../../store/withLocalFiles.ts';
import { messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { checkFileName, readUserText, removeUserFile, userFileNames, userPath, writeUserText } from '../userFiles.ts';

export interface FileKind {
  /** As messages call one. */
  readonly what: string;
  readonly folder: string;
  /** What comes after the name. */
  readonly ending: string;
}

export const templateFiles: FileKind = { what: 'template', folder: 'templates', ending: '.yaml' };
export const fragmentFiles: FileKind = { what: 'fragment', folder: 'fragments', ending: '' };
export const schemaFiles: FileKind = { what: 'schema', folder: 'schemas', ending: '.json' };

/**
 * Its path.
 *
 * @throws LlmError `invalid_input` for what cannot be a name.
 */
export function pathOf(kind: FileKind, name: string): string {
  return userPath(...partsOf(kind, name));
}

/** Its text; undefined where there is none. Rejects with LlmError `invalid_input` where a link leads out of the folder. */
export async function readNamed(kind: FileKind, name: string): Promise<string | undefined> {
  await checkInside(kind, name);
  return readUserText(...partsOf(kind, name));
}

/** Writes it whole. A link there is replaced, not followed. */
export async function writeNamed(kind: FileKind, name: string, text: string): Promise<void> {
  await writeUserText(text, ...partsOf(kind, name));
}

/** @returns Whether it was there. */
export async function removeNamed(kind: FileKind, name: string): Promise<boolean> {
  return removeUserFile(...partsOf(kind, name));
}

/** The names that there are, sorted. */
export async function namesOf({ folder, ending }: FileKind): Promise<readonly string[]> {
  const files = await userFileNames(folder);
  // What begins with a point is being written, or is none of ours.
  return files
    .filter((file) => !file.startsWith('.') && file.endsWith(ending) && file.length > ending.length)
    .map((file) => file.slice(0, file.length - ending.length));
}

/** The error for a name that is not there: says which are. */
export async function noSuch(kind: FileKind, name: string): Promise<LlmError> {
  const names = await namesOf(kind);
  const there = names.length > 0 ? `there are ${names.join(', ')}` : 'there are none yet';
  return new LlmError('invalid_input', `no ${kind.what} ${JSON.stringify(name)} in ${userPath(kind.folder)}; ${there}`);
}

function partsOf({ what, folder, ending }: FileKind, name: string): readonly [folder: string, file: string] {
  return [folder, `${checkFileName(what, name)}${ending}`];
}

async function checkInside(kind: FileKind, name: string): Promise<void> {
  const file = pathOf(kind, name);
  const refuse = (why: string, cause?: unknown) => new LlmError('invalid_input', `${file} ${why}`, { cause });
  let at: string;
  try {
    at = await realpath(file);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return;
    throw refuse(`cannot be read: ${messageOf(cause)}`, cause);
  }
  // The folder may itself be a link: that is how settings are kept in a repository.
  if (!isWithin(await realpath(userPath(kind.folder)), at)) {
    throw refuse('is a link out of its folder, which is not followed; put the file itself there');
  }
}
