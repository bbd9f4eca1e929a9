// npm run bench -- [text] [json] [chain] [log] [hub] [size] [startup] [faults] [--rounds N] [--write]
// Measures the built package. --write puts the tables into docs/bench.md and the charts beside it, what was seen of faults
// into docs/reliability.md, what the hub costs into docs/hub.md.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './lib.js';
import { writeSection } from './section.js';

const folder = path.dirname(fileURLToPath(import.meta.url));
const docs = path.join(folder, '../../docs');
const questions = ['text', 'json', 'chain', 'log', 'hub', 'size', 'startup', 'faults'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' }, write: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
const unknown = positionals.filter((name) => !questions.includes(name));
if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
  console.error(`usage: npm run bench -- [${questions.join('] [')}] [--rounds N] [--write]`);
  process.exit(2);
}
if (!fs.existsSync(path.join(folder, 'node_modules'))) execFileSync('npm', ['ci'], { cwd: folder, stdio: 'inherit' });
// This folder is a package of its own, so rxllm is not its own name here. A link, and not a `file:` dependency: npm would
// copy what the root depends on into this lock file.
const self = path.join(folder, 'node_modules/rxllm');
if (!fs.existsSync(self)) fs.symlinkSync('../../..', self, 'dir');

const sections = [];
const charts = {};
for (const name of positionals.length > 0 ? positionals : questions) {
  const { [name]: bench } = await import(`./${name}.js`);
  const result = await bench(rounds);
  console.log(`\n${result.markdown}\n`);
  if (result.place === undefined) sections.push(result.markdown);
  else if (values.write) writeSection(path.join(docs, result.place.file), result.place.name, result.markdown);
  Object.assign(charts, result.charts);
}
if (sections.length === 0) process.exit(0);

const peers = JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).dependencies;
const versions = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
const header = `Measured on ${new Date().toISOString().slice(0, 10)} by \`npm run bench\`, ${rounds} interleaved rounds, a fresh process for each measurement. ${machine()}. ${versions.join(', ')}.`;
console.log(header);
if (values.write) {
  const images = Object.keys(charts).map((name) => `![${name}](${name})`);
  fs.writeFileSync(
    path.join(docs, 'bench.md'),
    `# Benchmarks\n\n${header}\n\n${[...images, ...sections].join('\n\n')}\n`,
  );
  for (const [name, svg] of Object.entries(charts)) fs.writeFileSync(path.join(docs, name), svg);
}
