// What is done to files and folders, and what is not an error there.
import { readdirSync, statSync } from 'node:fs';
import { mkdir, open, rename, rmdir, unlink } from 'node:fs/promises';
import path from 'node:path';

/** Makes the folder and those above it where they are missing, for the owner alone. */
export async function ensureFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  // A new folder is kept by the one above it.
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) await syncFolder(path.dirname(made));
}

/** Flushes the names in the folder to the disk, where the platform has that. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Windows, and some file systems of the network, have no such thing.
    ifCode(error, ['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'], undefined);
  }
}

/** What is in a folder; nothing where there is none. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    return ifCode(error, ['ENOENT', 'ENOTDIR'], []);
  }
}

/** In bytes; undefined where there is no such file. */
export function sizeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.size;
}

/** In milliseconds since 1970; now where there is no such file. */
export function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}

/** @returns Whether it was there. */
export async function moveFile(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    return ifCode(error, ['ENOENT'], false);
  }
}

/** Where it is there. */
export async function removeFile(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    ifCode(error, ['ENOENT'], undefined);
  }
}

/** Where it is there, and empty. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    ifCode(error, ['ENOTEMPTY', 'EEXIST', 'ENOENT'], undefined);
  }
}

/** Whatever else went wrong is thrown on. */
function ifCode<T>(error: unknown, codes: readonly string[], value: T): T {
  if (codes.includes(codeOf(error) ?? '')) return value;
  throw error;
}

/** The code of an error of the system. */
export function codeOf(error: unknown): string | undefined {
  const { code }: { readonly code?: unknown } = typeof error === 'object' && error !== null ? error : {};
  return typeof code === 'string' ? code : undefined;
}
