// What the types of tools cost the compiler.
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from '../support/dist.ts';

const run = promisify(execFile);
const folder = path.join(root, 'dist/inference');

beforeAll(() => fs.mkdirSync(folder, { recursive: true }));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A chain with so many tools, each with a schema of its own. */
function source(count: number): string {
  const tools = Array.from(
    { length: count },
    (_, index) => `
    tool({
      name: 'tool${index}',
      input: z.object({ a${index}: z.string(), b: z.number().optional(), c: z.array(z.object({ d: z.enum(['x', 'y']) })) }),
      run: ({ a${index}, c }) => a${index} + c.length,
    }),`,
  );
  return `import { tool, type Model } from 'rxllm';
import { z } from 'zod';
declare const model: Model;
model.chain('Hi', { tools: [${tools.join('')}] });
`;
}

async function instantiations(count: number): Promise<number> {
  const name = `tools${count}`;
  const config = path.join(folder, `${name}.json`);
  fs.writeFileSync(path.join(folder, `${name}.ts`), source(count));
  const compilerOptions = { rootDir: root, types: [] };
  fs.writeFileSync(
    config,
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: [], files: [`${name}.ts`] }),
  );
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const { stdout } = await run(process.execPath, [tsc, '-p', config, '--extendedDiagnostics']);
  return Number(/Instantiations:\s+(\d+)/.exec(stdout)?.[1]);
}

test('fifty tools in one chain cost fewer than 750 type instantiations each', async () => {
  const [one, more] = await Promise.all([instantiations(1), instantiations(51)]);
  const each = (more - one) / 50;
  // Measured: 480, of which 100 are zod's own.
  expect(each).toBeGreaterThan(0);
  expect(each).toBeLessThan(750);
}, 60_000);
