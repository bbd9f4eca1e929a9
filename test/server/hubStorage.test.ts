// Logs that fail: the stream ends, everybody learns it, and nothing is left running.
import { from } from 'rxjs';
import type { LlmError } from 'rxllm';
import { createHub, memoryHubLog, type Hub, type HubEntry, type HubLog, type HubOptions } from 'rxllm/server';
import { createSource, words } from '../support/hubs.ts';
import { slowLog } from '../support/slowLog.ts';

type Calls = Partial<Record<keyof HubLog, (call: () => unknown, count: number) => unknown>>;

/** A log some of whose calls are others, which are told how often they were made. */
function logWith(log: HubLog, others: Calls): HubLog {
  const counts = new Map<string, number>();
  const other = <T>(name: keyof HubLog, call: () => T): T => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return others[name] ? (others[name](call, count) as T) : call();
  };
  return {
    append: (key, entry) => other('append', () => log.append(key, entry)),
    read: (key, range) => other('read', () => log.read(key, range)),
    trim: (key, through) => other('trim', () => log.trim(key, through)),
    delete: (key) => other('delete', () => log.delete(key)),
  };
}

const throws = () => {
  throw new Error('the disk is full');
};
const rejects = () => Promise.reject(new Error('the disk is full'));

/** What hubs have said of their logs. */
const told: LlmError[] = [];

function openHub(options: HubOptions): Hub {
  return createHub({ onError: (error) => told.push(error), ...options });
}

/** Collects entries until the end. */
function watch(hub: Hub): Promise<{ readonly entries: HubEntry[]; readonly error?: unknown }> {
  return new Promise((resolve) => {
    const entries: HubEntry[] = [];
    hub.attach('s').subscribe({
      next: (entry) => entries.push(entry),
      error: (error: unknown) => resolve({ entries, error }),
      complete: () => resolve({ entries }),
    });
  });
}

const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeAll(() => process.on('unhandledRejection', note));
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
  told.splice(0);
});
afterAll(() => process.off('unhandledRejection', note));

