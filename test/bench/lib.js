// What the benchmarks share: a fresh process for each measurement, interleaved rounds, medians of paired ratios, a
// table and a chart. Machine noise is 10 to 25 %, so nothing but ratios within a round is compared.
import { execFile } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const folder = path.dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

/** Runs a script of this folder in a process of its own; it prints its measurement as JSON. */
export async function measure(script, ...args) {
  const { stdout } = await run(process.execPath, [path.join(folder, script), ...args.map(String)], {
    maxBuffer: 1 << 24,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/**
 * Measures every contender once a round, in an order that rotates, and gives the list of measurements of each.
 *
 * @param once Measures one contender.
 */
export async function interleave(contenders, rounds, once) {
  const measured = new Map(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round += 1) {
    const turn = round % contenders.length;
    for (const contender of [...contenders.slice(turn), ...contenders.slice(0, turn)]) {
      measured.get(contender).push(await once(contender));
    }
  }
  return measured;
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The median over the rounds of `value / value of the base in the same round`. */
export function pairedRatio(measured, contender, base, value) {
  const bases = measured.get(base);
  return median(measured.get(contender).map((one, round) => value(one) / value(bases[round])));
}

/** A Markdown table; the first row is the heading. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length), 3));
  const line = (row) => `| ${row.map((cell, column) => String(cell).padEnd(widths[column])).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

/** What the figures were measured on. */
export function machine() {
  const [cpu] = os.cpus();
  return `Node ${process.versions.node}, ${os.cpus().length} × ${cpu?.model ?? 'unknown processor'}, ${process.platform}`;
}

/**
 * Horizontal bars on a logarithmic scale, as SVG.
 *
 * @param bars `{label, value, ours}` in the order to draw; values are ratios.
 */
export function chart(title, unit, bars) {
  const width = 720;
  const left = 190;
  const rowHeight = 26;
  const top = 52;
  const height = top + bars.length * rowHeight + 16;
  const most = Math.log10(Math.max(...bars.map(({ value }) => value), 10));
  const length = (value) => Math.max(2, (Math.log10(Math.max(value, 1)) / most) * (width - left - 80));
  const rows = bars.map(({ label, value, ours }, index) => {
    const y = top + index * rowHeight;
    return [
      `<text x="${left - 8}" y="${y + 15}" text-anchor="end"${ours ? ' font-weight="600"' : ''}>${label}</text>`,
      `<rect x="${left}" y="${y + 2}" width="${length(value).toFixed(1)}" height="18" rx="2" fill="${ours ? '#b7178c' : '#9aa4b2'}"/>`,
      `<text x="${left + length(value) + 6}" y="${y + 15}">${value.toFixed(2)}</text>`,
    ].join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<g fill="#1f2933"><text x="16" y="24" font-size="15" font-weight="600">${title}</text>
<text x="16" y="42" fill="#52606d" font-size="12">${unit}</text>
${rows.join('\n')}</g>
</svg>
`;
}
