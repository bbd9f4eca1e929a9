// Long streams: the beginning of a log gives way to a snapshot, and who has a cursor after that notices nothing.
import { from, lastValueFrom, toArray, type Observable } from 'rxjs';
import { createHub, GoneError, memoryHubLog, type Hub, type HubLog } from 'rxllm/server';
import { createSource, words } from '../support/hubs.ts';
import { record } from '../support/operatorLaws.ts';
import { slowLog } from '../support/slowLog.ts';

describe('a long stream', () => {
  test('has no more in its log than it may', () => {
    const { log, sizes } = measured(memoryHubLog());
    const hub = createHub({ log, retention: { maxStreamBytes: 2000 } });
    hub.publish('s', from(words(1000)));
    expect(record(hub.attach('s')).end).toBeInstanceOf(GoneError);
    expect(sizes).toHaveLength(1001);
    // The event that is too much is in it for a moment.
    expect(Math.max(...sizes)).toBeLessThan(2100);
  });

  test('is heard from its first event on by who begins it, however fast it is', () => {
    const hub = createHub({ retention: { maxStreamBytes: 0 } });
    hub.publish('s', from(words(50)), { start: 'first-attach' });
    const { values, end } = record(hub.attach('s'));
    expect(end).toBe('complete');
    expect(values).toHaveLength(51);
  });
});

describe.each([
  ['in memory', memoryHubLog],
  ['that answers later', () => slowLog(memoryHubLog())],
])('a long stream in a log %s', (_, open) => {
  test('refuses cursors before the snapshot, and gives what is after it once and in order', async () => {
    const log = open();
    const hub = createHub({ log, retention: { maxStreamBytes: 1000 } });
    const source = createSource();
    hub.publish('s', source);
    const all = lastValueFrom(hub.attach('s').pipe(toArray()));
    for (const word of words(100)) source.next(word);
    source.complete();
    const entries = await all;
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 101 }, (__, at) => at + 1));
    const first = await firstAtLast(hub, log);
    const error = await endOf(hub.attach('s'));
    expect(error).toMatchObject({
      code: 'gone',
      retryable: false,
      message: expect.stringContaining(`go on from the snapshot, which covers all before event ${first}`),
      gone: { first, last: 101, snapshot: { seq: first - 1 } },
    });
    expect(error).toBeInstanceOf(GoneError);
    expect(first).toBeGreaterThan(50);
    const { response } = (error as GoneError).gone.snapshot!;
    expect(response.messages).toEqual([
      { role: 'assistant', parts: [{ type: 'text', text: words(first - 1).join('') }] },
    ]);
    const goneOn = lastValueFrom(hub.attach('s', { after: (error as GoneError).cursor }).pipe(toArray()));
    expect(await goneOn).toEqual(entries.slice(first - 1));
    for (const { seq, cursor } of entries) {
      const rest = lastValueFrom(hub.attach('s', { after: cursor }).pipe(toArray()));
      if (seq < first - 1) await expect(rest).rejects.toMatchObject({ gone: { first } });
      else expect(await rest).toEqual(entries.slice(seq));
    }
  });
});

/** The number of the first event in the log, when nothing is trimmed any more. */
async function firstAtLast(hub: Hub, log: HubLog): Promise<number> {
  const { stream, run, first } = hub.list()[0]!;
  // Each takes as long as one step of what trims.
  for (let time = 0; time < 20; time += 1) await log.read({ stream, run }, { after: 0, through: 1, maxChars: 1 });
  return hub.list()[0]?.first === first ? first : firstAtLast(hub, log);
}

/** How an Observable ends. */
function endOf(observable: Observable<unknown>): Promise<unknown> {
  return new Promise((resolve) => {
    observable.subscribe({ error: resolve, complete: () => resolve('complete') });
  });
}

/** The same log, and how many bytes it held after each call. */
function measured(log: HubLog): { readonly log: HubLog; readonly sizes: readonly number[] } {
  const held = new Map<number, number>();
  const sizes: number[] = [];
  return {
    sizes,
    log: {
      append(key, entry) {
        held.set(entry.seq, Buffer.byteLength(entry.json));
        sizes.push([...held.values()].reduce((sum, size) => sum + size, 0));
        return log.append(key, entry);
      },
      read: (key, range) => log.read(key, range),
      trim(key, through) {
        for (const seq of held.keys()) if (seq <= through) held.delete(seq);
        return log.trim(key, through);
      },
      delete: (key) => log.delete(key),
    },
  };
}
