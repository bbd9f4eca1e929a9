// What append() has resolved is on the disk, whatever happens next: the order of the writing, and processes that are killed.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { assistant, user } from 'rxllm';
import { openLog } from 'rxllm/store';
import { filesIn, idsIn, makeTurn, turnOf } from '../../support/logs.ts';
import { buildChild, resultOf, startChild } from './children.ts';
import type { Durability } from './durabilityChild.ts';
import type { FailingTask } from './failingChild.ts';
import type { FileCall } from './fileCalls.ts';
import { turnsIn, type Series } from './threads.ts';

let folder: string;
const scripts: Record<string, string> = {};
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-durability-'));
  for (const name of ['durabilityChild', 'appendChild', 'failingChild']) scripts[name] = await buildChild(name, folder);
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('the order of the writing', () => {
  const count = 3;
  let calls: readonly FileCall[];
  let turns: Durability['turns'];
  let log: string;
  beforeAll(async () => {
    log = path.join(folder, 'order');
    ({ calls, turns } = (await resultOf(scripts['durabilityChild']!, { folder: log, count })) as Durability);
  });

  const named = (name: string, at?: string) =>
    calls.filter((call) => call.name === name && (at === undefined || call.path === at));
  const ended = ({ ended: end }: FileCall) => end ?? Infinity;
  const within = (at: string, ...places: readonly string[]) =>
    places.some((place) => at.startsWith(path.join(log, place) + path.sep));

  /** When the folder was next flushed; Infinity where it was not. */
  function flushedAfter(time: number, parent: string): number {
    const flushes = named('handle.sync', parent).filter(({ begun }) => begun > time);
    return Math.min(Infinity, ...flushes.map(ended));
  }

  test('a file is made under a name of its own, written, flushed, renamed, and its folder is flushed', () => {
    const renames = named('rename');
    const renamed = renames.map(({ more: [to] }) => String(to));
    // The instructions; a question and an answer of each turn.
    expect(renamed.filter((to) => within(to, 'messages'))).toHaveLength(1 + 2 * count);
    expect(renamed.filter((to) => within(to, 'turns'))).toHaveLength(count);
    for (const rename of renames) {
      const steps = ['open', 'handle.writeFile', 'handle.sync'].map((name) => named(name, rename.path));
      expect(steps.map(({ length }) => length)).toEqual([1, 1, 1]);
      const [open, write, flush] = steps.flat() as [FileCall, FileCall, FileCall];
      expect(open.more).toEqual(['wx', 0o600]);
      expect(write.begun).toBeGreaterThan(ended(open));
      expect(flush.begun).toBeGreaterThan(ended(write));
      expect(rename.begun).toBeGreaterThan(ended(flush));
      const [to] = rename.more as [string];
      expect(path.dirname(rename.path)).toBe(path.dirname(to));
      expect(flushedAfter(ended(rename), path.dirname(to))).toBeLessThan(Infinity);
    }
  });

  test('a turn gets its name when all that it needs is flushed, and append() resolves when that is', () => {
    const renames = named('rename').filter(({ more: [to] }) => within(String(to), 'turns'));
    for (const [at, { messages, called, resolved }] of turns.entries()) {
      const turn = renames[at]!;
      expect(turn.begun).toBeGreaterThan(called);
      for (const hash of messages) {
        const digits = hash.slice('sha256:'.length);
        const file = path.join(log, 'messages', digits.slice(0, 2), `${digits}.json`);
        const [rename, ...others] = named('rename').filter(({ more: [to] }) => to === file);
        expect(others).toEqual([]);
        // One that was there is flushed again: who wrote it may not have done so yet.
        const since = Math.max(called, ended(rename!));
        expect(flushedAfter(since, path.dirname(file))).toBeLessThan(turn.begun);
      }
      const isEntry = ({ path: file, begun }: FileCall) =>
        within(file, 'days', 'threads') &&
        begun > called &&
        begun < resolved &&
        !isFolder(file) &&
        !file.endsWith('.whole');
      const entries = named('open').filter(isEntry);
      expect(entries.map(({ more }) => more)).toEqual([
        ['a', 0o600],
        ['a', 0o600],
      ]);
      for (const entry of entries) {
        expect(flushedAfter(ended(entry), path.dirname(entry.path))).toBeLessThan(turn.begun);
      }
      expect(flushedAfter(ended(turn), path.dirname(turn.path))).toBeLessThan(resolved);
    }
  });

  test('a new folder is flushed in the one above it, up to the folder of the log', () => {
    const folders = new Set(filesIn(log).map((file) => path.dirname(path.join(log, file))));
    for (const each of [...folders].flatMap((at) => [at, path.dirname(at)]).concat(log)) {
      expect(flushedAfter(0, path.dirname(each))).toBeLessThan(turns.at(-1)!.resolved);
    }
  });
});

