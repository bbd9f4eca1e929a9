// The table of docs/reliability.md, made from what was seen.
import fs from 'node:fs';
import path from 'node:path';
import { root } from '../support/dist.ts';
import { longText, type Expected } from '../support/faults.ts';

export interface Row {
  readonly group: string;
  readonly name: string;
  /** What there is to say besides. */
  readonly note: string;
  /** What each provider did; a word where it did not end. */
  readonly cells: readonly { readonly provider: string; readonly seen: Expected | string }[];
}

type Column = readonly [title: string, show: (seen: Expected) => string];

const none = '–';

const columns: readonly Column[] = [
  ['end state', ({ end }) => end],
  ['code', ({ code }) => (code === undefined ? none : `\`${code}\``)],
  ['retried', ({ retryable }) => (retryable === undefined ? none : retryable ? 'yes' : 'no')],
  ['kept', ({ kept }) => (kept === '' ? 'nothing' : kept === longText ? 'all 5 MB' : `“${kept}”`)],
];

/** What most of them show; then the others, by name. */
function agreed({ cells }: Row, show: Column[1]): string {
  const byShown = new Map<string, string[]>();
  for (const { provider, seen } of cells) {
    const shown = typeof seen === 'string' ? seen : show(seen);
    byShown.set(shown, [...(byShown.get(shown) ?? []), provider]);
  }
  const [most, ...others] = [...byShown].toSorted(([, a], [, b]) => b.length - a.length);
  return [
    most?.[0] ?? none,
    ...others.map(([shown, names]) => `(${names.map((name) => `\`${name}\``).join(', ')}: ${shown})`),
  ].join(' ');
}

function tableOf(rows: readonly Row[]): string {
  const titles = ['what happens', ...columns.map(([title]) => title)];
  const groups = [...new Set(rows.map(({ group }) => group))];
  const lines = groups.flatMap((group) => [
    [`**${group}**`, ...columns.map(() => '')],
    ...rows
      .filter((row) => row.group === group)
      .map((row) => [row.name + row.note, ...columns.map(([, show]) => agreed(row, show))]),
  ]);
  const all = [titles, ...lines];
  const widths = titles.map((_, at) => Math.max(...all.map((line) => line[at]!.length)));
  const toLine = (line: readonly string[]) => `| ${line.map((cell, at) => cell.padEnd(widths[at]!)).join(' | ')} |`;
  return [toLine(titles), toLine(widths.map((width) => '-'.repeat(width))), ...lines.map(toLine)].join('\n');
}

const file = path.join(root, 'docs/reliability.md');
const [begin, end] = ['<!-- faults -->\n\n', '\n\n<!-- /faults -->'];

/** Compares the table with the one in the docs; with UPDATE_DOCS it is written. */
export function checkTable(rows: readonly Row[]): void {
  const made = tableOf(rows);
  const document = fs.readFileSync(file, 'utf8');
  const [from, to] = [document.indexOf(begin) + begin.length, document.indexOf(end)];
  expect([from >= begin.length, to >= from]).toEqual([true, true]);
  if (process.env.UPDATE_DOCS) fs.writeFileSync(file, document.slice(0, from) + made + document.slice(to));
  else expect(document.slice(from, to)).toBe(made);
}
