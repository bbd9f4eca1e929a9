// The error of a cursor that is of no use any more.
import { LlmError } from '../values/error.ts';
import { toCursor } from './cursor.ts';
import type { Gone } from './entry.ts';

/** Its `gone` says what there is instead. Code `gone`. */
export class GoneError extends LlmError {
  readonly gone: Gone;
  /** Where to go on: after the snapshot, or before the first event. */
  readonly cursor: string;

  constructor(stream: string, gone: Gone) {
    const rest = gone.snapshot
      ? `go on from the snapshot, which covers all before event ${gone.first}`
      : 'begin anew, without a cursor';
    super('gone', `stream "${stream}" does not have the events after this cursor; ${rest}`);
    this.gone = gone;
    this.cursor = toCursor({ run: gone.run, seq: gone.snapshot?.seq ?? 0 });
  }
}
