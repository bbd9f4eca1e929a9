// How long until the program is there? `rxllm --version` to its end, and a prompt to the demo up to its first byte, beside
// a Node that does nothing: medians of runs in turn, each in a fresh process.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { interleave, median, pairedRatio, table } from './lib.js';

const program = fileURLToPath(new URL('../../dist/cli/main.cjs', import.meta.url));
const leastRuns = 15;

const contenders = [
  { name: 'node -e 0', args: ['-e', '0'], until: 'end' },
  { name: 'rxllm --version', args: [program, '--version'], until: 'end', most: 1.5 },
  { name: 'rxllm -m demo -R hi, first byte', args: [program, '-m', 'demo', '-R', 'hi'], until: 'byte', most: 2.2 },
];
const [base] = contenders;

/** @returns Markdown. */
export async function startup(rounds) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-startup-'));
  const env = { PATH: process.env.PATH, RXLLM_USER_PATH: folder, RXLLM_DEMO_MS: '0' };
  try {
    // What is compiled once is not what a start costs.
    for (const contender of contenders) await once(contender, env);
    const runs = Math.max(rounds, leastRuns);
    const measured = await interleave(contenders, runs, (contender) => once(contender, env));
    const rows = contenders.map((contender) => [
      `\`${contender.name}\``,
      median(measured.get(contender)).toFixed(0),
      pairedRatio(measured, contender, base, (ms) => ms).toFixed(2),
      contender.most ?? '',
    ]);
    const intro = `Medians of ${runs} runs, standard output a pipe, nothing of a network; the ratio is to the \`node -e 0\` of the same round.`;
    return { markdown: `## Start\n\n${intro}\n\n${table([['', 'ms', 'ratio', 'at most'], ...rows])}` };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds to the first byte, or to the end. */
function once({ name, args, until }, env) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    let ms;
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', () => {
      if (until === 'byte') ms ??= performance.now() - begun;
    });
    child.on('exit', () => {
      if (until === 'end') ms = performance.now() - begun;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 && ms !== undefined) resolve(ms);
      else reject(new Error(`${name} ended with ${code}`));
    });
  });
}
