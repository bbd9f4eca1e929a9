// The folder of a log: who may read it, what is in it and what is not, and what becomes of it when somebody changes it.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { jest } from '@jest/globals';
import { assistant, user } from 'rxllm';
import { openLog, type Damage, type Log, type LogOptions } from 'rxllm/store';
import { filesIn, idOf, idsIn, makeTurn, timeOf, turnOf } from '../../support/logs.ts';
import { buildChild, startChild } from './children.ts';
import type { DeleteTask } from './deleteChild.ts';
import { turnsIn, type ThreadTurn } from './threads.ts';

let folder: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-folder-'));
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

interface Opened {
  readonly at: string;
  readonly log: Log;
  readonly damages: readonly Damage[];
}

function open(name: string, options: LogOptions = {}): Opened {
  const at = path.join(folder, name);
  const damages: Damage[] = [];
  return { at, log: openLog(at, { ...options, onDamage: (damage) => damages.push(damage) }), damages };
}

async function append(log: Log, count: number, threads: readonly string[] = ['t']): Promise<readonly ThreadTurn[]> {
  const turns = [...turnsIn({ series: 0, count, threads })];
  for (const { json, thread } of turns) await log.append(json, { thread });
  return turns;
}

async function expectAll(log: Log, turns: readonly ThreadTurn[]): Promise<void> {
  expect(await idsIn(log)).toEqual(turns.map(({ json }) => json.id).toReversed());
  for (const thread of new Set(turns.map((turn) => turn.thread))) {
    const ids = turns.filter((turn) => turn.thread === thread).map(({ json }) => json.id);
    expect(await idsIn(log, { thread })).toEqual(ids.toReversed());
  }
  for (const { json } of turns) expect(await log.response(json.id)).toEqual(json);
}

/** The file of the only turn that is named so. */
function turnFile(at: string, id: string): string {
  const [file, ...others] = filesIn(path.join(at, 'turns')).filter((name) => name.endsWith(`${path.sep}${id}.json`));
  expect(others).toEqual([]);
  return path.join(at, 'turns', file!);
}

describe('the folder is for its owner alone', () => {
  test.each([
    ['0', 0],
    ['0077', 0o077],
  ])('under umask %s', async (name, umask) => {
    const before = process.umask(umask);
    try {
      const { at, log, damages } = open(`umask-${name}`);
      const [first, second, third] = await append(log, 3);
      // The turn after it takes another form, and one is set aside.
      await log.delete({ turn: first!.json.id });
      fs.appendFileSync(turnFile(at, third!.json.id), 'x');
      expect(await log.turn(third!.json.id)).toBeUndefined();
      expect(damages).toHaveLength(1);
      expect(await log.response(second!.json.id)).toEqual(second!.json);
      const entries = fs.readdirSync(at, { recursive: true, encoding: 'utf8' }).map((entry) => path.join(at, entry));
      const modes = [at, ...entries]
        .map((entry) => fs.statSync(entry))
        .map((stat) => [stat.isFile(), stat.mode & 0o777]);
      expect(new Set(modes.map(String))).toEqual(new Set([String([false, 0o700]), String([true, 0o600])]));
    } finally {
      process.umask(before);
    }
  });
});

test('nothing outside the folder is written, whatever a turn is called', async () => {
  const { at, log } = open(path.join('outside', 'log'));
  const outside = path.join(folder, 'outside');
  fs.mkdirSync(outside);
  const target = path.join(outside, 'target');
  const ids = [
    '../../up',
    '../up',
    '..',
    '.',
    '/',
    target,
    `../../../../../../../../..${target}`,
    'a/../../../b',
    'C:\\x',
    '\0',
  ];
  for (const id of ids) await log.append(makeTurn(0, [user('Hi')], [assistant(id)], 0, id));
  for (const thread of ['..', '../up', target, '.', '']) {
    await expect(log.append(turnOf(0), { thread })).rejects.toMatchObject({ code: 'invalid_input' });
    expect(await idsIn(log, { thread }).catch((error: { readonly code: string }) => error.code)).not.toContain(ids[0]);
  }
  for (const id of ids) expect((await log.response(id))?.messages).toEqual([assistant(id)]);
  for (const id of ids) expect(await log.delete({ turn: id })).toBe(1);
  expect(fs.readdirSync(outside)).toEqual(['log']);
  expect(fs.readdirSync(at).toSorted()).toEqual(['days', 'messages', 'threads', 'turns']);
});