describe('what cannot be written', () => {
  const turn = makeTurn(
    1,
    [user('a question'), assistant('an answer'), user('another')],
    [assistant('x'.repeat(5000))],
  );

  test.each(['messages', 'turns', 'days', 'threads'])(
    'is an error where %s is a file, and nothing is half-done when it comes',
    async (name) => {
      const at = path.join(folder, `no-${name}`);
      const log = openLog(at, { onDamage: refuse });
      const before = turnOf(0, 1);
      await log.append(before, { thread: 't' });
      const place = path.join(at, name);
      fs.renameSync(place, `${place}-before`);
      fs.writeFileSync(place, '');
      const there = filesIn(at);
      await expect(log.append(turn, { thread: 't' })).rejects.toMatchObject({ name: 'LlmError', code: 'storage' });
      const left = filesIn(at).filter((file) => !there.includes(file));
      fs.unlinkSync(place);
      fs.renameSync(`${place}-before`, place);
      await expect(log.response(turn.id)).resolves.toBeUndefined();
      await expect(idsIn(log)).resolves.toEqual([before.id]);

      await expect(log.append(turn, { thread: 't' })).resolves.toMatchObject({ isNew: true });
      await expect(log.response(turn.id)).resolves.toEqual(turn);
      await expect(idsIn(log)).resolves.toEqual([turn.id, before.id]);
      // Where turns is a file, nobody knows whether there is such a turn. Elsewhere all but the turn was written.
      const added = filesIn(at).filter(
        (file) => !there.includes(file) && !there.includes(file.replace(name, `${name}-before`)),
      );
      expect(left).toEqual(
        added.filter((file) => name !== 'turns' && !file.startsWith('turns') && !file.startsWith(name)),
      );
    },
  );

  /** In a process whose limit is that of `ulimit`. */
  async function appendWithin(limit: string, task: FailingTask): Promise<string> {
    const command = `ulimit ${limit}; exec "$0" "$@"`;
    const args = ['-c', command, process.execPath, scripts['failingChild']!, JSON.stringify(task)];
    return (await promisify(execFile)('sh', args)).stdout.trim();
  }

  test('is an error where a file may not grow any more, and nothing is half-done', async () => {
    const at = path.join(folder, 'full');
    // Some kilobytes, whatever the shell counts in.
    expect(await appendWithin('-f 8', { folder: at, messages: 1, letters: 100_000 })).toBe('storage');
    expect(filesIn(at).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    await expect(idsIn(openLog(at, { onDamage: refuse }))).resolves.toEqual([turnOf(0).id]);
  });

  test('does not happen for many messages at once where few files may be open', async () => {
    const at = path.join(folder, 'many');
    expect(await appendWithin('-n 64', { folder: at, messages: 500, letters: 10 })).toBe('done');
    const log = openLog(at, { onDamage: refuse });
    const [id] = await idsIn(log);
    expect((await log.response(id!))?.prompt.messages).toHaveLength(500);
  });
});

test('what append() has resolved is whole after kill -9', async () => {
  const rounds = process.env.RXLLM_FULL ? 100 : 10;
  const random = createRandom(20_260_131);
  const log = path.join(folder, 'killed');
  const seriesOf = (round: number): Series => ({
    series: round,
    count: 5000,
    threads: [`a${round}`, `b${round}`, 'all'],
  });
  const start = (round: number) =>
    startChild(scripts['appendChild']!, { folder: log, atOnce: 1 + (round % 4), ...seriesOf(round) });
  let kept = 0;
  let next = start(0);
  for (let round = 0; round < rounds; round += 1) {
    const child = next;
    expect(await child.line()).toBe('ready');
    child.tell('go');
    const killing = wait(random() * 250).then(() => child.process.kill('SIGKILL'));
    // The next one gets ready meanwhile.
    next = start(round + 1);
    await killing;
    const ids = new Set(await child.ended());
    kept += ids.size;
    const opened = openLog(log, { onDamage: refuse });
    for (const { json } of turnsIn(seriesOf(round))) {
      if (ids.delete(json.id)) expect(await opened.response(json.id)).toEqual(json);
      if (ids.size === 0) break;
    }
    expect([...ids]).toEqual([]);
  }
  next.process.kill('SIGKILL');
  await once(next.process, 'exit');
  const opened = openLog(log, { onDamage: refuse });
  const listed = await idsIn(opened);
  expect(listed.length).toBeGreaterThanOrEqual(kept);
  for (const id of listed) await expect(opened.response(id)).resolves.toBeDefined();
  expect(kept).toBeGreaterThan(rounds);
}, 150_000);

function isFolder(at: string): boolean {
  return fs.statSync(at, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function refuse(damage: object): never {
  throw new Error(JSON.stringify(damage));
}

/** The same numbers between 0 and 1 each time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
