// A process that has met all faults ends by itself, with nothing open and nothing unhandled, while the servers go on.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, root } from '../support/dist.ts';
import { expectedOf, faults, startFaults, type FaultServers } from '../support/faults.ts';
import { providers, wires } from './providers.ts';

const run = promisify(execFile);
const tsx = path.join(root, 'node_modules/tsx/dist/cli.mjs');

let servers: FaultServers;
beforeAll(async () => {
  ensureBuilt();
  servers = await startFaults(wires);
}, 120_000);
afterAll(() => servers.close());

interface Report {
  readonly unhandled: readonly string[];
  /** By fault and provider: the end state, and the length of the text that is kept. */
  readonly ends: Readonly<Record<string, string>>;
}

async function report(...more: readonly string[]): Promise<Report> {
  const child = path.join(root, 'test/faults/child.ts');
  const { stdout, stderr } = await run(process.execPath, [tsx, child, JSON.stringify(servers.places), ...more], {
    timeout: 50_000,
  });
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Report;
}

test('a process that meets all faults ends by itself, and leaves nothing unhandled', async () => {
  const { unhandled, ends } = await report();
  const expected = faults.flatMap((fault) =>
    providers.map(({ name }) => {
      const { end, kept } = expectedOf(fault, name);
      return [`${fault.id} ${name}`, `${end} ${kept.length}`];
    }),
  );
  expect(ends).toEqual(Object.fromEntries(expected));
  expect(unhandled).toEqual([]);
}, 60_000);

test('what is unhandled there is seen', async () => {
  const { unhandled } = await report('strays');
  expect(unhandled.toSorted()).toEqual(['Error: a stray exception', 'Error: a stray rejection']);
}, 60_000);
