// Where everything stands in the folder of a log.
import { createHash } from 'node:crypto';
import path from 'node:path';
import type { ContentHash } from '../contentHash.ts';
import type { TurnRecord } from '../turnRecord.ts';

/**
 * The layout. Every file is written once, and no file grows with the log:
 *
 * ```text
 * turns/7f/01jd….json               a turn
 * messages/9c/41….json              a message, by its hash
 * days/2026-11-23/001763…-01jd…     empty: that turn began then
 * threads/NAME/001763…-01jd…        empty: that turn belongs to the thread
 * days/.whole, threads/.whole       empty: they have all turns
 * damaged/                          what was set aside
 * trash/                            what is being deleted
 * lock                              while something is being deleted
 * ```
 */
export class LogPaths {
  readonly root: string;

  constructor(root: string) {
    this.root = path.resolve(root);
  }

  turn(name: string): string {
    return path.join(this.root, 'turns', createHash('sha256').update(name).digest('hex').slice(0, 2), `${name}.json`);
  }

  get messages(): string {
    return path.join(this.root, 'messages');
  }

  message(hash: ContentHash): string {
    const digits = hash.slice('sha256:'.length);
    return path.join(this.messages, digits.slice(0, 2), `${digits}.json`);
  }

  get turns(): string {
    return path.join(this.root, 'turns');
  }

  get days(): string {
    return path.join(this.root, 'days');
  }

  get threads(): string {
    return path.join(this.root, 'threads');
  }

  thread(name: string): string {
    return path.join(this.threads, name);
  }

  get damaged(): string {
    return path.join(this.root, 'damaged');
  }

  get trash(): string {
    return path.join(this.root, 'trash');
  }

  trashed(hash: ContentHash): string {
    return path.join(this.trash, hash.slice('sha256:'.length));
  }

  get lock(): string {
    return path.join(this.root, 'lock');
  }
}

/** What the file of a turn is called: its id, or what stands for one that some file system would not take. */
export function fileName(id: string): string {
  return /^[a-z0-9][a-z0-9._-]{0,99}$/.test(id) ? id : `_${createHash('sha256').update(id).digest('hex')}`;
}

/** The name of a turn from that of its file; undefined for a file that is none. */
export function turnNameOf(file: string): string | undefined {
  return /^([a-z0-9_][a-z0-9._-]*)\.json$/.exec(file)?.[1];
}

/** The entry of a turn in an index. */
export function entryOf({ id, time }: TurnRecord): string {
  return `${String(time).padStart(15, '0')}-${fileName(id)}`;
}

/** What an entry says. */
export interface IndexEntry {
  readonly time: number;
  readonly name: string;
}

/** The time and the name of a turn from its entry; undefined for what is none. */
export function parseEntry(entry: string): IndexEntry | undefined {
  const [, time, name] = /^(\d{15})-([a-z0-9_][a-z0-9._-]*)$/.exec(entry) ?? [];
  return time === undefined || name === undefined ? undefined : { time: Number(time), name };
}

/** In UTC; the last day of the year 9999 stands for all that come after it, because days are compared as text. */
export function dayOf(time: number): string {
  return new Date(Math.min(Math.max(time, 0), Date.UTC(9999, 11, 31))).toISOString().slice(0, 10);
}