describe.each([
  ['throws', throws],
  ['rejects', rejects],
])('a log that %s', (_, fails) => {
  test('when it is to take an event ends the stream, for those who watch', async () => {
    const log = logWith(memoryHubLog(), { append: (call, count) => (count < 3 ? call() : fails()) });
    const hub = openHub({ log });
    const source = createSource();
    hub.publish('s', source);
    const watching = [watch(hub), watch(hub)];
    for (const word of words(3)) source.next(word);
    for (const watched of watching) {
      const { entries, error } = await watched;
      expect(error).toBeUndefined();
      expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
      expect(entries[3]?.event).toStrictEqual({
        type: 'end',
        state: 'failed',
        error: { code: 'storage', message: 'the hub\'s log did not take event 3 of stream "s"', retryable: false },
      });
    }
    expect(source.observed).toBe(false);
    expect(hub.list()).toMatchObject([{ state: 'failed', last: 4 }]);
    // The end could not be kept either.
    expect(told.map(({ message }) => /event \d/.exec(message)?.[0])).toEqual(['event 3', 'event 4']);
    expect(told[0]).toMatchObject({ cause: { message: 'the disk is full' } });
  });

  test('when it is to take an event gives who comes later what it has, and says that more is missing', async () => {
    const log = logWith(memoryHubLog(), { append: (call, count) => (count === 3 ? fails() : call()) });
    const hub = openHub({ log });
    const source = createSource();
    hub.publish('s', source);
    const watching = watch(hub);
    for (const word of words(10)) source.next(word);
    await watching;
    const { entries, error } = await watch(hub);
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(error).toMatchObject({ code: 'storage', message: 'the hub\'s log does not have event 3 of stream "s"' });
  });

  test('when it is to take the end has told it to those who watch', async () => {
    const hub = openHub({
      log: logWith(memoryHubLog(), { append: (call, count) => (count < 3 ? call() : fails()) }),
    });
    const source = createSource();
    hub.publish('s', source);
    const watching = watch(hub);
    for (const word of words(2)) source.next(word);
    source.complete();
    expect((await watching).entries[2]?.event).toEqual({ type: 'end', state: 'done' });
    expect((await watch(hub)).error).toMatchObject({ code: 'storage' });
  });

  test('when it is read is told to who reads, and to nobody else', async () => {
    const log = logWith(memoryHubLog(), { read: (call, count) => (count === 1 ? fails() : call()) });
    const hub = openHub({ log });
    const source = createSource();
    hub.publish('s', source);
    const watching = watch(hub);
    source.next('a');
    const { entries, error } = await watch(hub);
    expect(entries).toEqual([]);
    expect(error).toMatchObject({ code: 'storage', message: 'the hub\'s log did not read events of stream "s"' });
    expect(told).toMatchObject([{ code: 'storage', cause: { message: 'the disk is full' } }]);
    expect(hub.list()).toMatchObject([{ state: 'running', subscribers: 1 }]);
    const again = watch(hub);
    source.complete();
    expect((await again).entries).toHaveLength(2);
    expect(await watching).toEqual(await again);
  });

  test('when it is to forget is no reason not to forget', async () => {
    const hub = openHub({ log: logWith(memoryHubLog(), { delete: fails }), retention: { maxBytes: 0 } });
    hub.publish('s', from(words(2)));
    hub.publish('t', from(words(2)));
    expect(hub.list()).toMatchObject([{ stream: 't' }]);
    hub.publish('t', from(words(3)));
    expect(hub.list()).toMatchObject([{ stream: 't', last: 4 }]);
    expect((await watch(hub)).error).toMatchObject({ code: 'not_found' });
    expect(told[0]).toMatchObject({ message: 'the hub\'s log did not forget the events of stream "s"' });
  });

  test.each(['read', 'trim'] as const)('when it is to be made smaller by %s lets the stream go on', async (name) => {
    const log = logWith(memoryHubLog(), {
      [name]: (call: () => unknown, count: number) => (count < 5 ? fails() : call()),
    });
    const hub = openHub({ log, retention: { maxStreamBytes: 100 } });
    const source = createSource();
    hub.publish('s', source);
    const watching = watch(hub);
    for (const word of words(50)) {
      source.next(word);
      await new Promise((resolve) => setImmediate(resolve));
    }
    source.complete();
    expect((await watching).entries).toHaveLength(51);
    const { first } = hub.list()[0]!;
    expect(first).toBeGreaterThan(1);
    expect(told[0]).toMatchObject({ message: 'the hub\'s log did not forget the first events of stream "s"' });
  });
});

test('a log that rejects in the midst of many events keeps no hole: what comes after is not given', async () => {
  const slow = slowLog(logWith(memoryHubLog(), { append: (call, count) => (count === 3 ? throws() : call()) }));
  const hub = openHub({ log: slow });
  const source = createSource();
  hub.publish('s', source);
  const watching = watch(hub);
  // Taken, all of them, before the log has said anything.
  for (const word of words(10)) source.next(word);
  const live = await watching;
  expect(live.entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(live.entries[10]?.event).toMatchObject({ state: 'failed', error: { code: 'storage' } });
  const late = await watch(hub);
  expect(late.entries).toEqual(live.entries.slice(0, 2));
  expect(late.error).toMatchObject({ code: 'storage' });
});

test.each<[string, string]>([
  ['no JSON', 'what?'],
  ['nothing', ''],
])('a log that gives back %s fails who reads', async (_, json) => {
  const read = () => [{ seq: 1, json }];
  for (const log of [logWith(memoryHubLog(), { read }), slowLog(logWith(memoryHubLog(), { read }))]) {
    const hub = openHub({ log });
    hub.publish('s', from(words(2)));
    expect((await watch(hub)).error).toMatchObject({ code: 'storage' });
  }
});

test('a log that leaves one out fails who reads, after what comes before it', async () => {
  const text = JSON.stringify({ type: 'text', chunk: 'a' });
  const log = logWith(memoryHubLog(), { read: () => [1, 3].map((seq) => ({ seq, json: text })) });
  const hub = openHub({ log });
  hub.publish('s', from(words(5)));
  const { entries, error } = await watch(hub);
  expect(entries).toMatchObject([{ seq: 1, event: { chunk: 'a' } }]);
  expect(error).toMatchObject({ code: 'storage', message: 'the hub\'s log does not have event 2 of stream "s"' });
});