describe('an index that somebody has taken away', () => {
  test.each([[['days']], [['threads']], [['days', 'threads']]])('is made again when it is read: %s', async (names) => {
    const { at, log, damages } = open(`index-${names.join('-')}`);
    const turns = await append(log, 6, ['a', 'b']);
    const before = filesIn(at);
    for (const name of names) fs.rmSync(path.join(at, name), { recursive: true });
    await expectAll(log, turns);
    expect(filesIn(at)).toEqual(before);
    expect(damages).toEqual([]);
  });

  test('is made again when turns were appended before it is read', async () => {
    const { at, log } = open('index-appended');
    const turns = await append(log, 3);
    for (const name of ['days', 'threads']) fs.rmSync(path.join(at, name), { recursive: true });
    const { json: last } = turns.at(-1)!;
    const json = turnOf(3, 0, [...last.prompt.messages, ...last.messages]);
    await log.append(json, { thread: 't' });
    await expectAll(log, [...turns, { json, thread: 't' }]);
  });

  test('is made again by the next when the first who makes it is killed', async () => {
    const { at, log } = open('index-killed');
    const turns = await append(log, 100, ['a', 'b', 'c', 'd']);
    const script = await buildChild('deleteChild', folder);
    const task: DeleteTask = { folder: at, kind: 'delete', deleted: [{ thread: 'none' }] };
    let made: number;
    do {
      for (const name of ['days', 'threads']) fs.rmSync(path.join(at, name), { recursive: true });
      const child = startChild(script, task);
      expect(await child.line()).toBe('ready');
      child.tell('go');
      await somethingIn(path.join(at, 'days'));
      child.process.kill('SIGKILL');
      await child.ended();
      made = filesIn(path.join(at, 'days')).length;
      // Until one dies too soon.
    } while (made >= turns.length);
    await expectAll(log, turns);
  });
});

test('a temporary file that was left disturbs nobody', async () => {
  const { at, log, damages } = open('temporary');
  const turns = await append(log, 4);
  const folders = new Set(filesIn(at).map((file) => path.dirname(path.join(at, file))));
  for (const each of folders) fs.writeFileSync(path.join(each, '.0d8f2e4c-0000-4000-8000-000000000000.tmp'), '{"fo');
  fs.writeFileSync(path.join(at, 'lock.0d8f2e4c-0000-4000-8000-000000000000'), '1');
  await expectAll(log, turns);
  for (const name of ['days', 'threads']) fs.rmSync(path.join(at, name), { recursive: true });
  await expectAll(openLog(at), turns);
  expect(await log.delete({ turn: turns[0]!.json.id })).toBe(1);
  await expectAll(log, turns.slice(1));
  expect(damages).toEqual([]);
});

describe('a turn under the name of another', () => {
  test('is told, set aside and not given', async () => {
    const { at, log, damages } = open('renamed');
    const [first, second] = await append(log, 2, ['a', 'b']);
    const [file, other] = [first!, second!].map(({ json }) => turnFile(at, json.id)) as [string, string];
    fs.copyFileSync(file, other);
    expect(await log.turn(second!.json.id)).toBeUndefined();
    expect(damages).toEqual([
      { path: other, reason: expect.stringContaining(first!.json.id), setAside: expect.stringContaining('damaged') },
    ]);
    expect(fs.readFileSync(damages[0]!.setAside!)).toEqual(fs.readFileSync(file));
    await expectAll(log, [first!]);
    expect(damages).toHaveLength(1);
    expect(await log.append(second!.json, { thread: 'b' })).toMatchObject({ isNew: true });
    await expectAll(log, [first!, second!]);
  });

  test('is not given in a list either', async () => {
    const { at, log, damages } = open('renamed-list');
    const [first, second] = await append(log, 2, ['a', 'b']);
    fs.copyFileSync(turnFile(at, first!.json.id), turnFile(at, second!.json.id));
    expect(await idsIn(log)).toEqual([first!.json.id]);
    expect(damages).toHaveLength(1);
  });
});

describe('keepDays', () => {
  const day = 86_400_000;
  const at = (days: number) => jest.spyOn(Date, 'now').mockReturnValue(timeOf(0) + days * day);

  test('deletes what began longer ago, once a day at most', async () => {
    const { log } = open('keepDays', { keepDays: 7 });
    const old = turnOf(0);
    at(8);
    await log.append(old);
    expect(await idsIn(log)).toEqual([]);
    // It has been looked after today.
    await log.append(old);
    expect(await idsIn(log)).toEqual([old.id]);
    at(9);
    const next = turnOf((8.5 * day) / 1000, 0, []);
    await log.append(next);
    expect(await idsIn(log)).toEqual([next.id]);
  });

  test('keeps what is as old as that or newer, and everything without it', async () => {
    const all = open('keepAll');
    const some = open('keepSome', { keepDays: 7 });
    at(7);
    for (const { log } of [all, some])
      for (const { json } of await append(log, 2)) expect(await idsIn(log)).toContain(json.id);
    at(400);
    for (const { log } of [all, some]) await log.append(turnOf((400 * day) / 1000, 0, []));
    expect(await idsIn(all.log)).toHaveLength(3);
    expect(await idsIn(some.log)).toEqual([idOf((400 * day) / 1000)]);
  });
});

/** Resolves when there is a file in the folder or below. */
async function somethingIn(at: string): Promise<void> {
  while (!fs.existsSync(at) || filesIn(at).length === 0) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

test('what a killed writer has left is taken away by a delete, once nobody can be at it', async () => {
  const { at, log } = open('leftovers');
  const [turn] = await append(log, 1);
  const shard = path.join(at, 'turns', fs.readdirSync(path.join(at, 'turns'))[0]!);
  const [old, fresh] = [path.join(shard, '.old.tmp'), path.join(shard, '.fresh.tmp')];
  for (const file of [old, fresh]) fs.writeFileSync(file, 'secret');
  const anHourAgo = new Date(Date.now() - 3_700_000);
  fs.utimesSync(old, anHourAgo, anHourAgo);
  await log.delete({ turn: turn!.json.id });
  expect([fs.existsSync(old), fs.existsSync(fresh)]).toEqual([false, true]);
});
