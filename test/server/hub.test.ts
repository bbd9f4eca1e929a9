// The hub in one process: what who attaches sees, whenever that is.
import { lastValueFrom, take, toArray } from 'rxjs';
import { createHub, GoneError, memoryHubLog, type HubEntry } from 'rxllm/server';
import { createSource, words } from '../support/hubs.ts';
import { record } from '../support/operatorLaws.ts';
import { slowLog } from '../support/slowLog.ts';

const logs = [
  ['in memory', memoryHubLog],
  ['that answers later', () => slowLog(memoryHubLog())],
] as const;

const numbers = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const eventOf = (entry: unknown) => (entry as HubEntry).event;
const seqsOf = (entries: readonly unknown[]) => (entries as HubEntry[]).map(({ seq }) => seq);

describe.each(logs)('a hub with a log %s', (_, open) => {
  test('gives the same events to who comes before, during and after', async () => {
    const hub = createHub({ log: open() });
    const source = createSource();
    hub.publish('s', source);
    const before = lastValueFrom(hub.attach('s').pipe(toArray()));
    for (const word of words(100)) source.next(word);
    const during = lastValueFrom(hub.attach('s').pipe(toArray()));
    for (const word of words(100)) source.next(word);
    source.complete();
    const after = lastValueFrom(hub.attach('s').pipe(toArray()));
    const seen = await before;
    expect(seqsOf(seen)).toEqual(numbers(201));
    expect(seen[199]?.event).toEqual({ type: 'text', chunk: 'word 100 ', part_index: 0, message_index: 0 });
    expect(seen[200]?.event).toEqual({ type: 'end', state: 'done' });
    expect(await during).toStrictEqual(seen);
    expect(await after).toStrictEqual(seen);
  });

  test('gives exactly the rest to who comes with a cursor, at each cursor of a run', async () => {
    const hub = createHub({ log: open() });
    const source = createSource();
    const { cursor } = hub.publish('s', source);
    const all = lastValueFrom(hub.attach('s').pipe(toArray()));
    const restOf = (after: string) => lastValueFrom(hub.attach('s', { after }).pipe(toArray()));
    for (const word of words(20)) source.next(word);
    const known = await lastValueFrom(hub.attach('s').pipe(take(20), toArray()));
    const live = [cursor, ...known.map((entry) => entry.cursor)].map(restOf);
    for (const word of words(20)) source.next(word);
    source.complete();
    const entries = await all;
    for (const [at, rest] of live.entries()) expect(await rest).toStrictEqual(entries.slice(at));
    const late = [cursor, ...entries.map((entry) => entry.cursor)].map(restOf);
    expect(late).toHaveLength(42);
    // After the last there is nothing, and it says so by completing.
    for (const [at, rest] of late.entries()) expect(await rest).toStrictEqual(entries.slice(at));
  });

  test('shows an event live as it is in the log', async () => {
    const hub = createHub({ log: open() });
    const source = createSource();
    hub.publish('s', source);
    const live = record(hub.attach('s'));
    const other = record(hub.attach('s'));
    const value = { when: new Date(0), nothing: undefined, number: NaN };
    source.next({ type: 'tool_progress', tool_name: 't', value: value as never });
    source.complete();
    const late = await lastValueFrom(hub.attach('s').pipe(toArray()));
    expect(live.values).toStrictEqual(late);
    expect(eventOf(live.values[0])).toBe(eventOf(other.values[0]));
    expect(eventOf(late[0])).toMatchObject({ value: { when: '1970-01-01T00:00:00.000Z', number: null } });
  });

  test('goes on with who attaches, and stops where who attaches does', async () => {
    const hub = createHub({ log: open() });
    const source = createSource();
    hub.publish('s', source);
    for (const word of words(10)) source.next(word);
    const three = await lastValueFrom(hub.attach('s').pipe(take(3), toArray()));
    expect(seqsOf(three)).toEqual([1, 2, 3]);
    expect(hub.list()).toMatchObject([{ subscribers: 0 }]);
    const rest = lastValueFrom(hub.attach('s', { after: three[2]!.cursor }).pipe(toArray()));
    source.complete();
    expect(seqsOf(await rest)).toEqual([4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

describe('attach', () => {
  test('errors at once for an id that there is not', () => {
    const { end } = record(createHub().attach('nobody'));
    expect(end).toMatchObject({ code: 'not_found', message: 'there is no stream "nobody"', retryable: false });
  });

  test('looks when it is subscribed, each time', () => {
    const hub = createHub();
    const attached$ = hub.attach('s');
    expect(record(attached$).end).toMatchObject({ code: 'not_found' });
    const source = createSource();
    hub.publish('s', source);
    const [one, two] = [record(attached$), record(attached$)];
    source.next('a');
    expect(one.values).toHaveLength(1);
    expect(two.values).toEqual(one.values);
  });

  test('errors as gone for a cursor of another run, and says what there is', () => {
    const hub = createHub();
    const ended = createSource();
    hub.publish('s', ended);
    const old = record(hub.attach('s')).values as HubEntry[];
    ended.next('a');
    ended.complete();
    const source = createSource();
    hub.publish('s', source);
    for (const word of words(3)) source.next(word);
    const { end, values } = record(hub.attach('s', { after: old[0]!.cursor }));
    expect(values).toEqual([]);
    expect(end).toBeInstanceOf(GoneError);
    expect(end).toMatchObject({
      code: 'gone',
      message: 'stream "s" does not have the events after this cursor; begin anew, without a cursor',
      gone: { run: hub.list()[0]?.run, first: 1, last: 3 },
    });
    expect((end as GoneError).gone).not.toHaveProperty('snapshot');
  });

  test('errors as gone when another run takes the place of the one that is being read', async () => {
    const hub = createHub({ log: slowLog(memoryHubLog()) });
    const source = createSource();
    hub.publish('s', source);
    // More than is read at once.
    for (const word of [...words(2), 'x'.repeat(70_000), ...words(2)]) source.next(word);
    source.complete();
    const seen: HubEntry[] = [];
    const end = new Promise((resolve) => {
      hub
        .attach('s')
        .subscribe({ next: (entry) => seen.push(entry), error: resolve, complete: () => resolve('complete') });
    });
    hub.publish('s', createSource());
    expect(await end).toMatchObject({ code: 'gone', gone: { run: hub.list()[0]?.run, first: 1, last: 0 } });
    expect(seqsOf(seen)).toEqual([1, 2]);
  });

  test('errors as gone for a cursor ahead of the run', () => {
    const hub = createHub();
    const source = createSource();
    const { cursor } = hub.publish('s', source);
    source.next('a');
    const after = cursor.replace(/0$/, '2');
    expect(record(hub.attach('s', { after })).end).toMatchObject({ gone: { first: 1, last: 1 } });
  });

  test.each(['', 'x', 'x.', 'x.-1', 'x.01', 'x.1.5', '.1', 'a b.1', 'x.1\n', `x.${'9'.repeat(16)}`, null, 5])(
    'throws at the call for %j, which is no cursor',
    (after) => {
      const hub = createHub();
      hub.publish('s', createSource());
      const attach = () => hub.attach('s', { after: after as string });
      expect(attach).toThrow(`${JSON.stringify(after)} is no cursor; one comes with each event`);
      expect(attach).toThrow(expect.objectContaining({ code: 'invalid_input' }));
    },
  );
});
