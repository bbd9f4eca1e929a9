// Cursors: where in which run of a stream somebody is. Text that only the hub and its clients take apart.

/** A place in a run: after its event with this number; 0 is before the first. */
export interface Position {
  /** Which run of the stream, random for each. */
  readonly run: string;
  readonly seq: number;
}

/** `RUN.SEQ`. */
export function toCursor({ run, seq }: Position): string {
  return `${run}.${seq}`;
}

/** Undefined for a text that is no cursor. */
export function fromCursor(cursor: string): Position | undefined {
  const [, run, digits] = /^([\w-]{1,64})\.(0|[1-9]\d{0,14})$/.exec(cursor) ?? [];
  return run === undefined ? undefined : { run, seq: Number(digits) };
}
