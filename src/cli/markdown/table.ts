// A table in the width there is: columns side by side, narrowed and wrapped, or one under the other where that is too little.
import { Lexer, type Tokens } from 'marked';
import { spansOf } from './inline.ts';
import { BOLD, DIM, prefixed, span, spansWidth, wrapWords, type Row, type Span } from './spans.ts';

const gap = ' │ ';
/** A column is not made narrower than this, unless its texts are. */
const narrowest = 8;

/** Whether two lines begin a table: the names of its columns and the line under them. */
export function isTableStart(header: string, delimiter: string): boolean {
  if (!/^[ |:-]+$/.test(delimiter) || !delimiter.includes('-') || !/[|:]/.test(delimiter + header)) return false;
  const tokens = Lexer.lex(`${header}\n${delimiter}`);
  return tokens.length === 1 && tokens[0]?.type === 'table';
}

/** Rows of a table. `isRest` leaves the head out: it stands above already. */
export function table(source: string, width: number, color: boolean, isRest: boolean): Row[] {
  const token = Lexer.lex(source)[0] as Tokens.Table;
  const spans = (cell: Tokens.TableCell): Span[] =>
    spansOf(cell.tokens, cell.header && color ? BOLD : 0, color).map((each) =>
      // A line break in a cell has no other way to be written.
      /^<br ?\/?>$/i.test(each.text) ? { ...each, text: '\n' } : each,
    );
  const head = token.header.map(spans);
  const body = token.rows.map((row) => row.map(spans));
  const natural = head.map((_, column) =>
    Math.max(1, ...[head, ...body].flatMap((row) => wrapWords(row[column] ?? [], Infinity).map((line) => line.width))),
  );
  const widths = fitted(natural, width - gap.length * (head.length - 1));
  if (!widths) return stacked(head, body, width);

  const line = (cells: readonly Span[][]): Row[] => {
    const columns = cells.map((cell, column) => wrapWords(cell, widths[column] ?? 1));
    const height = Math.max(...columns.map((rows) => rows.length));
    return Array.from({ length: height }, (_, index) =>
      joined(columns.map((rows, column) => aligned(rows[index], widths[column] ?? 1, token.align[column]))),
    );
  };
  const rule = [span(widths.map((each) => '─'.repeat(each)).join('─┼─'), DIM)];
  const above = isRest ? [] : [...line(head), { spans: rule, width: spansWidth(rule) }];
  return [...above, ...body.flatMap(line)];
}

/** Widths of the columns that fill no more than there is: the widest give way first. Undefined where that cannot be. */
function fitted(natural: readonly number[], total: number): number[] | undefined {
  if (natural.reduce((sum, width) => sum + Math.min(width, narrowest), 0) > total) return undefined;
  let widest = Math.max(...natural);
  const capped = () => natural.map((width) => Math.min(width, widest));
  const sum = () => capped().reduce((total_, width) => total_ + width, 0);
  while (sum() > total) widest -= 1;
  const widths = capped();
  // What the common cap leaves over goes to the columns that it cut.
  let left = total - sum();
  return widths.map((width, column) => {
    if (left === 0 || width >= (natural[column] ?? 0)) return width;
    left -= 1;
    return width + 1;
  });
}

function aligned(row: Row | undefined, width: number, align: Tokens.TableCell['align'] | undefined): Span[] {
  const spans = row?.spans ?? [];
  const room = Math.max(0, width - (row?.width ?? 0));
  const before = align === 'right' ? room : align === 'center' ? Math.floor(room / 2) : 0;
  return [span(' '.repeat(before)), ...spans, span(' '.repeat(room - before))];
}

function joined(cells: readonly Span[][]): Row {
  const spans = cells.flatMap((cell, index) => (index === 0 ? cell : [span(gap), ...cell]));
  // Nothing is written where nothing is seen.
  while (spans.at(-1)?.text.trim() === '') spans.pop();
  return { spans, width: spansWidth(spans) };
}

/** Each row of the table as lines of "name: value". */
function stacked(head: readonly Span[][], body: readonly Span[][][], width: number): Row[] {
  if (body.length === 0) return head.flatMap((name) => wrapWords(name, width));
  const indent = [span(width > 8 ? '  ' : '')];
  return body.flatMap((cells, index) => [
    ...(index === 0 ? [] : [{ spans: [], width: 0 }]),
    ...cells.flatMap((cell, column) => {
      const text = [...(head[column] ?? []), span(': '), ...cell];
      const [first, ...rest] = wrapWords(text, width - spansWidth(indent));
      return first ? [first, ...rest.map((row) => prefixed(indent, row))] : [];
    }),
  ]);
}
