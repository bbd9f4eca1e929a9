// Run by durability.test.ts: appends a few turns, and tells what was asked of the file system for them.
import { calls, now, type FileCall } from './fileCalls.ts';
import { system } from 'rxllm';
import { messageHash, openLog, type ContentHash } from 'rxllm/store';
import { turnOf } from '../../support/logs.ts';

export interface Durability {
  readonly calls: readonly FileCall[];
  readonly turns: readonly {
    /** What it says, the first of which all of them say. */
    readonly messages: readonly ContentHash[];
    /** When append() was called and when it resolved, on the clock of the calls. */
    readonly called: number;
    readonly resolved: number;
  }[];
}

const { folder, count }: { readonly folder: string; readonly count: number } = JSON.parse(process.argv[2]!);
const log = openLog(folder);
const turns: Durability['turns'][number][] = [];
for (let at = 0; at < count; at += 1) {
  const turn = turnOf(at, 0, [system('Be brief.')]);
  const called = now();
  await log.append(turn);
  turns.push({ messages: [...turn.prompt.messages, ...turn.messages].map(messageHash), called, resolved: now() });
}
console.log(JSON.stringify({ calls, turns } satisfies Durability));
