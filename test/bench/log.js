// How long does a search take, and an append? A log of 10,000 turns in 500 threads, about 17 MB of text, in a folder.
// Every search is a process of its own; its time is that of the whole process, start and imports included.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { measure, median, table } from './lib.js';

const turns = 10_000;

/** @returns Markdown. */
export async function log(rounds) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-bench-log-'));
  try {
    const { ms } = await measure('log-run.js', 'make', folder, turns);
    const runs = {};
    for (let round = 0; round < rounds; round += 1) {
      for (const what of ['newest', 'best', 'first', 'last3', 'nothing']) {
        (runs[what] ??= []).push(await measure('log-run.js', what, folder));
      }
    }
    const of = (what) => `${Math.round(median(runs[what].map(({ all }) => all)))} ms`;
    const rows = [
      ['', 'a whole process'],
      ['only the imports', of('nothing')],
      ['the last 3 turns', of('last3')],
      ['a word, the newest 3 that have it', of('first')],
      ['a word, all turns', of('newest')],
      ['two words, all turns, best first', of('best')],
    ];
    const intro = `A log of ${turns.toLocaleString('en')} turns in a folder, written in ${(ms / turns).toFixed(1)} ms a turn, 32 at a time. Times of a process that reads it, start included.`;
    return { markdown: `## Log\n\n${intro}\n\n${table(rows)}` };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
