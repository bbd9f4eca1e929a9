// Diagrams: from frames back to marbles.

/** What is shown at a frame: letters, `|`, `#`, `^`, `!`. Several stand in a group. */
export interface Mark {
  readonly frame: number;
  readonly letters: readonly string[];
}

export interface Drawing {
  readonly rows: readonly string[];
  /** A group takes more frames than one; what comes within them is drawn after it. */
  readonly isToScale: boolean;
}

/** Longer waits are written as ` 240ms `. */
const longestDashes = 12;

/** Diagrams that stand below each other: the same column is the same frame. */
export function draw(rows: readonly (readonly Mark[])[]): Drawing {
  const drawn = rows.map((marks) => new Row(marks));
  for (let frame = 0; drawn.some((row) => !row.isDone);) {
    const gap = Math.min(...drawn.map((row) => row.gap(frame)));
    if (gap > longestDashes) {
      for (const row of drawn) row.wait(gap);
      frame += gap;
    } else {
      for (const row of drawn) row.step(frame);
      frame += 1;
    }
  }
  return { rows: drawn.map((row) => row.text), isToScale: drawn.every((row) => row.isToScale) };
}

class Row {
  readonly #marks: readonly Mark[];
  #at = 0;
  /** Characters of the last mark that are still to be written. */
  #rest: string[] = [];
  /** What is written only if something follows. */
  #pending = '';
  text = '';
  isToScale = true;

  constructor(marks: readonly Mark[]) {
    // Delays of chance are no whole frames.
    this.#marks = marks.map((mark) => ({ ...mark, frame: Math.floor(mark.frame) }));
  }

  get isDone(): boolean {
    return this.#rest.length === 0 && this.#at === this.#marks.length;
  }

  /** How long nothing is written from this frame on. */
  gap(frame: number): number {
    if (this.#rest.length > 0) return 0;
    const next = this.#marks[this.#at];
    return next ? Math.max(0, next.frame - frame) : Infinity;
  }

  wait(ms: number): void {
    // RxJS reads a time only between spaces, or at the beginning.
    const before = this.text + this.#pending;
    this.#pending += `${before === '' || before.endsWith(' ') ? '' : ' '}${ms}ms `;
  }

  step(frame: number): void {
    const next = this.#marks[this.#at];
    if (this.#rest.length === 0 && next && next.frame <= frame) {
      if (next.frame < frame) this.isToScale = false;
      this.#rest = next.letters.length === 1 ? [...next.letters] : ['(', ...next.letters, ')'];
      this.#at += 1;
    }
    const char = this.#rest.shift();
    if (char === undefined) this.#pending += '-';
    else {
      this.text += this.#pending + char;
      this.#pending = '';
    }
  }
}

/** Letters that can stand in a diagram and are not taken yet, the common ones first. */
export function* freshLetters(taken: ReadonlySet<string>, first = ''): Generator<string> {
  const common = `${first}abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZαβγδεζηθικλμνξοπρστυφχψω`.split('');
  for (const letter of new Set(common)) if (!taken.has(letter)) yield letter;
  // Enough for any test: Chinese, where 20,000 letters stand one after the other.
  for (let code = 0x4e00; code < 0x9fa5; code += 1) {
    const letter = String.fromCodePoint(code);
    if (!taken.has(letter)) yield letter;
  }
  // Not one for each any more.
  for (;;) yield '…';
}
