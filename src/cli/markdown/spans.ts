// Styled text and its rows: how wide it is, where it breaks, and how it is written with or without colours.
import stringWidth from 'string-width';
import { visible } from '../output.ts';

/** Bits of a style, with the parameter of the escape sequence that turns each on. */
export const BOLD = 1;
export const DIM = 2;
export const ITALIC = 4;
export const UNDERLINE = 8;
export const STRIKE = 16;
export const CYAN = 32;
const parameters = [
  [BOLD, 1],
  [DIM, 2],
  [ITALIC, 3],
  [UNDERLINE, 4],
  [STRIKE, 9],
  [CYAN, 36],
] as const;

export interface Span {
  readonly text: string;
  readonly style: number;
}

/** One row of the screen. A soft one is full, and the terminal itself goes on to the next: a copy of both is one line. */
export interface Row {
  readonly spans: readonly Span[];
  readonly width: number;
  readonly isSoft?: boolean;
}

/** What a person sees as one character. */
interface Cell {
  readonly text: string;
  readonly width: number;
  readonly style: number;
}

/** A span of one row that cannot steer the terminal: also a character reference (`&#27;`) has no other way to it. */
export function span(text: string, style = 0): Span {
  return { text: visible(text.replaceAll(/[\n\t]/g, ' ')), style };
}

const segmenter = new Intl.Segmenter();
const isPlain = (text: string) => /^[\x20-\x7e]*$/.test(text);

/** Widths that were looked up, as that takes long and a text is measured each time it is drawn. */
const widths = new Map<string, number>();

/** Columns of one character. Where terminals disagree, as over joined emoji, the most that one of them takes. */
function cellWidth(text: string): number {
  let width = widths.get(text);
  if (width === undefined) {
    width = stringWidth(text);
    if (text.length > 1) {
      const apart = Array.from(text).reduce((sum, char) => sum + stringWidth(char), 0);
      width = Math.max(width, apart);
    }
    if (widths.size >= 4096) widths.clear();
    widths.set(text, width);
  }
  return width;
}

export function widthOf(text: string): number {
  if (isPlain(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += cellWidth(segment);
  return width;
}

export const spansWidth = (spans: readonly Span[]) => spans.reduce((sum, { text }) => sum + widthOf(text), 0);

function cellsOf(spans: readonly Span[]): Cell[] {
  const cells: Cell[] = [];
  for (const { text, style } of spans) {
    if (isPlain(text)) for (const char of text) cells.push({ text: char, width: 1, style });
    else
      for (const { segment } of segmenter.segment(text))
        cells.push({ text: segment, width: cellWidth(segment), style });
  }
  return cells;
}

function toRow(cells: readonly Cell[], isSoft = false): Row {
  const spans: { text: string; style: number }[] = [];
  let width = 0;
  for (const cell of cells) {
    const last = spans.at(-1);
    if (last?.style === cell.style) last.text += cell.text;
    else spans.push({ text: cell.text, style: cell.style });
    width += cell.width;
  }
  return { spans, width, isSoft };
}

const cellsWidth = (cells: readonly Cell[]) => cells.reduce((sum, { width }) => sum + width, 0);

/** As many cells as fit, and the rest. One that is wider than the row stands in it alone. */
function cut(cells: readonly Cell[], width: number): [fits: readonly Cell[], rest: readonly Cell[]] {
  let taken = 0;
  let used = 0;
  for (const cell of cells) {
    if (taken > 0 && used + cell.width > width) break;
    used += cell.width;
    taken += 1;
  }
  return [cells.slice(0, taken), cells.slice(taken)];
}

/** Rows of a text where every character counts: cut at the width, nothing dropped. */
export function wrapHard(spans: readonly Span[], width: number): Row[] {
  const rows: Row[] = [];
  let [fits, rest] = cut(cellsOf(spans), width);
  while (rest.length > 0) {
    // Only where no two terminals can disagree over how full the row is.
    const isSure = fits.every(({ text }) => Array.from(text).length === 1) && cellsWidth(fits) === width;
    rows.push(toRow(fits, isSure));
    [fits, rest] = cut(rest, width);
  }
  rows.push(toRow(fits));
  return rows;
}

/** A run of cells that stays together, and the space before it. */
interface Word {
  space: Cell[];
  cells: Cell[];
  endsLine: boolean;
}

// CJK text breaks between any two characters, but not before what closes a phrase.
const closing = /^[、。，．！？：；）」』】〉》”’…・ー]/u;
const isWide = ({ text, width }: Cell) => width === 2 && !/^[\x20-\x7e]/.test(text);

function wordsOf(cells: readonly Cell[]): Word[] {
  const words: Word[] = [];
  let word: Word = { space: [], cells: [], endsLine: false };
  const next = () => {
    words.push(word);
    word = { space: [], cells: [], endsLine: false };
  };
  for (const cell of cells) {
    const last = word.cells.at(-1);
    if (cell.text === '\n') {
      word.endsLine = true;
      next();
    } else if (cell.text === ' ') {
      if (last) next();
      word.space.push(cell);
    } else {
      if (last && (isWide(last) || isWide(cell)) && !closing.test(cell.text)) next();
      word.cells.push(cell);
    }
  }
  if (word.cells.length > 0) words.push(word);
  return words;
}

/** Rows of running text: broken at spaces, which go; a word that is wider than the row is cut. A line feed ends a row. */
export function wrapWords(spans: readonly Span[], width: number): Row[] {
  const rows: Row[] = [];
  let row: Cell[] = [];
  let used = 0;
  const flush = () => {
    rows.push(toRow(row));
    row = [];
    used = 0;
  };
  for (const { space, cells, endsLine } of wordsOf(cellsOf(spans))) {
    const needed = cellsWidth(cells);
    if (used > 0 && used + space.length + needed > width) flush();
    else if (used > 0 && needed > 0) {
      row.push(...space);
      used += space.length;
    }
    let rest: readonly Cell[] = cells;
    while (rest.length > 0) {
      const [fits, more] = cut(rest, width - used);
      row.push(...fits);
      used += cellsWidth(fits);
      rest = more;
      if (rest.length > 0) flush();
    }
    if (endsLine) flush();
  }
  if (used > 0 || rows.length === 0) flush();
  return rows;
}

/** The row with something in front of it. Of what stands before an empty row, only what is seen. */
export function prefixed(prefix: readonly Span[], row: Row): Row {
  const seen = row.spans.length > 0 ? prefix.length : prefix.findLastIndex(({ text }) => text.trim() !== '') + 1;
  const before = prefix.slice(0, seen);
  const width = spansWidth(before);
  // Behind a prefix the terminal must not go on by itself: the next row has one, too.
  return width === 0 ? row : { spans: [...before, ...row.spans], width: width + row.width };
}

/** The row as the terminal gets it. It begins and ends without a style. */
export function paint({ spans }: Row, base: number, color: boolean): string {
  if (!color) return spans.map(({ text }) => text).join('');
  let out = '';
  let current = 0;
  for (const { text, style } of spans) {
    const wanted = style | base;
    if (text === '') continue;
    if (wanted !== current) out += (current === 0 || wanted === 0 ? '' : sgr(0)) + sgr(wanted);
    current = wanted;
    out += text;
  }
  return current === 0 ? out : out + sgr(0);
}

function sgr(style: number): string {
  const on = parameters.filter(([bit]) => (style & bit) !== 0).map(([, parameter]) => parameter);
  return `\u001b[${on.length === 0 ? '0' : on.join(';')}m`;
}
