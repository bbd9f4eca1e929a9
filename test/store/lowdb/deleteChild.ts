// Run by concurrency.test.ts: holds the lock of deleting, takes it again and again, deletes, or appends what follows on
// turns that somebody else deletes.
import fs from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openLog, type Deleted } from 'rxllm/store';
import { locked } from '../../../src/store/lowdb/lock.ts';
import { followersOf } from './threads.ts';

export interface DeleteTask {
  readonly folder: string;
  readonly kind: 'hold' | 'contend' | 'follow' | 'delete';
  /** For `contend`: how often. */
  readonly times?: number;
  /** For `delete`: one after another. */
  readonly deleted?: readonly Exclude<Deleted, { readonly before: Date }>[];
}

const { folder, kind, times = 0, deleted = [] }: DeleteTask = JSON.parse(process.argv[2]!);
const log = openLog(folder);
const lock = path.join(folder, 'lock');
const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();
const print = (line: string) => process.stdout.write(`${line}\n`);

if (kind === 'hold') {
  await locked(lock, async () => {
    print('held');
    await lines.next();
    print('given back');
  });
} else if (kind === 'contend') {
  print('ready');
  await lines.next();
  for (let at = 0; at < times; at += 1) {
    await locked(lock, async () => {
      // Fails where somebody else is inside.
      const inside = await fs.open(path.join(folder, 'inside'), 'wx');
      await inside.close();
      await fs.unlink(path.join(folder, 'inside'));
    });
    print(String(at));
  }
} else if (kind === 'delete') {
  print('ready');
  await lines.next();
  for (const what of deleted) print(`${await log.delete(what)}`);
} else {
  print('ready');
  for (let next = await lines.next(); !next.done; next = await lines.next()) {
    for (const { json, thread } of followersOf(Number(next.value))) await log.append(json, { thread });
    print('done');
  }
}
input.close();
process.stdin.destroy();
