// What appending costs, in files and bytes, does not grow with the log. Each log is measured in processes of its own.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openLog } from 'rxllm/store';
import { filesIn, idsIn, turnOf } from '../../support/logs.ts';
import { buildChild, resultOf } from './children.ts';
import type { Cost, CostTask } from './costChild.ts';

const many = process.env.RXLLM_FULL ? 10_000 : 1000;
const few = 100;

let folder: string;
let script: string;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-cost-'));
  script = await buildChild('costChild', folder);
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

type Costs = Readonly<Record<'measure' | 'goOn' | 'open' | 'list', Cost>>;

/** In a process that has appended before, and in fresh ones that go on with the log. */
async function costsAt(kind: CostTask['kind'], count: number): Promise<Costs> {
  const task = { folder: path.join(folder, `${kind}-${count}`), kind };
  const grown = await resultOf(script, { ...task, count, steps: ['grow', 'measure'] } satisfies CostTask);
  // One to be warm, and twenty that were measured.
  const fresh = await resultOf(script, { ...task, count: count + 21, steps: ['goOn'] } satisfies CostTask);
  const listed = await resultOf(script, { ...task, count, steps: ['list'] } satisfies CostTask);
  // One that knows the history from elsewhere.
  const bare = await resultOf(script, { ...task, count: count + 41, steps: ['measure'] } satisfies CostTask);
  const { measure: open } = bare as Pick<Costs, 'measure'>;
  return { ...(grown as object), ...(fresh as object), ...(listed as object), open } as Costs;
}

describe.each(['thread', 'threads'] as const)('%s', (kind) => {
  test(`a turn costs as much after ${many} others as after ${few}`, async () => {
    const before = await costsAt(kind, few);
    const after = await costsAt(kind, many);
    for (const which of ['measure', 'goOn', 'open'] as const) {
      const [cheap, dear] = [before[which], after[which]];
      expect(cheap.bytes).toBeGreaterThan(100);
      expect(dear.bytes).toBeLessThanOrEqual(1.1 * cheap.bytes);
      expect(cheap.opened).toBeGreaterThan(5);
      expect(dear.opened).toBeLessThanOrEqual(1.1 * cheap.opened);
      // Nothing that could open or write a file and was not counted.
      const others = ['existsSync', 'handle.close', 'handle.sync', 'handle.writeFile', 'mkdir', 'rename', 'statSync'];
      expect(others).toEqual(expect.arrayContaining([...dear.others]));
    }
    expect(after.list.opened).toBeGreaterThan(3);
    expect(after.list.opened).toBeLessThanOrEqual(20);
  }, 300_000);
});

test('the log that is measured is what append() makes', async () => {
  const [grown, appended] = ['grown', 'appended'].map((name) => path.join(folder, name)) as [string, string];
  await resultOf(script, { folder: grown, kind: 'thread', count: 20, steps: ['grow'] } satisfies CostTask);
  const log = openLog(appended);
  for (let at = 0; at < 20; at += 1) await log.append(turnOf(at), { thread: turnOf(0).id });
  expect(await idsIn(openLog(grown))).toEqual(await idsIn(log));
  const contents = (of: string) => filesIn(of).map((file) => [file, fs.readFileSync(path.join(of, file), 'utf8')]);
  expect(contents(grown)).toEqual(contents(appended));
});
