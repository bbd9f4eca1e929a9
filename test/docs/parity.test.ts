// docs/llm-parity.md has every capability of llm that it says it goes through, and docs/cli.md every command and option.
import fs from 'node:fs';
import path from 'node:path';
import { cli } from '../support/cli.ts';
import { corpusPath, needs } from '../support/needs.ts';
import { ensureBuilt, root } from '../support/dist.ts';

const parity = fs.readFileSync(path.join(root, 'docs/llm-parity.md'), 'utf8');
const manual = fs.readFileSync(path.join(root, 'docs/cli.md'), 'utf8');

/** Their cells, of the tables whose rows begin with such an id. */
function rowsOf(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\| ([A-Z]\d+)\b(.*)\|$/gm)].map(([, id = '', rest = '']) => [
    id,
    ...rest.split('|').map((cell) => cell.trim()),
  ]);
}

/** The sections with these numbers. */
function sections(text: string, first: number, last: number): string {
  const numbers = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  return numbers.map((number) => text.split(`\n## ${number}. `)[1]?.split('\n## ')[0] ?? '').join('\n');
}

const verdicts = new Set(['yes', 'differently', 'not']);

test('each row of the comparison with llm has a verdict, and says how or why', () => {
  const rows = rowsOf(parity);
  expect(rows.filter(([, , , verdict = '']) => !verdicts.has(verdict))).toEqual([]);
  expect(rows.filter(([, , what = '', , how = '']) => what.length < 3 || how.length < 10)).toEqual([]);
});

test('at most a tenth is not there, embeddings aside', () => {
  const rows = rowsOf(parity).filter(([id]) => id !== 'K29');
  const missing = rows.filter(([, , , verdict]) => verdict === 'not');
  expect(missing.length).toBeLessThanOrEqual(rows.length / 10);
});

needs('corpus').test('each capability of the inventory has one row', () => {
  const inventory = sections(fs.readFileSync(corpusPath('llm-parity.md'), 'utf8'), 9, 12);
  const wanted = rowsOf(inventory).map(([id]) => id);
  expect(wanted.length).toBeGreaterThan(50);
  expect(rowsOf(parity).map(([id]) => id)).toEqual(wanted);
});

interface Help {
  readonly command: string;
  readonly text: string;
}

/** The help of a command and of all commands below it. */
async function helpOf(words: readonly string[] = []): Promise<readonly Help[]> {
  const { stdout: text } = await cli([...words, '--help']);
  const listed = text.split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
  const names = [...listed.matchAll(/^ {2}([a-z][\w-]*)/gm)].flatMap(([, name = '']) => (name === 'help' ? [] : name));
  const below: Help[] = [];
  for (const name of names) below.push(...(await helpOf([...words, name])));
  return [{ command: ['rxllm', ...words].join(' '), text }, ...below];
}

test('the manual names every command and every option of the program', async () => {
  ensureBuilt();
  const helps = await helpOf();
  expect(helps.length).toBeGreaterThan(40);
  const commands = helps.map(({ command }) => command).filter((command) => !manual.includes(command));
  const options = helps.flatMap(({ command, text }) =>
    [...text.matchAll(/^ {2}(-[^<[\n]*?)(?= {2,}| [<[]|$)/gm)]
      .flatMap(([, names = '']) => names.split(', '))
      .filter((name) => !new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(manual))
      .map((name) => `${command} ${name}`),
  );
  expect({ commands, options }).toEqual({ commands: [], options: [] });
}, 120_000);
