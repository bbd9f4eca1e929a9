// Keeps the log of one stream from growing without end: its beginning gives way to a snapshot.
import type { HubEvent, Snapshot } from '../../protocol/entry.ts';
import { whenReady } from '../awaitable.ts';
import type { HubLog, LogEntry, StreamKey } from './hubLog.ts';
import { SnapshotFold } from './snapshotFold.ts';

export class LogTrim {
  readonly #log: HubLog;
  readonly #key: StreamKey;
  readonly #maxBytes: number;
  readonly #onError: (cause: unknown) => void;
  readonly #fold = new SnapshotFold();
  /** Of the entries that are in the fold, but still in the log. */
  #foldedBytes = 0;
  #limit: number;
  #isTrimming = false;
  #last = 0;
  /** How large the log is, in bytes of UTF-8. */
  bytes = 0;
  /** The number of the first event that the log has. */
  first = 1;
  /** What was before the first. */
  snapshot: Snapshot | undefined;

  constructor(log: HubLog, key: StreamKey, maxBytes: number, onError: (cause: unknown) => void) {
    this.#onError = onError;
    this.#log = log;
    this.#key = key;
    this.#maxBytes = this.#limit = maxBytes;
  }

  /** The log has one more. */
  appended(seq: number, json: string): void {
    this.bytes += Buffer.byteLength(json);
    this.#last = seq;
  }

  /** Makes it smaller, if it is too large. */
  trim(): void {
    if (this.bytes <= this.#limit || this.#isTrimming) return;
    this.#isTrimming = true;
    this.#read();
  }

  #read(): void {
    const range = { after: this.#fold.seq, through: this.#last, maxChars: this.#maxBytes };
    whenReady(
      () => this.#log.read(this.#key, range),
      (entries) => this.#take(entries),
      (cause) => this.#fail(cause),
    );
  }

  /** Down to half of what it may be, so that this is rare. */
  #take(entries: readonly LogEntry[]): void {
    for (const { seq, json } of entries) {
      const event = JSON.parse(json) as HubEvent;
      if (event.type === 'end') return this.#stop();
      this.#fold.add(event);
      this.#foldedBytes += Buffer.byteLength(json);
      const response = this.bytes - this.#foldedBytes <= this.#maxBytes / 2 ? this.#fold.snapshot() : undefined;
      if (response) return this.#forget({ seq, response });
    }
    if (entries.length > 0 && this.#fold.seq < this.#last) this.#read();
    else this.#stop();
  }

  #forget(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.first = snapshot.seq + 1;
    this.bytes -= this.#foldedBytes;
    this.#foldedBytes = 0;
    whenReady(
      () => this.#log.trim(this.#key, snapshot.seq),
      () => this.#stop(),
      (cause) => this.#fail(cause),
    );
  }

  /** It stays as large as it is. */
  #fail(cause: unknown): void {
    this.#onError(cause);
    this.#stop();
  }

  #stop(): void {
    this.#isTrimming = false;
    this.#limit = this.bytes <= this.#maxBytes ? this.#maxBytes : this.bytes + this.#maxBytes / 2;
  }
}
