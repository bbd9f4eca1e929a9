// A terminal as far as the writer needs one: text that wraps at the width as real terminals wrap it, line feeds, moves of
// the cursor, erasing and styles. It throws on anything else.
import stringWidth from 'string-width';

interface Cell {
  readonly text: string;
  readonly style: string;
}

export interface EmulatorOptions {
  readonly columns: number;
  readonly rows: number;
  /** Row of the screen where the cursor is at first. */
  readonly at?: number;
  /** Knows of no character that is made of several: each takes its own cells. */
  readonly isOld?: boolean;
}

const widths = new Map<string, number>();

function widthOf(text: string): number {
  const width = widths.get(text) ?? stringWidth(text);
  widths.set(text, width);
  return width;
}

const wanted = new Set(['0', '1', '2', '3', '4', '9', '36']);

export class Emulator {
  readonly #columns: number;
  readonly #height: number;
  readonly #isOld: boolean;
  readonly #rows: Cell[][] = [];
  #row: number;
  #column = 0;
  /** The cursor is on the last cell of a full row: the next character goes to the next row. */
  #isPending = false;
  #style = '';
  #top = 0;
  /** Bytes that were written. */
  bytes = 0;
  /** All that was written. */
  raw = '';
  /** The first row, counted from the first of the scrollback, that the last write changed or erased. */
  touched = Infinity;

  constructor({ columns, rows, at = 0, isOld = false }: EmulatorOptions) {
    this.#columns = columns;
    this.#height = rows;
    this.#isOld = isOld;
    this.#row = at;
  }

  columns = () => this.#columns;
  rows = () => this.#height;

  write(text: string): void {
    this.raw += text;
    this.bytes += Buffer.byteLength(text);
    this.touched = Infinity;
    for (const [part] of text.matchAll(/(?![\n\r])\p{Cc}\[[\d;]*[A-Za-z]|\P{Cc}+|\p{Cc}/gu)) {
      if (part === '\n') {
        // As terminals are set up, a line feed also returns to the first column.
        this.#column = 0;
        this.#down();
      } else if (part === '\r') this.#column = 0;
      else if (part.startsWith('\u001b')) this.#sequence(part);
      else this.#print(part);
      if (/^\p{Cc}/u.test(part)) this.#isPending &&= part.endsWith('m');
    }
  }

  #sequence(part: string): void {
    const name = part.at(-1);
    const numbers = part.slice(2, -1);
    if (name === 'm') {
      for (const number of numbers.split(';')) {
        if (!wanted.has(number)) throw new Error(`style ${number}`);
        this.#style = number === '0' ? '' : `${this.#style};${number}`;
      }
    } else if (name === 'A') this.#row = Math.max(this.#top, this.#row - Number(numbers || 1));
    else if (name === 'K' && numbers === '') {
      this.#touch();
      this.#rows[this.#row]?.splice(this.#column);
    } else throw new Error(`escape sequence ${JSON.stringify(part)}`);
  }

  #print(text: string): void {
    if (/\p{Cc}/u.test(text)) throw new Error(`control character in ${JSON.stringify(text)}`);
    const characters =
      this.#isOld || /^[ -~]*$/.test(text)
        ? Array.from(text)
        : Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
    for (const character of characters) {
      const width = widthOf(character);
      if (width > 0 && (this.#isPending || this.#column + width > this.#columns)) {
        this.#column = 0;
        this.#down();
        this.#isPending = false;
      }
      this.#touch();
      const row = this.#line();
      while (row.length < this.#column) row.push({ text: ' ', style: '' });
      row[this.#column] = { text: character, style: this.#style };
      for (let more = 1; more < width; more += 1) row[this.#column + more] = { text: '', style: this.#style };
      this.#column += width;
      if (this.#column >= this.#columns) {
        this.#column = this.#columns - 1;
        this.#isPending = true;
      }
    }
  }

  #line(): Cell[] {
    while (this.#rows.length <= this.#row) this.#rows.push([]);
    return this.#rows[this.#row] ?? [];
  }

  #down(): void {
    this.#row += 1;
    this.#top = Math.max(this.#top, this.#row - this.#height + 1);
  }

  #touch(): void {
    this.touched = Math.min(this.touched, this.#row);
  }

  /** The row that the cursor is in, counted from the first of the scrollback. */
  get cursor(): number {
    return this.#row;
  }

  /** Scrollback and screen without styles, and without spaces at the ends of rows. */
  get text(): string {
    return shown(this.#rows.map((row) => row.map(({ text }) => text).join('')));
  }

  /** The same with styles, as their numbers: `{1|bold}`. */
  get content(): string {
    return shown(
      this.#rows.map((row) => {
        let out = '';
        let current = '';
        for (const { text, style } of row) {
          if (style !== current) out += `${current === '' ? '' : '}'}${style === '' ? '' : `{${style.slice(1)}|`}`;
          current = style;
          out += text;
        }
        return current === '' ? out : `${out}}`;
      }),
    );
  }
}

function shown(rows: readonly string[]): string {
  return rows
    .map((row) => row.trimEnd())
    .join('\n')
    .trimEnd();
}
