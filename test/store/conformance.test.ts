// Every adapter of the log passes the same tests.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { logConformance, lowdbAdapter, memoryAdapter } from 'rxllm/store';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-log-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
let count = 0;

describe.each([
  ['memoryAdapter', () => memoryAdapter()],
  ['lowdbAdapter', () => lowdbAdapter(path.join(folder, String((count += 1))), { onDamage: refuse })],
] as const)('%s', (_, open) => {
  for (const { name, run } of logConformance(open)) test(name, run);
});

function refuse(damage: object): never {
  throw new Error(JSON.stringify(damage));
}
