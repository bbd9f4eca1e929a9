// The rows of one block, with the bars, marks and indents of what it stands in.
import type { Block, Container } from './blocks.ts';
import { inline } from './inline.ts';
import { BOLD, DIM, prefixed, span, spansWidth, wrapHard, wrapWords, type Row, type Span } from './spans.ts';
import { table } from './table.ts';

/** Text is not made narrower than this by what it stands in: the outer indents go first. */
const narrowest = 8;

export function render(block: Block, columns: number, color: boolean): Row[] {
  const outer = surroundings(block.containers, columns);
  const rest = outer.map(({ later }) => later);
  const first = outer.map(({ index, mark, later }) => (index < block.begins ? later : mark));
  const width = columns - spansWidth(rest);
  const rows = content(block, width, columns, color).map((row, index) => prefixed(index === 0 ? first : rest, row));
  if (block.gap === undefined) return rows;
  const kept = block.gap;
  const bars = outer.filter(({ index }) => index < kept).map(({ later }) => later);
  return [prefixed(bars, { spans: [], width: 0 }), ...rows];
}

interface Surrounding {
  readonly index: number;
  readonly mark: Span;
  readonly later: Span;
}

function surroundings(containers: readonly Container[], columns: number): readonly Surrounding[] {
  let bullets = 0;
  const all = containers.map((container, index): Surrounding => {
    if (container.type === 'quote') {
      const bar = span('│ ', DIM);
      return { index, mark: bar, later: bar };
    }
    const { number } = container;
    const mark = number === undefined ? `${'•◦▪'[bullets++ % 3]} ` : `${number} `;
    return { index, mark: span(mark), later: span(' '.repeat(mark.length)) };
  });
  while (all.length > 0 && columns - spansWidth(all.map(({ mark }) => mark)) < narrowest) all.shift();
  return all;
}

function content(block: Block, width: number, columns: number, color: boolean): Row[] {
  const { type, text, level = 0 } = block;
  switch (type) {
    case 'text':
      return wrapWords(inline(text, 0, color), width);
    case 'heading': {
      const style = color ? BOLD : 0;
      const marks = span(`${'#'.repeat(level)} `, style);
      const indent = width - marks.text.length < narrowest ? span('') : span(' '.repeat(marks.text.length));
      const rows = wrapWords(inline(text, style, color), width - marks.text.length);
      return rows.map((row, index) => prefixed([index === 0 ? marks : indent], row));
    }
    case 'table':
    case 'rest':
      return table(text, width, color, type === 'rest');
    case 'edge':
      return apart(wrapHard([span(`────${text && ` ${text}`}`, DIM)], width).slice(0, 1));
    case 'code': {
      const rows = wrapHard([span(text)], width);
      return width === columns ? rows : apart(rows);
    }
    case 'html':
      return apart(wrapHard([span(text)], width));
    case 'rule':
      return wrapHard([span('─'.repeat(width), DIM)], width);
    case 'empty':
      return [{ spans: [], width: 0 }];
  }
}

/** Rows that each end where they end: the terminal goes on to none of them by itself. */
const apart = (rows: readonly Row[]): Row[] => rows.map(({ spans, width }) => ({ spans, width }));
