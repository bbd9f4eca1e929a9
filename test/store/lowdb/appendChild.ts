// Run by durability.test.ts and concurrency.test.ts: appends turns when it is told to, and prints each id when it is kept.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { openLog } from 'rxllm/store';
import { turnsIn, type Series } from './threads.ts';

export interface AppendTask extends Series {
  readonly folder: string;
  /** How many are appended at once. Default 1. */
  readonly atOnce?: number;
}

const { folder, atOnce = 1, ...series }: AppendTask = JSON.parse(process.argv[2]!);
const log = openLog(folder);
const turns = turnsIn(series)[Symbol.iterator]();

async function work(): Promise<void> {
  for (let next = turns.next(); !next.done; next = turns.next()) {
    const { json, thread } = next.value;
    await log.append(json, { thread });
    process.stdout.write(`${json.id}\n`);
  }
}

process.stdout.write('ready\n');
const input = createInterface({ input: process.stdin });
await once(input, 'line');
input.close();
await Promise.all(Array.from({ length: atOnce }, work));
process.stdin.destroy();
