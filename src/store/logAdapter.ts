// What a place where turns are kept has to do. Everything else is the log's.
import type { Message } from '../values/message.ts';
import type { ContentHash } from './contentHash.ts';
import type { TurnRecord } from './turnRecord.ts';

/** Which turns to give, and in which order. */
export interface TurnQuery {
  /** Only those of this thread. */
  readonly thread?: string | undefined;
  /** Only those that began at this time or later, in milliseconds since 1970. */
  readonly from?: number | undefined;
  /** Only those that began before this time, in milliseconds since 1970. */
  readonly before?: number | undefined;
  /** By when they began, and by id where that is the same. */
  readonly order: 'newest' | 'oldest';
}

/**
 * Where turns are kept. Its methods may give Promises or not; `logConformance()` has the tests that every adapter must
 * pass. What cannot be kept is an error of `append`, never a silent loss.
 */
export interface LogAdapter {
  /**
   * Keeps a turn and the messages that it names; some of them may be there already. What it resolves is kept, whatever
   * happens next. A turn whose id is there takes the place of that.
   */
  append(turn: TurnRecord, messages: ReadonlyMap<ContentHash, Message>): void | PromiseLike<void>;
  turn(id: string): TurnRecord | undefined | PromiseLike<TurnRecord | undefined>;
  /** Reads as far as is asked for: a log may be large. */
  turns(query: TurnQuery): Iterable<TurnRecord> | AsyncIterable<TurnRecord>;
  message(hash: ContentHash): Message | undefined | PromiseLike<Message | undefined>;
  /**
   * Forgets turns, and messages that no other turn names. Turns whose parent goes keep their whole history;
   * `withoutTurns()` says how.
   */
  delete(ids: ReadonlySet<string>): void | PromiseLike<void>;
}
