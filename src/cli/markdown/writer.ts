// Writes Markdown to a terminal while it comes. What is finished is written once; only the open block is drawn again.
import { asyncScheduler, type SchedulerLike, type Subscription } from 'rxjs';
import { visible } from '../output.ts';
import { BlockReader, maxBlockChars, type Block } from './blocks.ts';
import { render } from './render.ts';
import { DIM, paint } from './spans.ts';

/** What the writer needs of a terminal. A line feed shall also return to the first column, as terminals are set up. */
export interface Screen {
  columns(): number;
  rows(): number;
  write(text: string): void;
}

export interface MarkdownWriterOptions {
  /** False: no colours and no bold; the marks of Markdown show emphasis. */
  readonly color: boolean;
  readonly scheduler?: SchedulerLike;
}

/** Reasoning is dim, and apart from text by an empty row. */
export type MarkdownKind = 'text' | 'reasoning';

/** A row as it is written; after a soft one the terminal goes on to the next row by itself. */
interface DrawnRow {
  readonly text: string;
  readonly isSoft: boolean;
}

const drawEveryMs = 50;
const emptyRow: DrawnRow = { text: '', isSoft: false };

export class MarkdownWriter {
  readonly #screen: Screen;
  readonly #color: boolean;
  readonly #scheduler: SchedulerLike;
  #kind: MarkdownKind = 'text';
  #reader = new BlockReader();
  /** The last piece of input where it may be half of something: of a character, or of a line's end. */
  #half = '';
  #partial = '';
  /** Rows that are final and not yet written. */
  #finished: DrawnRow[] = [];
  /** The rows that may still change, as they are on the screen. The cursor is at the end of the last. */
  #drawn: readonly DrawnRow[] = [emptyRow];
  /** How many rows of the open block are not shown, as it is higher than the screen. */
  #hidden = 0;
  #isBegun = false;
  #lastDraw = -Infinity;
  #timer: Subscription | undefined;

  constructor(screen: Screen, { color, scheduler = asyncScheduler }: MarkdownWriterOptions) {
    this.#screen = screen;
    this.#color = color;
    this.#scheduler = scheduler;
  }

