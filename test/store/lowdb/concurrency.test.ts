// Several processes on one log: what they append and delete at the same time.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { assistant, system, user } from 'rxllm';
import { createLog, lowdbAdapter, openLog, type Log } from 'rxllm/store';
import { filesIn, historyOf, idsIn, makeTurn, turnOf } from '../../support/logs.ts';
import type { AppendTask } from './appendChild.ts';
import { buildChild, startChild, type Child } from './children.ts';
import type { DeleteTask } from './deleteChild.ts';
import { followersOf, rootOf, turnsIn, type ThreadTurn } from './threads.ts';

const isFull = process.env.RXLLM_FULL !== undefined;

let folder: string;
let appendScript: string;
let deleteScript: string;
const children: Child[] = [];
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-concurrency-'));
  [appendScript, deleteScript] = await Promise.all([
    buildChild('appendChild', folder),
    buildChild('deleteChild', folder),
  ]);
});
afterEach(() => {
  for (const child of children.splice(0)) child.process.kill('SIGKILL');
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** A log of its own. */
function open(name: string): { readonly at: string; readonly log: Log } {
  const at = path.join(folder, name);
  return { at, log: openLog(at, { onDamage: refuse }) };
}

async function startDelete(task: DeleteTask): Promise<Child> {
  const child = startChild(deleteScript, task);
  children.push(child);
  expect(await child.line()).toBe(task.kind === 'hold' ? 'held' : 'ready');
  return child;
}

async function expectWhole(log: Log, turns: Iterable<ThreadTurn>): Promise<void> {
  for (const { json } of turns) expect(await log.response(json.id)).toEqual(json);
}

describe('appending', () => {
  test('two processes append to one log, and in part to one thread', async () => {
    const { at, log } = open('append');
    const root = rootOf(0);
    await log.append(root, { thread: 'both' });
    const history = [...root.prompt.messages, ...root.messages];
    const tasks = [1, 2].map((series): AppendTask => ({
      folder: at,
      series,
      count: 200,
      threads: ['both', `own-${series}`],
      history,
      atOnce: 2,
    }));
    const started = tasks.map((task) => startChild(appendScript, task));
    children.push(...started);
    for (const child of started) expect(await child.line()).toBe('ready');
    for (const child of started) child.tell('go');
    const printed = await Promise.all(started.map((child) => child.ended()));
    expect(printed.map(({ length }) => length)).toEqual([200, 200]);

    const turns = tasks.flatMap((task) => [...turnsIn(task)]);
    const ids = turns.map(({ json }) => json.id);
    expect((await idsIn(log)).toSorted()).toEqual([root.id, ...ids].toSorted());
    const inBoth = turns.filter(({ thread }) => thread === 'both').map(({ json }) => json.id);
    expect(inBoth).toHaveLength(200);
    expect((await idsIn(log, { thread: 'both' })).toSorted()).toEqual([root.id, ...inBoth].toSorted());
    await expectWhole(openLog(at, { onDamage: refuse }), turns);
    expect(filesIn(at).filter((file) => file.endsWith('.tmp'))).toEqual([]);
  }, 120_000);
});

describe('deleting', () => {
  test('what is appended while that is deleted which it follows on, or shares messages with, is whole', async () => {
    const rounds = isFull ? 250 : 20;
    const { at, log } = open('follow');
    const child = await startDelete({ folder: at, kind: 'follow' });
    const turns: ThreadTurn[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const root = rootOf(round);
      await log.append(root, { thread: 'roots' });
      child.tell(String(round));
      // Each time at another moment of the appending.
      await wait(round % 10);
      expect(await log.delete({ turn: root.id })).toBe(1);
      expect(await child.line()).toBe('done');
      expect(await log.turn(root.id)).toBeUndefined();
      const followers = followersOf(round);
      await expectWhole(log, followers);
      turns.push(...followers);
      // What an earlier round left, now and then.
      if (round % 4 === 3) {
        const [gone] = turns.splice(0, 1);
        await log.delete({ turn: gone!.json.id });
      }
    }
    await expectWhole(openLog(at, { onDamage: refuse }), turns);
    expect((await idsIn(log)).toSorted()).toEqual(turns.map(({ json }) => json.id).toSorted());
    expect(filesIn(at).filter((file) => !/^(days|threads|turns|messages)/.test(file))).toEqual([]);
  }, 120_000);

  test('a turn keeps its history when the one that it follows on goes before it is written', async () => {
    const { at, log } = open('late');
    const root = rootOf(0);
    await log.append(root, { thread: 'roots' });
    const adapter = lowdbAdapter(at, { onDamage: refuse });
    // Whoever writes while others delete may be this late.
    const late = createLog({
      append: async (turn, messages) => {
        await log.delete({ turn: root.id });
        await adapter.append(turn, messages);
      },
      turn: (id) => adapter.turn(id),
      turns: (query) => adapter.turns(query),
      message: (hash) => adapter.message(hash),
      delete: (ids) => adapter.delete(ids),
    });
    const [first, second] = followersOf(0);
    await late.append(first!.json, { thread: 'roots' });
    await late.append(second!.json, { thread: 'roots' });
    await expectWhole(log, [first!, second!]);
    expect(await log.turn(root.id)).toBeUndefined();
  });

  test('what is appended after those who delete have looked for it is whole', async () => {
    const { log } = open('looked');
    // So much to read that it takes a while.
    const options = { text: 'x'.repeat(1_000_000) };
    for (let at = 0; at < 60; at += 1) {
      const turn = turnOf(at, 1000, []);
      await log.append({ ...turn, prompt: { ...turn.prompt, options } });
    }
    // They read turns in an order that has nothing to do with their ids, so each is too late for them, or is not.
    for (let round = 0; round < (isFull ? 20 : 6); round += 1) {
      const root = rootOf(round);
      const [first, , same] = followersOf(round);
      await log.append(root, { thread: 'roots' });
      const deleting = log.delete({ turn: root.id });
      await Promise.all([first!, same!].map(({ json, thread }) => log.append(json, { thread })));
      await deleting;
      expect(await log.turn(root.id)).toBeUndefined();
      await expectWhole(log, [first!, same!]);
    }
  }, 30_000);

  test('a history that is read while turns of it are deleted is whole', async () => {
    const { at, log } = open('read');
    const turns = [...turnsIn({ series: 0, count: 25, threads: ['t'] })];
    for (const { json, thread } of turns) await log.append(json, { thread });
    const last = turns.at(-1)!.json;
    const deleted = turns.slice(0, -1).map(({ json }) => ({ turn: json.id }));
    const child = await startDelete({ folder: at, kind: 'delete', deleted });
    const over = new AbortController();
    const ended = child.ended().finally(() => over.abort());
    child.tell('go');
    let reads = 0;
    while (!over.signal.aborted) {
      // Reading lets nobody else have a turn.
      await setImmediate();
      expect(await log.response(last.id)).toEqual(last);
      reads += 1;
    }
    expect(await ended).toHaveLength(deleted.length);
    expect(reads).toBeGreaterThan(10);
    expect(await idsIn(log)).toEqual([last.id]);
  }, 120_000);

  test('a message that two turns bring at once stays when one of them is deleted before the other is kept', async () => {
    const { log } = open('twins');
    const shared = system('Be brief.');
    // So long that the other comes and goes meanwhile.
    const long = makeTurn(1, [shared, ...historyOf(200)], [assistant('Well.')], 1);
    const short = makeTurn(2, [shared, user('Hi')], [assistant('Hello.')], 2);
    const keeping = log.append(long);
    await log.append(short);
    expect(await log.turn(long.id)).toBeUndefined();
    await log.delete({ turn: short.id });
    await keeping;
    expect(await log.response(long.id)).toEqual(long);
  });

  test('two processes that delete at the same time wait for one another', async () => {
    const { at, log } = open('both');
    const threads = Array.from({ length: 12 }, (_, index) => `t${index}`);
    const history = [system('Be brief.')];
    const turns = [...turnsIn({ series: 0, count: 48, threads, history })];
    for (const { json, thread } of turns) await log.append(json, { thread });
    const halves = [threads.slice(0, 5), threads.slice(5, 10)];
    const started = await Promise.all(
      halves.map((half) => startDelete({ folder: at, kind: 'delete', deleted: half.map((thread) => ({ thread })) })),
    );
    for (const child of started) child.tell('go');
    for (const child of started) expect(await child.ended()).toEqual(['4', '4', '4', '4', '4']);
    const stay = turns.filter(({ thread }) => ['t10', 't11'].includes(thread));
    expect((await idsIn(log)).toSorted()).toEqual(stay.map(({ json }) => json.id).toSorted());
    await expectWhole(log, stay);
    expect(filesIn(at).filter((file) => file.startsWith('messages'))).toHaveLength(1 + 16);
  }, 120_000);
});

describe('the lock of deleting', () => {
  test('one process has it at a time', async () => {
    const { at } = open('contend');
    fs.mkdirSync(at);
    const times = isFull ? 60 : 10;
    const task: DeleteTask = { folder: at, kind: 'contend', times };
    const started = await Promise.all([1, 2, 3].map(() => startDelete(task)));
    for (const child of started) child.tell('go');
    for (const child of started) expect(await child.ended()).toHaveLength(times);
    expect(fs.readdirSync(at)).toEqual([]);
  }, 90_000);

  test('who deletes waits for it', async () => {
    const { at, log } = open('wait');
    await log.append(turnOf(0));
    const child = await startDelete({ folder: at, kind: 'hold' });
    const order: string[] = [];
    const deleting = log.delete({ turn: turnOf(0).id }).then(() => order.push('deleted'));
    // It has asked: there is the name of another who wants it.
    while (fs.readdirSync(at).filter((name) => name.startsWith('lock.')).length < 2) await wait(1);
    await wait(100);
    child.tell('give it back');
    expect(await child.line()).toBe('given back');
    order.push('given back');
    await deleting;
    expect(order).toEqual(['given back', 'deleted']);
  });

  test('it is free when its owner is dead', async () => {
    const { at, log } = open('dead');
    await log.append(turnOf(0));
    const child = await startDelete({ folder: at, kind: 'hold' });
    child.process.kill('SIGKILL');
    await child.ended();
    expect(fs.existsSync(path.join(at, 'lock'))).toBe(true);
    const from = performance.now();
    await log.delete({ turn: turnOf(0).id });
    // The one thing here that is about time: somebody waits for it.
    expect(performance.now() - from).toBeLessThan(1000);
    expect(fs.existsSync(path.join(at, 'lock'))).toBe(false);
    expect(await idsIn(log)).toEqual([]);
  });

  // Where the platform tells when a process began.
  const onLinux = fs.existsSync('/proc/self/stat') ? test : test.skip;
  onLinux('it is free when its owner is dead and another process has that number now', async () => {
    const { at, log } = open('reused');
    await log.append(turnOf(0));
    const child = await startDelete({ folder: at, kind: 'hold' });
    child.process.kill('SIGKILL');
    await child.ended();
    const lock = path.join(at, 'lock');
    const pid = String(child.process.pid);
    const said = fs.readFileSync(lock, 'utf8');
    expect(said.startsWith(pid)).toBe(true);
    fs.writeFileSync(lock, said.replace(pid, String(process.pid)));
    await log.delete({ turn: turnOf(0).id });
    expect(await idsIn(log)).toEqual([]);
  });

  test('it is free when nothing is in it, as after a power failure', async () => {
    const { at, log } = open('empty');
    await log.append(turnOf(0));
    fs.writeFileSync(path.join(at, 'lock'), '');
    await log.delete({ turn: turnOf(0).id });
    expect(await idsIn(log)).toEqual([]);
  });

  test('what was left half-deleted is put right by the next who deletes', async () => {
    const { at, log } = open('half');
    const rounds = isFull ? 25 : 4;
    const stay = [...turnsIn({ series: 0, count: 10, threads: ['stay'] })];
    for (const { json, thread } of stay) await log.append(json, { thread });
    for (let round = 1; round <= rounds; round += 1) {
      const root = rootOf(round);
      const history = [...root.prompt.messages, ...root.messages];
      const thread = `thread-${round}`;
      const followers = [...turnsIn({ series: round, count: 6, threads: [thread], history })];
      const same = followersOf(round)[2]!;
      for (const { json } of [{ json: root }, ...followers]) await log.append(json, { thread });
      await log.append(same.json, { thread: 'same' });
      stay.push(...followers.slice(3), same);
      const deleted = [root, ...followers.slice(0, 3).map(({ json }) => json)].map(({ id }) => ({ turn: id }));
      const child = await startDelete({ folder: at, kind: 'delete', deleted });
      child.tell('go');
      await wait(5 + ((7 * round) % 60));
      child.process.kill('SIGKILL');
      await child.ended();
      await expectWhole(openLog(at, { onDamage: refuse }), stay);
      for (const what of deleted) await log.delete(what);
      await expectWhole(log, stay);
      expect((await idsIn(log)).toSorted()).toEqual(stay.map(({ json }) => json.id).toSorted());
    }
  }, 120_000);
});

function refuse(damage: object): never {
  throw new Error(JSON.stringify(damage));
}
