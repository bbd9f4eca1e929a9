// Which turns of the log are meant.
import { lastValueFrom, toArray } from 'rxjs';
import type { Part } from 'rxllm';
import { createLog, memoryAdapter, type Log } from 'rxllm/store';
import { findThread, findTurn, lookForTurn, newestThread } from '../../../src/cli/logs/findId.ts';
import { selectTurns, type Selection } from '../../../src/cli/logs/selectTurns.ts';
import { turn, turnId } from './support.ts';

const call = (name: string): Part => ({ type: 'tool_call', name, arguments: {} });

async function filled(): Promise<Log> {
  const log = createLog(memoryAdapter());
  await log.append(turn(1, 'red dog', 'one'), { thread: 'abc' });
  await log.append(turn(2, 'cat', [call('time')], { model: 'other' }), { thread: 'abd' });
  await log.append(turn(3, 'dog dog red', 'three'), { thread: 'abc' });
  await log.append(turn(4, 'red', [call('time'), call('date')]), { thread: 'x' });
  return log;
}

async function seconds(selection: Selection): Promise<readonly number[]> {
  const turns = await lastValueFrom(selectTurns(await filled(), selection).pipe(toArray()));
  return turns.map(({ id }) => [1, 2, 3, 4].find((second) => turnId(second) === id)!);
}

test('the last ones, or all, the oldest first', async () => {
  expect(await seconds({ count: 3 })).toEqual([2, 3, 4]);
  expect(await seconds({})).toEqual([1, 2, 3, 4]);
});

test('the last ones of those that are wanted', async () => {
  expect(await seconds({ count: 1, thread: 'abc' })).toEqual([3]);
  expect(await seconds({ model: 'other' })).toEqual([2]);
  expect(await seconds({ count: 2, tools: ['time'] })).toEqual([2, 4]);
  expect(await seconds({ tools: ['time', 'date'] })).toEqual([4]);
  expect(await seconds({ count: 1, accept: ({ id }) => id < turnId(3) })).toEqual([2]);
});

test('those that say all words, the best or the newest first', async () => {
  expect(await seconds({ words: 'red dog' })).toEqual([3, 1]);
  expect(await seconds({ words: 'red', latest: true, count: 2 })).toEqual([4, 3]);
  expect(await seconds({ words: 'dog red', latest: true })).toEqual([3, 1]);
});

test('those after a turn, or from it on', async () => {
  const bound = (await lookForTurn(await filled(), turnId(2)))!;
  expect(await seconds({ after: { turn: bound, isIncluded: false } })).toEqual([3, 4]);
  expect(await seconds({ after: { turn: bound, isIncluded: true } })).toEqual([2, 3, 4]);
  expect(await seconds({ after: { turn: turnId(2), isIncluded: false }, count: 1 })).toEqual([4]);
  expect(await seconds({ after: { turn: turnId(2), isIncluded: true } })).toEqual([2, 3, 4]);
});

test('reads no more than it needs', async () => {
  const adapter = memoryAdapter();
  const log = createLog(adapter);
  for (let second = 0; second < 10; second += 1) await log.append(turn(second, `p${second}`, 'a'));
  let reads = 0;
  const counting = createLog({
    ...adapter,
    message: (hash) => {
      reads += 1;
      return adapter.message(hash);
    },
  });
  await lastValueFrom(selectTurns(counting, { count: 1 }));
  expect(reads).toBe(2);
});

test('a turn is meant by its id or a beginning that only it has', async () => {
  const log = createLog(memoryAdapter());
  for (const id of ['ab', 'abc', 'xy']) await log.append(turn(1, id, 'a', { id }));
  expect((await findTurn(log, 'x')).id).toBe('xy');
  expect((await findTurn(log, 'ab')).id).toBe('ab');
  await expect(findTurn(log, 'a')).rejects.toThrow('2 turns begin with "a": abc, ab');
  await expect(findTurn(log, 'q')).rejects.toThrow('the log has no turn "q"');
  await expect(findTurn(log, '')).rejects.toThrow('the log has no turn ""');
  expect(await lookForTurn(log, 'a')).toBeUndefined();
});

test('a thread is meant by its id or a beginning that only it has', async () => {
  const log = await filled();
  expect(await findThread(log, 'abd')).toBe('abd');
  expect(await findThread(log, 'x')).toBe('x');
  await expect(findThread(log, 'ab')).rejects.toThrow('2 threads begin with "ab": abc, abd');
  await expect(findThread(log, '../x')).rejects.toThrow('the log has no thread "../x"');
  expect(await newestThread(log)).toBe('x');
  expect(await newestThread(createLog(memoryAdapter()))).toBeUndefined();
});