  /** Takes the next piece. It may have been cut anywhere. */
  write(chunk: string, kind: MarkdownKind = 'text'): void {
    if (chunk === '') return;
    if (kind !== this.#kind) {
      const isApart = this.#isBegun;
      this.breakOff();
      this.#kind = kind;
      this.#reader = new BlockReader(isApart);
    }
    this.#isBegun = true;
    this.#take(chunk);
    if (this.#timer) return;
    const wait = this.#lastDraw + drawEveryMs - this.#scheduler.now();
    if (wait > 0) this.#timer = this.#scheduler.schedule(() => this.#draw(), wait);
    else this.#draw();
  }

  /** Finishes the open block, so that the cursor stands on an empty row, and others may write whole lines. */
  breakOff(): void {
    if (!this.#isBegun) return;
    this.#feed(wellFormed(visible(this.#half)));
    this.#half = '';
    if (this.#partial !== '') this.#finish(this.#reader.line(this.#partial));
    this.#partial = '';
    this.#finish(this.#reader.finish());
    this.#draw();
    this.#reader = new BlockReader();
    this.#isBegun = false;
  }

  /** Finishes the text: also one that was cut short. */
  end(): void {
    this.breakOff();
  }

  #take(chunk: string): void {
    const text = this.#half + chunk;
    this.#half = /[\r\ud800-\udbff]$/.exec(text)?.[0] ?? '';
    const whole = text.slice(0, text.length - this.#half.length);
    this.#feed(wellFormed(visible(whole.replaceAll('\r\n', '\n'))));
  }

  #feed(text: string): void {
    const lines = text.split('\n');
    const rest = lines.pop() ?? '';
    for (const line of lines) {
      this.#extend(line);
      this.#finish(this.#reader.line(this.#partial));
      this.#partial = '';
    }
    this.#extend(rest);
  }

  /** Adds to the last line. One without an end is cut, as if it had one. */
  #extend(text: string): void {
    this.#partial += text;
    while (this.#partial.length > maxBlockChars) {
      const space = this.#partial.lastIndexOf(' ', maxBlockChars);
      const end =
        space > 0 ? space : maxBlockChars - (/[\ud800-\udbff]/.test(this.#partial.charAt(maxBlockChars - 1)) ? 1 : 0);
      this.#finish(this.#reader.line(this.#partial.slice(0, end)));
      this.#partial = this.#partial.slice(space > 0 ? end + 1 : end);
    }
  }

  #finish(blocks: readonly Block[]): void {
    if (blocks.length === 0) return;
    this.#finished.push(...this.#rowsOf(blocks));
    this.#hidden = 0;
  }

  #rowsOf(blocks: readonly Block[]): DrawnRow[] {
    const columns = Math.max(2, this.#screen.columns() || 80);
    const base = this.#kind === 'reasoning' ? DIM : 0;
    return blocks
      .flatMap((block) => render(block, columns, this.#color))
      .map((row) => ({ text: paint(row, base, this.#color), isSoft: row.isSoft === true }));
  }

  #draw(): void {
    this.#timer?.unsubscribe();
    this.#timer = undefined;
    this.#lastDraw = this.#scheduler.now();
    const open = this.#inHeight(this.#rowsOf(this.#reader.peek(this.#partial)));
    const change = changed(this.#drawn, [...this.#finished, ...open]);
    this.#finished = [];
    this.#drawn = open;
    if (change !== '') this.#screen.write(change);
  }

  /**
   * Of an open block that is higher than the screen, the rows that are shown: its end. What has scrolled off cannot be
   * drawn again, so all that may change stays on the screen; once the block is finished it is written as a whole.
   */
  #inHeight(rows: readonly DrawnRow[]): readonly DrawnRow[] {
    const height = Math.max(1, (this.#screen.rows() || 24) - 1);
    // Half a screen at a time: with every row the whole screen would have to be written.
    if (rows.length <= height) this.#hidden = 0;
    else if (rows.length - this.#hidden > height || this.#hidden >= rows.length)
      this.#hidden = rows.length - Math.ceil(height / 2);
    return rows.length === 0 ? [emptyRow] : rows.slice(this.#hidden);
  }
}

/** What turns the rows on the screen into others, with the cursor at the end of the last before and after. */
function changed(drawn: readonly DrawnRow[], rows: readonly DrawnRow[]): string {
  let same = 0;
  while (same < drawn.length && same < rows.length && drawn[same]?.text === rows[same]?.text) same += 1;
  if (same === drawn.length) return joined(rows.slice(same - 1)).slice(rows[same - 1]?.text.length);
  // If there are fewer rows than before, the last is written again, so that the cursor is at its end.
  same = Math.min(same, rows.length - 1);
  const next = joined(rows.slice(same));
  const below = drawn.length - 1 - same;
  const last = drawn[same]?.text ?? '';
  // What follows begins a character of its own: a mark or a joiner would belong to the one that is there.
  if (below === 0 && next.startsWith(last) && /^(?:\p{Cc}|[ -~])/u.test(next.slice(last.length)))
    return next.slice(last.length);
  // Row by row: tmux takes erasing all below the first row of the screen for clearing it, and keeps what was there.
  const erased = Array.from({ length: below + 1 }, () => '\u001b[K').join('\n');
  return `${up(below)}\r${erased}${up(below)}\r${next}`;
}

const up = (rows: number) => (rows === 0 ? '' : `\u001b[${rows}A`);

function joined(rows: readonly DrawnRow[]): string {
  return rows.map(({ text, isSoft }, index) => (isSoft || index === rows.length - 1 ? text : `${text}\n`)).join('');
}

const wellFormed = (text: string) => text.replaceAll(/\p{Cs}/gu, '\ufffd');
