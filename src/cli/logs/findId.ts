// Turns and threads by the beginning of their ids.
import type { Log } from '../../store/log.ts';
import type { TurnRecord } from '../../store/turnRecord.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';

/** The turn with this id, or the only one whose id begins so; undefined where there is none, or more than one. */
export async function lookForTurn(log: Log, beginning: string): Promise<TurnRecord | undefined> {
  const found = await turnsLike(log, beginning);
  return found.length === 1 ? found[0] : undefined;
}

/** As `lookForTurn`, but rejects with `invalid_input` where that is not one. */
export async function findTurn(log: Log, beginning: string): Promise<TurnRecord> {
  const found = await turnsLike(log, beginning);
  only(
    'turn',
    beginning,
    found.map(({ id }) => id),
  );
  return found[0]!;
}

/** The id of the thread that is called so, or of the only one that begins so; rejects with `invalid_input`. */
export async function findThread(log: Log, beginning: string): Promise<string> {
  const threads = new Set<string>();
  for await (const { thread } of log.records({}, 'newest')) {
    if (thread === beginning) return thread;
    if (thread.startsWith(beginning)) threads.add(thread);
  }
  return only('thread', beginning, [...threads]);
}

/** The thread of the newest turn. */
export async function newestThread(log: Log): Promise<string | undefined> {
  for await (const { thread } of log.records({}, 'newest')) return thread;
  return undefined;
}

/** @throws LlmError `invalid_input` unless there is exactly one. */
export function only(what: string, beginning: string, ids: readonly string[]): string {
  const [id, ...others] = ids;
  if (id !== undefined && beginning !== '' && others.length === 0) return id;
  if (id === undefined || beginning === '') {
    throw new LlmError(
      'invalid_input',
      `the log has no ${what} ${describe(beginning)}; rxllm logs -s shows the newest`,
    );
  }
  const some = ids.slice(0, 5).join(', ') + (ids.length > 5 ? ', …' : '');
  throw new LlmError('invalid_input', `${ids.length} ${what}s begin with ${describe(beginning)}: ${some}`);
}

async function turnsLike(log: Log, beginning: string): Promise<readonly TurnRecord[]> {
  const found: TurnRecord[] = [];
  for await (const record of log.records({}, 'newest')) {
    if (record.id === beginning) return [record];
    if (record.id.startsWith(beginning)) found.push(record);
  }
  return found;
}
