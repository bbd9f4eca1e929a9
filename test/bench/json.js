// What does it cost to read JSON that arrives in fragments of 4 characters? Time in ratios to ONE cold JSON.parse of the
// whole text, for 1 KB, 10 KB, 100 KB and 1 MB of records, of one long ASCII string and of one long string with typography,
// when the value is looked at only at the end, at every 64th fragment and at every fragment. Fresh processes; making the
// fragments is not counted; every process compares its value with that of JSON.parse.
import { chart, interleave, measure, median, pairedRatio, table } from './lib.js';

const shapes = { records: 'Records', string: 'One string, ASCII', prose: 'One string, typography' };
const sizes = { '1 KB': 1 << 10, '10 KB': 10 << 10, '100 KB': 100 << 10, '1 MB': 1 << 20 };
const names = {
  parse: 'JSON.parse once, ms',
  rxllm: 'rxllm, value at the end',
  'rxllm-64': 'rxllm, every 64th',
  'rxllm-1': 'rxllm, every one',
  jsonriver: 'jsonriver, every one',
  'partial-json-64': 'partial-json, every 64th',
  'partial-json-1': 'partial-json, every one',
  'ai-64': 'ai parsePartialJson, every 64th',
  'ai-1': 'ai parsePartialJson, every one',
};
const contenders = Object.keys(names);
/** A contender that took longer is not asked for the next size, ten times as large. */
const patienceMs = 50;
const ms = (one) => one.ms;

/** @returns Markdown, and charts by file name. */
export async function json(rounds) {
  const sections = [];
  const charts = {};
  for (const [shape, title] of Object.entries(shapes)) {
    const cells = new Map(contenders.map((contender) => [contender, [names[contender]]]));
    let patient = contenders;
    for (const [size, bytes] of Object.entries(sizes)) {
      const measured = await interleave(patient, rounds, (contender) =>
        measure('json-run.js', contender, shape, bytes),
      );
      const ratio = (contender) => pairedRatio(measured, contender, 'parse', ms);
      for (const contender of contenders) {
        const cell = !measured.has(contender)
          ? '…'
          : contender === 'parse'
            ? median(measured.get(contender).map(ms)).toFixed(2)
            : ratio(contender).toFixed(ratio(contender) < 100 ? 1 : 0);
        cells.get(contender).push(cell);
      }
      if (shape === 'records' && size === '1 MB') {
        const bars = patient
          .filter((contender) => contender !== 'parse')
          .map((contender) => ({
            label: names[contender],
            value: ratio(contender),
            ours: contender.startsWith('rxllm'),
          }));
        charts['bench-json.svg'] = chart(
          'Reading 1 MB of records in 262,000 fragments',
          'times one JSON.parse of the whole; logarithmic',
          bars,
        );
      }
      process.stderr.write(`json, ${shape}, ${size}: done\n`);
      patient = patient.filter(
        (contender) => measured.has(contender) && median(measured.get(contender).map(ms)) < patienceMs,
      );
    }
    sections.push(`### ${title}\n\n${table([['', ...Object.keys(sizes)], ...cells.values()])}`);
  }
  const intro = 'Fragments of 4 characters. Time as a ratio to one `JSON.parse` of the whole text, by paired medians.';
  return {
    markdown: `## JSON\n\n${intro} \`…\`: took more than ${patienceMs} ms at a tenth of the size.\n\n${sections.join('\n\n')}`,
    charts,
  };
}
