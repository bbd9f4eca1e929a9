// What every place for turns must do, as tests for whatever runner.
import { isDeepStrictEqual } from 'node:util';
import { firstValueFrom, toArray } from 'rxjs';
import { assistant, system, user } from '../values/builders.ts';
import { describe } from '../values/describe.ts';
import type { Message } from '../values/message.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import { messageHash } from './contentHash.ts';
import { createLog, type Log, type LogFilter } from './log.ts';
import type { LogAdapter } from './logAdapter.ts';

/** One test: `run` rejects with what is wrong. */
export interface ConformanceTest {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The tests of an adapter.
 *
 * @param open Makes an adapter on a place that holds nothing. One that keeps turns longer than the process gives back the
 *   place too, so that it can be opened again.
 *
 * @example
 * for (const { name, run } of logConformance(() => memoryAdapter())) test(name, run);
 */
export function logConformance(open: () => LogAdapter | PromiseLike<LogAdapter>): readonly ConformanceTest[] {
  return Object.entries(tests).map(([name, check]) => ({
    name,
    run: async () => {
      const adapter = await open();
      await check(createLog(adapter), adapter);
    },
  }));
}

const first = Date.UTC(2026, 0, 31, 23, 59, 59);

/** A turn a minute after the one before, on the history of that. */
function turn(number: number, before?: ResponseJSON, changes: Partial<ResponseJSON> = {}): ResponseJSON {
  const history = before ? [...before.prompt.messages, ...before.messages] : [system('Be brief.')];
  return {
    model: 'model-a',
    prompt: { messages: [...history, user(`question ${number}`)] },
    messages: [assistant(`answer ${number}`)],
    id: idOf(first + 60_000 * number),
    usage: { input: number, output: 1 },
    datetime_utc: new Date(first + 60_000 * number).toISOString(),
    ...changes,
  };
}

/** The ULID of that time. */
function idOf(time: number): string {
  let [stamp, rest] = ['', time];
  for (let digit = 0; digit < 10; digit += 1) {
    stamp = '0123456789abcdefghjkmnpqrstvwxyz'.charAt(rest % 32) + stamp;
    rest = Math.floor(rest / 32);
  }
  return `${stamp}0000000000000000`;
}

async function idsOf(log: Log, filter: LogFilter = {}): Promise<readonly string[]> {
  const turns = await firstValueFrom(log.list(filter).pipe(toArray()));
  return turns.map(({ id }) => id);
}

async function appendThread(log: Log, thread: string, count: number, from = 0): Promise<readonly ResponseJSON[]> {
  const turns: ResponseJSON[] = [];
  for (let at = 0; at < count; at += 1) {
    const next = turn(from + at, turns.at(-1));
    turns.push(next);
    await log.append(next, { thread });
  }
  return turns;
}

const tests: Readonly<Record<string, (log: Log, adapter: LogAdapter) => Promise<void>>> = {
  'gives back a turn as it was appended': async (log) => {
    const given: ResponseJSON = {
      ...turn(0),
      prompt: { messages: [user('Zürich\n"🦀"')], options: { temperature: 0, list: [1, null] }, system: 'Be brief.' },
      status: 'truncated',
      incomplete: [{ name: 'add', arguments_raw: '{"a":', tool_call_id: 'c1' }],
    };
    await log.append(given, { thread: 't', resolved_model: 'model-a-1', duration_ms: 12 });
    same(await log.response(given.id!), given);
    const { prompt, messages, thread, details } = (await log.turn(given.id!))!;
    same(
      { prompt, messages, thread, details },
      {
        prompt: given.prompt.messages,
        messages: given.messages,
        thread: 't',
        details: { resolved_model: 'model-a-1', duration_ms: 12 },
      },
    );
  },
  'knows nothing of what was never appended': async (log) => {
    same(await log.turn('nobody'), undefined);
    same(await log.response('nobody'), undefined);
    same(await log.message(messageHash(user('nobody'))), undefined);
    same(await idsOf(log), []);
    same(await log.delete({ turn: 'nobody' }), 0);
  },
  'gives back the whole history of each turn of a thread, and the thread in its order': async (log) => {
    const turns = await appendThread(log, 't', 12);
    for (const given of turns) same(await log.response(given.id!), given);
    const thread = await firstValueFrom(log.thread('t').pipe(toArray()));
    same(
      thread.map(({ id, prompt }) => [id, prompt.length]),
      turns.map(({ id }, at) => [id, at === 0 ? 2 : 1]),
    );
  },
  'keeps a branch of an older turn': async (log) => {
    const [root] = await appendThread(log, 't', 3);
    const branch = turn(9, root);
    await log.append(branch, { thread: 't' });
    same(await log.response(branch.id!), branch);
  },
  'gives the newest first, of all or of what is asked for': async (log) => {
    const a = await appendThread(log, 'a', 3);
    const b = await appendThread(log, 'b', 2, 1500);
    const ids = (turns: readonly ResponseJSON[]) => turns.map(({ id }) => id).toReversed();
    same(await idsOf(log), [...ids(b), ...ids(a)]);
    same(await idsOf(log, { thread: 'a' }), ids(a));
    const noon = new Date(first + 60_000 * 1500);
    same(await idsOf(log, { before: noon }), ids(a));
    same(await idsOf(log, { from: noon }), ids(b));
    same(await idsOf(log, { from: new Date(first + 60_000), before: new Date(first + 120_000) }), [a[1]!.id]);
  },
  'appends the same turn once': async (log) => {
    const given = turn(0);
    same((await log.append(given)).isNew, true);
    same((await log.append(given)).isNew, false);
    same(await idsOf(log), [given.id]);
  },
  'keeps a message once, by its hash': async (log) => {
    await appendThread(log, 'a', 2);
    const shared: Message = system('Be brief.');
    same(await log.message(messageHash(shared)), shared);
    await log.delete({ turn: turn(1).id! });
    same(await log.message(messageHash(shared)), shared);
  },
  'deletes a turn, and what only it said; the history of others stays whole': async (log) => {
    const turns = await appendThread(log, 't', 4);
    same(await log.delete({ turn: turns[1]!.id! }), 1);
    same(await log.turn(turns[1]!.id!), undefined);
    for (const given of [turns[0]!, turns[2]!, turns[3]!]) same(await log.response(given.id!), given);
    same(await log.delete({ turn: turns[3]!.id! }), 1);
    same(await log.message(messageHash(user('question 3'))), undefined);
    same(await log.message(messageHash(user('question 1'))), user('question 1'));
  },
  'deletes a thread, and what is older than a time': async (log) => {
    const a = await appendThread(log, 'a', 2);
    const b = await appendThread(log, 'b', 3, 10);
    same(await log.delete({ thread: 'a' }), 2);
    same(await log.message(messageHash(user('question 1'))), undefined);
    same(await idsOf(log, { thread: 'a' }), []);
    same(await log.delete({ before: new Date(first + 60_000 * 12) }), 2);
    same(await idsOf(log), [b[2]!.id]);
    same(await log.response(b[2]!.id!), b[2]);
    same(await log.append(a[0]!).then(({ isNew }) => isNew), true);
  },
  'takes ids that no file could have': async (log) => {
    const ids = ['../../up', 'A/b', 'con', 'x'.repeat(300), '🦀', '.', ' '];
    for (const id of ids) await log.append(turn(1, undefined, { id, messages: [assistant(id)] }));
    for (const id of ids) same((await log.response(id))?.messages, [assistant(id)]);
    same((await idsOf(log)).toSorted(), ids.toSorted());
  },
  'keeps turns that are appended side by side': async (log) => {
    const turns = Array.from({ length: 50 }, (_, at) => turn(at));
    await Promise.all(turns.map((given) => log.append(given, { thread: 't' })));
    for (const given of turns) same(await log.response(given.id!), given);
    same((await idsOf(log, { thread: 't' })).length, 50);
  },
  'gives turns that do not change when what was appended does': async (log) => {
    const parts = [{ type: 'text' as const, text: 'answer' }];
    const given = { ...turn(0), messages: [{ role: 'assistant' as const, parts }] };
    await log.append(given);
    parts[0] = { type: 'text', text: 'something else' };
    same((await log.turn(given.id!))?.messages, [assistant('answer')]);
  },
};

function same(actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(plain(actual), plain(expected))) return;
  throw new Error(`expected ${describe(expected)}\n but got ${describe(actual)}`);
}

/** Order of keys and class of objects aside. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
