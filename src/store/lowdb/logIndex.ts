// Which turns there are, by day and by thread: empty files, whose names say all. They say nothing that the turns do not
// say, so they can be made again.
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { TurnQuery } from '../logAdapter.ts';
import type { TurnRecord } from '../turnRecord.ts';
import { codeOf, ensureFolder, namesIn, removeEmptyFolder, removeFile, syncFolder } from './folders.ts';
import { dayOf, entryOf, parseEntry, type LogPaths } from './paths.ts';

export class LogIndex {
  readonly #paths: LogPaths;

  constructor(paths: LogPaths) {
    this.#paths = paths;
  }

  /** Whether there is one; somebody may have taken it away. */
  get isThere(): boolean {
    return existsSync(this.#paths.days) && existsSync(this.#paths.threads);
  }

  async add(turn: TurnRecord): Promise<void> {
    await Promise.all(this.#entries(turn).map(createEntry));
  }

  async remove(turn: TurnRecord): Promise<void> {
    for (const entry of this.#entries(turn)) {
      await removeFile(entry);
      // The name of a thread may say what was in it.
      await removeEmptyFolder(path.dirname(entry));
    }
  }

  /** The names of turns, in their order; the folders of other days are not read. */
  *names({ thread, from = 0, before = Infinity, order }: TurnQuery): Iterable<string> {
    const inOrder = (names: readonly string[]) =>
      order === 'oldest' ? names.toSorted() : names.toSorted().toReversed();
    const isWanted = (day: string) => day >= dayOf(from) && (before === Infinity || day <= dayOf(before));
    const days = thread === undefined ? inOrder(namesIn(this.#paths.days).filter(isWanted)) : [];
    const folders =
      thread === undefined ? days.map((day) => path.join(this.#paths.days, day)) : [this.#paths.thread(thread)];
    for (const folder of folders) {
      for (const entry of inOrder(namesIn(folder))) {
        const { time, name } = parseEntry(entry) ?? {};
        if (name !== undefined && time !== undefined && time >= from && time < before) yield name;
      }
    }
  }

  #entries(turn: TurnRecord): readonly string[] {
    const day = path.join(this.#paths.days, dayOf(turn.time));
    return [day, this.#paths.thread(turn.thread)].map((folder) => path.join(folder, entryOf(turn)));
  }
}

async function createEntry(file: string): Promise<void> {
  const folder = path.dirname(file);
  try {
    await ensureFolder(folder);
    await (await open(file, 'a', 0o600)).close();
    await syncFolder(folder);
  } catch (error) {
    // Somebody has just deleted the last turn there, and the folder with it.
    if (codeOf(error) !== 'ENOENT') throw error;
    await createEntry(file);
  }
}
