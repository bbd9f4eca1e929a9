// Which turns there are, by day and by thread: empty files, whose names say all. They say nothing that the turns do not
// say, so they can be made again.
import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { TurnQuery } from '../logAdapter.ts';
import type { TurnRecord } from '../turnRecord.ts';
import { doAll } from './doAll.ts';
import { codeOf, ensureFolder, namesIn, removeEmptyFolder, removeFile, syncFolder } from './folders.ts';
import { dayOf, entryOf, parseEntry, type IndexEntry, type LogPaths } from './paths.ts';

export class LogIndex {
  readonly #paths: LogPaths;

  constructor(paths: LogPaths) {
    this.#paths = paths;
  }

  /** Whether it has all turns; somebody may have taken it away. */
  get isWhole(): boolean {
    return this.#marks.every((mark) => existsSync(mark));
  }

  /** Makes it again from all turns that there are. Whoever appends meanwhile adds what is new. */
  async make(turns: readonly TurnRecord[]): Promise<void> {
    for (const turn of turns) await this.add(turn);
    // Last: who dies before has made no index.
    await doAll(this.#marks.map((mark) => () => createEntry(mark)));
  }

  async add(turn: TurnRecord): Promise<void> {
    await doAll(this.#entries(turn).map((entry) => () => createEntry(entry)));
  }

  async remove(turn: TurnRecord): Promise<void> {
    for (const entry of this.#entries(turn)) {
      await removeFile(entry);
      // The name of a thread may say what was in it.
      await removeEmptyFolder(path.dirname(entry));
    }
  }

  /** The names and times of turns, in their order; the folders of other days are not read. */
  *entries({ thread, from = 0, before = Infinity, order }: TurnQuery): Iterable<IndexEntry> {
    const inOrder = (names: readonly string[]) =>
      order === 'oldest' ? names.toSorted() : names.toSorted().toReversed();
    const isWanted = (day: string) => day >= dayOf(from) && (before === Infinity || day <= dayOf(before));
    const days = thread === undefined ? inOrder(namesIn(this.#paths.days).filter(isWanted)) : [];
    const folders =
      thread === undefined ? days.map((day) => path.join(this.#paths.days, day)) : [this.#paths.thread(thread)];
    for (const folder of folders) {
      for (const entry of inOrder(namesIn(folder))) {
        const parsed = parseEntry(entry);
        if (parsed && parsed.time >= from && parsed.time < before) yield parsed;
      }
    }
  }

  get #marks(): readonly string[] {
    return [this.#paths.days, this.#paths.threads].map((folder) => path.join(folder, '.whole'));
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
