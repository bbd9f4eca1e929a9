// `rxllm logs backup`: a copy of the log that is whole, or none.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { from } from 'rxjs';
import { canonicalJson } from '../../store/canonicalJson.ts';
import type { ContentHash } from '../../store/contentHash.ts';
import type { LogAdapter } from '../../store/logAdapter.ts';
import { createLog } from '../../store/log.ts';
import { lowdbAdapter } from '../../store/lowdb/lowdbAdapter.ts';
import type { TurnRecord } from '../../store/turnRecord.ts';
import { namedBy } from '../../store/withoutTurns.ts';
import type { Message } from '../../values/message.ts';
import { LlmError } from '../../values/error.ts';
import { stderr, stdout } from '../output.ts';
import { runToEnd } from '../run.ts';
import { count } from './status.ts';
import { hasLog, logFolder, tellDamage } from './userLog.ts';

/**
 * Copies all turns to a folder that is not there yet, and what they need. Rejects with `invalid_input` for one that is,
 * and with `storage` where the copy lacks what is damaged in the log.
 */
export async function backUp(target: string, { database }: { readonly database?: string }): Promise<void> {
  const source = logFolder(database);
  const folder = path.resolve(target);
  if (target === '' || existsSync(folder)) {
    throw new LlmError('invalid_input', `${folder} is there already; name a folder for the copy that is not`);
  }
  if (!hasLog(source)) {
    stderr.line(`There is no log yet; ${source} has no turns.`);
    return;
  }
  await runToEnd(from(copyAll(source, folder)));
}

/** Emits after each turn, so that it can be stopped there; what had been copied is then taken away. */
async function* copyAll(source: string, folder: string): AsyncGenerator<void> {
  await mkdir(path.dirname(folder), { recursive: true });
  const temporary = path.join(path.dirname(folder), `.${path.basename(folder)}-${randomUUID()}.tmp`);
  const log = lowdbAdapter(source, { onDamage: tellDamage() });
  const copied = new Map<string, TurnRecord>();
  const broken = new Set<string>();
  try {
    await mkdir(temporary, { mode: 0o700 });
    const copy = lowdbAdapter(temporary);
    for await (const record of log.turns({ order: 'oldest' })) {
      await copyTurn(record, { log, copy, copied, broken });
      yield;
    }
    yield* verifying(temporary, copied, broken);
    if (existsSync(folder)) throw new LlmError('invalid_input', `${folder} was made meanwhile; nothing was copied`);
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  stdout.line(`Copied ${count(copied.size, 'turn')} to ${folder}`);
  if (broken.size === 0) return;
  const what = `${count(broken.size, 'turn')} of the log ${broken.size === 1 ? 'is' : 'are'} not whole, nor in the copy`;
  throw new LlmError('storage', `${what}: ${[...broken].slice(0, 5).join(', ')}${broken.size > 5 ? ', …' : ''}`);
}

interface Copying {
  readonly log: LogAdapter;
  readonly copy: LogAdapter;
  readonly copied: Map<string, TurnRecord>;
  /** Turns that lack something. */
  readonly broken: Set<string>;
}

/** The turn, and before it those that its history is made of: one of them may have been appended meanwhile. */
async function copyTurn(turn: TurnRecord, copying: Copying): Promise<void> {
  const { log, copy, copied, broken } = copying;
  const { id, parent } = turn;
  if (copied.has(id)) return;
  if (parent !== undefined && !copied.has(parent)) {
    const before = await log.turn(parent);
    if (before) {
      await copyTurn(before, copying);
    } else {
      // Where it was deleted meanwhile, the turn has its messages by now.
      const again = await log.turn(id);
      if (!again) return;
      if (again.parent !== parent) return copyTurn(again, copying);
      broken.add(id);
    }
  }
  const messages = new Map<ContentHash, Message>();
  for (const hash of namedBy(turn)) {
    const message = await log.message(hash);
    if (message) messages.set(hash, message);
  }
  if (!namedBy(turn).every((hash) => messages.has(hash))) {
    // One that was deleted while it was read is no part of the log any more.
    if (!(await log.turn(id))) return;
    broken.add(id);
  }
  await copy.append(turn, messages);
  copied.set(id, turn);
}

/** Reads the copy back from the disk. */
async function* verifying(
  folder: string,
  copied: ReadonlyMap<string, TurnRecord>,
  broken: ReadonlySet<string>,
): AsyncGenerator<void> {
  const copy = createLog(lowdbAdapter(folder, { onDamage: tellDamage() }));
  let found = 0;
  for await (const record of copy.records({}, 'oldest')) {
    const { missing } = (await copy.turn(record.id)) ?? { missing: record.prompt };
    const isWhole = missing === undefined || broken.has(record.id);
    const isSame = canonicalJson(record) === canonicalJson(copied.get(record.id));
    if (isWhole && isSame) found += 1;
    yield;
  }
  if (found === copied.size) return;
  throw new LlmError(
    'storage',
    `of ${count(copied.size, 'turn')} only ${found} could be read back; nothing was copied`,
  );
}
