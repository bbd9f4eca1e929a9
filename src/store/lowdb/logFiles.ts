// The files of turns and messages: written once, read through lowdb, set aside where they are damaged.
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Low } from 'lowdb';
import { describe } from '../../values/describe.ts';
import type { Message } from '../../values/message.ts';
import { canonicalJson } from '../canonicalJson.ts';
import type { ContentHash } from '../contentHash.ts';
import type { TurnRecord } from '../turnRecord.ts';
import { DamagedError, NewerFormatError, type Damage } from './damage.ts';
import { DurableFile, type Codec } from './durableFile.ts';
import { changedAt, ensureFolder, moveFile, namesIn, removeFile, sizeOf, syncFolder } from './folders.ts';
import { createMessageCodec } from './messageCodec.ts';
import { fileName, turnNameOf, type LogPaths } from './paths.ts';
import { createTurnCodec } from './turnCodec.ts';

const turnCodec = createTurnCodec();

export class LogFiles {
  readonly #paths: LogPaths;
  readonly #onDamage: (damage: Damage) => void;

  constructor(paths: LogPaths, onDamage: (damage: Damage) => void) {
    this.#paths = paths;
    this.#onDamage = onDamage;
  }

  /** @param name As `fileName()` makes it of an id. */
  async readTurn(name: string): Promise<TurnRecord | undefined> {
    return this.#told(() => this.#readTurn(name));
  }

  /**
   * All turns, whether an index has them or not.
   *
   * @throws NewerFormatError where one has a format that is not known.
   */
  async *readTurns(): AsyncIterable<TurnRecord> {
    const breathe = createBreathe();
    for (const shard of namesIn(this.#paths.turns)) {
      for (const file of namesIn(path.join(this.#paths.turns, shard))) {
        await breathe();
        const name = turnNameOf(file);
        const turn = name === undefined ? undefined : await this.#readTurn(name);
        if (turn) yield turn;
      }
    }
  }

  /** @throws NewerFormatError where the turn has a file of a format that is not known: that one must stay. */
  async refuseNewer(id: string): Promise<void> {
    await this.#readTurn(fileName(id));
  }

  async writeTurn(turn: TurnRecord): Promise<void> {
    await write(this.#paths.turn(fileName(turn.id)), turnCodec, turn);
  }

  async readMessage(hash: ContentHash): Promise<Message | undefined> {
    const codec = createMessageCodec(hash);
    // It may be on its way back: somebody who deletes looks whether it is needed.
    return this.#told(
      async () =>
        (await this.#read(this.#paths.message(hash), codec)) ?? (await this.#read(this.#paths.trashed(hash), codec)),
    );
  }

  async writeMessage(hash: ContentHash, message: Message): Promise<void> {
    const file = this.#paths.message(hash);
    const codec = createMessageCodec(hash);
    // Read, because one that is there may be damaged. Who wrote it may not have flushed its name yet.
    if (await this.#read(file, codec)) await syncFolder(path.dirname(file));
    else await write(file, codec, message);
  }

  /** One that was cut short is none. */
  hasMessage(hash: ContentHash, message: Message): boolean {
    return sizeOf(this.#paths.message(hash)) === Buffer.byteLength(canonicalJson(message));
  }

  /** What writers left that were killed: it may say what is deleted. A writer that is at it takes no hour. */
  async removeLeftovers(): Promise<void> {
    const before = Date.now() - 3_600_000;
    for (const kind of [this.#paths.turns, this.#paths.messages]) {
      for (const shard of namesIn(kind)) {
        const folder = path.join(kind, shard);
        const left = namesIn(folder).filter((name) => /^\..*\.tmp$/.test(name));
        for (const name of left)
          if (changedAt(path.join(folder, name)) < before) await removeFile(path.join(folder, name));
      }
    }
  }

  async #readTurn(name: string): Promise<TurnRecord | undefined> {
    const file = this.#paths.turn(name);
    const turn = await this.#read(file, turnCodec);
    if (!turn || fileName(turn.id) === name) return turn;
    await this.#setAside(file, `it is turn ${describe(turn.id)}, under the name of another`);
    return undefined;
  }

  async #read<T>(file: string, codec: Codec<T>): Promise<T | undefined> {
    const low = lowFile(file, codec);
    try {
      await low.read();
      return low.data ?? undefined;
    } catch (error) {
      if (error instanceof NewerFormatError) throw new NewerFormatError(file, error.reason);
      if (!(error instanceof DamagedError)) throw error;
      await this.#setAside(file, error.message);
      return undefined;
    }
  }

  /** A file of a newer format is told, and left as it is. */
  async #told<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof NewerFormatError)) throw error;
      this.#onDamage({ path: error.file, reason: error.reason });
      return undefined;
    }
  }

  async #setAside(file: string, reason: string): Promise<void> {
    const name = path.relative(this.#paths.root, file).replaceAll(path.sep, '-');
    const setAside = path.join(this.#paths.damaged, `${name}.${randomUUID().slice(0, 8)}`);
    await ensureFolder(this.#paths.damaged);
    if (await moveFile(file, setAside)) this.#onDamage({ path: file, reason, setAside });
  }
}

/** One file as lowdb has it. */
function lowFile<T>(file: string, codec: Codec<T>): Low<T | null> {
  return new Low<T | null>(new DurableFile<T>(file, codec), null);
}

async function write<T>(file: string, codec: Codec<T>, value: T): Promise<void> {
  const low = lowFile(file, codec);
  low.data = value;
  await low.write();
}

/** Lets others have their turn every ten milliseconds: reading is synchronous. */
export function createBreathe(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => (performance.now() - since < 10 ? undefined : rest());

  async function rest(): Promise<void> {
    await setImmediate();
    since = performance.now();
  }
}
