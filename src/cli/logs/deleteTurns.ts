// `rxllm logs delete`: forgets turns, after asking.
import { createInterface } from 'node:readline';
import type { Deleted, LogFilter } from '../../store/log.ts';
import { LlmError } from '../../values/error.ts';
import { stderr, stdout } from '../output.ts';
import { findThread, findTurn } from './findId.ts';
import { count } from './status.ts';
import { timeText } from './texts.ts';
import { hasLog, logFolder, openLogFolder } from './userLog.ts';

/** One of the three is given. */
export interface DeleteFlags {
  readonly turn?: string;
  readonly cid?: string;
  readonly before?: Date;
  readonly yes?: true;
  readonly database?: string;
}

/** Deletes and says how much. Rejects with `invalid_input` where it would have to ask, and nobody is there. */
export async function deleteTurns({ turn, cid, before, yes, database }: DeleteFlags): Promise<void> {
  const folder = logFolder(database);
  if (!hasLog(folder)) {
    stderr.line(`There is no log yet; ${folder} has no turns.`);
    return;
  }
  const log = await openLogFolder(folder);
  let what: Deleted | undefined;
  let filter: LogFilter = {};
  let named = '';
  if (turn !== undefined) {
    const { id, thread } = await findTurn(log, turn);
    what = { turn: id };
    named = `turn ${id} of thread ${thread}`;
  } else if (cid !== undefined) {
    const thread = await findThread(log, cid);
    [what, filter] = [{ thread }, { thread }];
    named = `of thread ${thread}`;
  } else if (before) {
    [what, filter] = [{ before }, { before }];
    named = `that began before ${timeText(before.getTime())}`;
  }
  if (!what) return;
  let turns = 0;
  if ('turn' in what) turns = 1;
  else for await (const _ of log.records(filter, 'newest')) turns += 1;
  const question = 'turn' in what ? named : `${count(turns, 'turn')} ${named}`;
  if (turns > 0 && !yes && !(await confirm(`Delete ${question}? [y/N] `))) {
    stderr.line('Nothing was deleted.');
    return;
  }
  stdout.line(`Deleted ${count(turns > 0 ? await log.delete(what) : 0, 'turn')}`);
}

/** Asks on the terminal; only a yes is one. */
async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new LlmError(
      'invalid_input',
      'nobody can be asked whether to delete: standard input is no terminal; give -y',
    );
  }
  stderr.write(question);
  const lines = createInterface({ input: process.stdin, terminal: false });
  try {
    for await (const line of lines) return /^\s*y(es)?\s*$/i.test(line);
    stderr.endLine();
    return false;
  } finally {
    lines.close();
  }
}
