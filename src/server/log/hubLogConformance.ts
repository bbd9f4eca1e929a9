// What every log of a hub must do, as tests for whatever runner.
import { isDeepStrictEqual } from 'node:util';
import { describe } from '../../values/describe.ts';
import type { HubLog, LogEntry, StreamKey } from './hubLog.ts';

/** One test: `run` rejects with what is wrong. */
export interface HubLogTest {
  readonly name: string;
  readonly run: () => Promise<void>;
}

/**
 * The tests of a hub's log.
 *
 * @param open Makes a log that holds nothing.
 *
 * @example
 * for (const { name, run } of hubLogConformance(() => memoryHubLog())) test(name, run);
 */
export function hubLogConformance(open: () => HubLog | PromiseLike<HubLog>): readonly HubLogTest[] {
  return Object.entries(tests).map(([name, check]) => ({ name, run: async () => check(await open()) }));
}

const a: StreamKey = { stream: 'a', run: 'run1' };
const all = { after: 0, through: 1000, maxChars: Infinity };

const entries = (from: number, through: number, word = 'event'): readonly LogEntry[] =>
  Array.from({ length: through + 1 - from }, (_, at) => ({
    seq: from + at,
    json: `{"type":"${word}","n":${from + at}}`,
  }));

async function append(log: HubLog, key: StreamKey, list: readonly LogEntry[]): Promise<void> {
  for (const entry of list) await log.append(key, entry);
}

const tests: Readonly<Record<string, (log: HubLog) => Promise<void>>> = {
  'gives back what was appended, in order and to the letter': async (log) => {
    const given = [...entries(1, 3), { seq: 4, json: '{"chunk":"Zürich \\n \\u0000 🦀 \\"  x"}' }];
    await append(log, a, given);
    same(await log.read(a, all), given);
  },
  'knows nothing of a run that was never appended to': async (log) => {
    await append(log, a, entries(1, 2));
    same(await log.read({ stream: 'b', run: 'run1' }, all), []);
    same(await log.read({ stream: 'a', run: 'run2' }, all), []);
    await log.trim({ stream: 'b', run: 'run1' }, 3);
    await log.delete({ stream: 'a', run: 'run2' });
    same(await log.read(a, all), entries(1, 2));
  },
  'gives a range': async (log) => {
    await append(log, a, entries(1, 9));
    same(await log.read(a, { ...all, after: 3, through: 6 }), entries(4, 6));
    same(await log.read(a, { ...all, after: 8 }), entries(9, 9));
    same(await log.read(a, { ...all, after: 9 }), []);
    same(await log.read(a, { ...all, after: 12 }), []);
    same(await log.read(a, { ...all, after: 4, through: 4 }), []);
  },
  'gives no more than was asked for at once, but one entry however large': async (log) => {
    const list = entries(1, 9);
    const size = list[0]!.json.length;
    await append(log, a, list);
    same(await log.read(a, { ...all, maxChars: 3 * size }), entries(1, 3));
    same(await log.read(a, { ...all, maxChars: 4 * size - 1 }), entries(1, 3));
    same(await log.read(a, { ...all, after: 5, maxChars: 1 }), entries(6, 6));
  },
  'sees what was appended before, also where nobody has waited': async (log) => {
    const pending = entries(1, 50).map(async (entry) => log.append(a, entry));
    same(await log.read(a, all), entries(1, 50));
    await Promise.all(pending);
  },
  'gives nothing after an entry that got lost, whether it takes that or not': async (log) => {
    const [one, two, , four] = entries(1, 4);
    await append(log, a, [one!, two!]);
    await append(log, a, [four!]).catch(() => undefined);
    same(await log.read(a, all), [one, two]);
    same(await log.read(a, { ...all, after: 2 }), []);
  },
  'keeps runs of a stream, and streams, apart': async (log) => {
    const keys = [a, { stream: 'a', run: 'run2' }, { stream: 'a run1', run: 'x' }, { stream: 'a', run: 'run1 x' }];
    for (const [at, key] of keys.entries()) await append(log, key, entries(1, 3, `word${at}`));
    for (const [at, key] of keys.entries()) same(await log.read(key, all), entries(1, 3, `word${at}`));
  },
  'takes names that no file could have': async (log) => {
    for (const stream of ['../../up', 'A/b', 'con', 'x'.repeat(256), '🦀', '.', ' ', 'a:b*']) {
      await append(log, { stream, run: 'r' }, entries(1, 2, encodeURIComponent(stream)));
    }
    same(await log.read({ stream: 'A/b', run: 'r' }, all), entries(1, 2, 'A%2Fb'));
    same(await log.read({ stream: '🦀', run: 'r' }, all), entries(1, 2, encodeURIComponent('🦀')));
  },
  'forgets what is trimmed, and keeps the numbers': async (log) => {
    await append(log, a, entries(1, 6));
    await log.trim(a, 4);
    same(await log.read(a, all), []);
    same(await log.read(a, { ...all, after: 3 }), []);
    same(await log.read(a, { ...all, after: 4 }), entries(5, 6));
    await log.trim(a, 2);
    await append(log, a, entries(7, 8));
    same(await log.read(a, { ...all, after: 4 }), entries(5, 8));
    await log.trim(a, 8);
    await append(log, a, entries(9, 9));
    same(await log.read(a, { ...all, after: 8 }), entries(9, 9));
  },
  'forgets a run, and no other': async (log) => {
    const other = { stream: 'a', run: 'run2' };
    await append(log, a, entries(1, 3));
    await append(log, other, entries(1, 3));
    await log.delete(a);
    same(await log.read(a, all), []);
    same(await log.read(other, all), entries(1, 3));
    await append(log, a, entries(1, 1));
    same(await log.read(a, all), entries(1, 1));
  },
};

function same(actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`expected ${describe(expected)}\n but got ${describe(actual)}`);
}
