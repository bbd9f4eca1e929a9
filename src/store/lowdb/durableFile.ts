// A file that is whole or not there, whenever the process or the machine stops: a storage adapter of lowdb.
import { readFileSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { Adapter } from 'lowdb';
import { codeOf, ensureFolder, syncFolder } from './folders.ts';

/** How a value is written. */
export interface Codec<T> {
  encode(value: T): string;
  /** @throws Damage for bytes that are not what was written. */
  decode(bytes: Buffer): T;
}

/**
 * Writes to a name of its own, flushes that to the disk, renames it, and flushes the folder: who reads sees the old file or
 * the new one, two writers do not meet, and what was written stays. Mode 0600, in folders of mode 0700.
 *
 * lowdb's own adapter writes to one fixed name, flushes nothing and leaves the mode to the umask.
 */
export class DurableFile<T> implements Adapter<T | null> {
  readonly #file: string;
  readonly #codec: Codec<T>;

  constructor(file: string, codec: Codec<T>) {
    this.#file = file;
    this.#codec = codec;
  }

  /**
   * Null where there is no file.
   *
   * @throws Damage as the codec does.
   */
  read(): Promise<T | null> {
    return new Promise((resolve) => resolve(this.#readNow()));
  }

  async write(value: T | null): Promise<void> {
    if (value !== null) await writeWhole(this.#file, this.#codec.encode(value));
  }

  /** For a small file this takes a tenth of the time that Promises take. */
  #readNow(): T | null {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
    return this.#codec.decode(bytes);
  }
}

/** Writes a file so that who reads sees the old one or the new one, and what was written stays. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const folder = path.dirname(file);
  await ensureFolder(folder);
  const temporary = path.join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeThrough(temporary, text);
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

async function writeThrough(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
