// What is found where a file is not as it was written.

/** A file of the log that cannot be used. */
export interface Damage {
  /** Where it was. */
  readonly path: string;
  readonly reason: string;
  /** Where it is now; undefined where it was left, because a newer rxllm may read it. */
  readonly setAside?: string;
}

/** Thrown by those who read a file. */
export class DamagedError extends Error {
  override readonly name = 'DamagedError';
}

/** Thrown for a file of a format that is not known yet. */
export class NewerFormatError extends Error {
  override readonly name = 'NewerFormatError';
  readonly file: string;

  readonly reason: string;

  constructor(file: string, reason: string) {
    super(`${file} cannot be used: ${reason}`);
    this.file = file;
    this.reason = reason;
  }
}
