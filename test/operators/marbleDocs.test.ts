// The diagrams in the docs of the operators are diagrams in their tests, so that the docs cannot drift.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as exported from 'rxllm/operators';

const root = fileURLToPath(new URL('../..', import.meta.url));
const names = fs
  .readdirSync(path.join(root, 'operators'))
  .map((file) => path.basename(file, '.ts'))
  .filter((name) => name !== 'index');

test('every operator file is exported under its name', () => {
  expect(Object.keys(exported).toSorted()).toEqual(names.toSorted());
});

describe.each(names)('%s', (name) => {
  const rows = diagramsOf(fs.readFileSync(path.join(root, 'operators', `${name}.ts`), 'utf8'));

  test('has a diagram of its source and of what it makes of it', () => {
    const [source, ...others] = rows;
    expect(source?.label).toMatch(/^source/);
    // A second source is what comes at the second subscription.
    const results = others.filter(({ label }) => !label.startsWith('source'));
    expect(results.length).toBeGreaterThan(0);
    for (const { label } of results) expect(label.startsWith(`${name}(`)).toBe(true);
  });

  test('has its diagrams in one of its tests, to the letter', () => {
    const blocks = fs
      .readFileSync(path.join(root, 'test/operators', `${name}.test.ts`), 'utf8')
      .split(/\n {2}test\b/)
      .map((block) => new Set([...block.matchAll(/'([^'\n]*)'/g)].map(([, text = '']) => squeeze(text))));
    const drawn = rows.map(({ diagram }) => squeeze(diagram));
    expect(blocks.some((block) => drawn.every((diagram) => block.has(diagram)))).toBe(true);
  });
});

/** The lines of the first ```marbles block: what is drawn, and the diagram. */
function diagramsOf(code: string): { readonly label: string; readonly diagram: string }[] {
  const [, block = ''] = /```marbles\n([\s\S]*?)```/.exec(code) ?? [];
  return [...block.matchAll(/^ \* (\S.*?) {2,}(\S.*)$/gm)].map(([, label = '', diagram = '']) => ({ label, diagram }));
}

function squeeze(text: string): string {
  return text.replaceAll(/\s/g, '');
}
