// What does a delta of streamed text cost? CPU of the reading process, and its peak memory, for answers of 2,000, 20,000
// and 100,000 small deltas from a server in another process, one SSE event a write and in blocks of 16 KiB, as ratios to
// the floor: fetch + eventsource-parser + JSON.parse + concatenation.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { chart, interleave, measure, median, pairedRatio, table } from './lib.js';

const contenders = ['floor', 'rxjs', 'events', 'rxllm', 'openai', 'ai', 'langchain'];
const names = {
  floor: 'fetch + parser (floor)',
  rxjs: 'floor + rxjs filter, map',
  events: 'rxllm, events only',
  rxllm: 'rxllm',
  openai: 'openai',
  ai: 'ai',
  langchain: '@langchain/openai',
};
const sizes = [2_000, 20_000, 100_000];
const modes = { events: 'one event a write', blocks: 'blocks of 16 KiB' };
const cpu = ({ cpuMs }) => cpuMs;

/** @returns Markdown, and charts by file name. */
export async function text(rounds) {
  const server = fork(fileURLToPath(new URL('text-server.js', import.meta.url)));
  const [port] = await once(server, 'message');
  const sections = [];
  const charts = {};
  try {
    for (const [mode, label] of Object.entries(modes)) {
      const rows = [['', ...sizes.flatMap((n) => [`${n.toLocaleString('en')} deltas`, 'µs a delta', 'peak MB'])]];
      const cells = new Map(contenders.map((contender) => [contender, [names[contender]]]));
      for (const n of sizes) {
        const url = `http://127.0.0.1:${port}/${mode}/${n}`;
        const measured = await interleave(contenders, rounds, (contender) =>
          measure('text-client.js', contender, url, n),
        );
        const ratio = (contender) => pairedRatio(measured, contender, 'floor', cpu);
        for (const contender of contenders) {
          const all = measured.get(contender);
          const perDelta = (median(all.map(cpu)) * 1000) / n;
          const peak = median(all.map(({ peakMb }) => peakMb));
          cells.get(contender).push(`${ratio(contender).toFixed(2)}`, perDelta.toFixed(1), peak.toFixed(0));
        }
        if (mode === 'events' && n === 100_000) {
          const bars = contenders.map((name) => ({ label: names[name], value: ratio(name), ours: name === 'rxllm' }));
          charts['bench-text.svg'] = chart(
            'CPU to stream 100,000 deltas',
            'times the floor, one event a write; logarithmic',
            bars,
          );
        }
        process.stderr.write(`text, ${label}, ${n}: done\n`);
      }
      sections.push(`### ${label[0].toUpperCase()}${label.slice(1)}\n\n${table([...rows, ...cells.values()])}`);
    }
  } finally {
    server.kill();
  }
  return { markdown: `## Text\n\nCPU as a ratio to the floor, by paired medians.\n\n${sections.join('\n\n')}`, charts };
}
