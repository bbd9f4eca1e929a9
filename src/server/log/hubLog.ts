// Where the events of streams are kept for those who come late, come back, or are slow.
import type { Awaitable } from '../awaitable.ts';

/** One run of a stream. */
export interface StreamKey {
  readonly stream: string;
  /** Random for each run, so that a stream published again is another one. */
  readonly run: string;
}

export interface LogEntry {
  /** From 1, without holes. */
  readonly seq: number;
  /** The event as JSON text, as it is sent. */
  readonly json: string;
}

export interface LogRange {
  /** The number before the first that is wanted. */
  readonly after: number;
  /** The last that is wanted. */
  readonly through: number;
  /** How much text may come at once, in characters; one entry comes however large it is. */
  readonly maxChars: number;
}

/**
 * The log of a hub. Its methods may give Promises or not; they take effect in the order in which they were called, so that
 * who reads sees what was appended before. `hubLogConformance()` has the tests that every log must pass.
 */
export interface HubLog {
  /** Adds the next entry of a run; the first begins it. What cannot be kept is an error: the stream then ends as failed. */
  append(key: StreamKey, entry: LogEntry): Awaitable<void>;
  /** The entries in a range, from its beginning on and up to the first that is not there. */
  read(key: StreamKey, range: LogRange): Awaitable<readonly LogEntry[]>;
  /** Forgets the entries up to a number. */
  trim(key: StreamKey, through: number): Awaitable<void>;
  /** Forgets a run. */
  delete(key: StreamKey): Awaitable<void>;
}
