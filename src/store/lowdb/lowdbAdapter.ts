// Turns in a folder, one file each, through lowdb.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { Message } from '../../values/message.ts';
import type { ContentHash } from '../contentHash.ts';
import type { LogAdapter, TurnQuery } from '../logAdapter.ts';
import { checkName } from '../toRecord.ts';
import { fits } from '../turnOrder.ts';
import type { TurnRecord } from '../turnRecord.ts';
import { namedBy, withoutTurns } from '../withoutTurns.ts';
import type { Damage } from './damage.ts';
import { doAll } from './doAll.ts';
import { ensureFolder, moveFile, namesIn, removeFile, syncFolder } from './folders.ts';
import { locked } from './lock.ts';
import { createBreathe, LogFiles } from './logFiles.ts';
import { LogIndex } from './logIndex.ts';
import { fileName, LogPaths } from './paths.ts';

export interface LowdbOptions {
  /** Told of each file that cannot be used. Default: a warning of the process. */
  readonly onDamage?: ((damage: Damage) => void) | undefined;
}

/**
 * Keeps turns in a folder, which is made where it is missing. Several processes of one machine may use it at once.
 *
 * @throws LlmError `invalid_input` for a folder that is no path.
 */
export function lowdbAdapter(folder: string, { onDamage = warn }: LowdbOptions = {}): LogAdapter {
  if (typeof folder === 'string' && folder !== '') return new LowdbAdapter(new LogPaths(folder), onDamage);
  throw new LlmError('invalid_input', `the folder of a log is a path, not ${describe(folder)}`);
}

class LowdbAdapter implements LogAdapter {
  readonly #paths: LogPaths;
  readonly #files: LogFiles;
  readonly #index: LogIndex;
  #making: Promise<void> | undefined;

  constructor(paths: LogPaths, onDamage: (damage: Damage) => void) {
    this.#paths = paths;
    this.#files = new LogFiles(paths, onDamage);
    this.#index = new LogIndex(paths);
  }

  async append(turn: TurnRecord, messages: ReadonlyMap<ContentHash, Message>): Promise<void> {
    checkName('thread', turn.thread);
    await this.#files.refuseNewer(turn.id);
    // As long as there is no turn, an index of none has all.
    if (!existsSync(this.#paths.turns)) await this.#index.make([]);
    const writing = [...messages].map((each) => () => this.#files.writeMessage(...each));
    await doAll([() => this.#index.add(turn), ...writing]);
    // The turn comes last: once it is there, everything that it needs is.
    await this.#files.writeTurn(turn);
    // Whoever deletes other turns may have thrown away a message meanwhile.
    const lost = [...messages].filter((each) => !this.#files.hasMessage(...each));
    await doAll(lost.map((each) => () => this.#files.writeMessage(...each)));
  }

  async turn(id: string): Promise<TurnRecord | undefined> {
    const turn = await this.#files.readTurn(fileName(id));
    return turn?.id === id ? turn : undefined;
  }

  async *turns(query: TurnQuery): AsyncIterable<TurnRecord> {
    if (!this.#index.isWhole) await (this.#making ??= this.#makeIndex());
    const breathe = createBreathe();
    for (const { name, time } of this.#index.entries(query)) {
      await breathe();
      const turn = await this.#files.readTurn(name);
      // One that was lost and appended again may have another time.
      if (turn?.time === time && fits(turn, query)) yield turn;
    }
  }

  async #makeIndex(): Promise<void> {
    try {
      // All are read first: where one cannot be, no index is better than one without it.
      const turns = await this.#allTurns();
      // Reading makes no folder where there is nothing.
      if (turns.length > 0) await this.#index.make(turns);
    } finally {
      this.#making = undefined;
    }
  }

  message(hash: ContentHash): Promise<Message | undefined> {
    return this.#files.readMessage(hash);
  }

  async delete(ids: ReadonlySet<string>): Promise<void> {
    await locked(this.#paths.lock, () => this.#delete(ids));
  }

  async #delete(ids: ReadonlySet<string>): Promise<void> {
    await this.#emptyTrash();
    const all = await this.#allTurns();
    const gone = all.filter(({ id }) => ids.has(id));
    const { changed, unused } = withoutTurns(all, ids);
    for (const turn of changed) await this.#files.writeTurn(turn);
    for (const turn of gone) {
      const file = this.#paths.turn(fileName(turn.id));
      await removeFile(file);
      await syncFolder(path.dirname(file));
      await this.#index.remove(turn);
    }
    if (unused.size > 0) await ensureFolder(this.#paths.trash);
    for (const hash of unused) await moveFile(this.#paths.message(hash), this.#paths.trashed(hash));
    // What was appended meanwhile may follow on a turn that is gone.
    const late = withoutTurns([...(await this.#allTurns()), ...gone], ids);
    for (const turn of late.changed) await this.#files.writeTurn(turn);
    await this.#emptyTrash();
    await this.#files.removeLeftovers();
  }

  /** What was thrown away comes back where a turn names it: it was appended meanwhile, or the process died in between. */
  async #emptyTrash(): Promise<void> {
    const trashed = namesIn(this.#paths.trash);
    if (trashed.length === 0) return;
    const named = new Set((await this.#allTurns()).flatMap(namedBy));
    for (const name of trashed) {
      const hash: ContentHash = `sha256:${name}`;
      if (named.has(hash)) await moveFile(this.#paths.trashed(hash), this.#paths.message(hash));
    }
    await rm(this.#paths.trash, { recursive: true, force: true });
  }

  /** Fails where a turn has a newer format: nobody knows which messages it needs. */
  async #allTurns(): Promise<TurnRecord[]> {
    const turns: TurnRecord[] = [];
    for await (const turn of this.#files.readTurns()) turns.push(turn);
    return turns;
  }
}

function warn({ path: file, reason, setAside }: Damage): void {
  const where = setAside === undefined ? 'it was left as it is' : `it was set aside as ${setAside}`;
  process.emitWarning(`${file} cannot be used: ${reason}; ${where}`, 'LogWarning');
}
