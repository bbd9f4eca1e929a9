// What is kept after the end, how long and how much.
import { from, of, VirtualTimeScheduler } from 'rxjs';
import { createHub, memoryHubLog, type Hub, type HubLog } from 'rxllm/server';
import { createSource, words } from '../support/hubs.ts';
import { countingModel } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';
import { slowLog } from '../support/slowLog.ts';

const idsOf = (hub: Hub) => hub.list().map(({ stream }) => stream);

/** A log in memory that notes which streams it has to forget. */
function noted(): { readonly log: HubLog; readonly deleted: string[] } {
  const log = memoryHubLog();
  const deleted: string[] = [];
  return {
    deleted,
    log: {
      ...log,
      delete(key) {
        deleted.push(key.stream);
        return log.delete(key);
      },
    },
  };
}

describe('a stream', () => {
  test('is kept for its age after its end, and then forgotten in the log, too', () => {
    const scheduler = new VirtualTimeScheduler();
    const { log, deleted } = noted();
    const hub = createHub({ log, scheduler, retention: { maxAgeMs: 1000 } });
    const source = createSource();
    hub.publish('s', source);
    const seen: string[] = [];
    const look = () => seen.push(`${scheduler.now()} ${idsOf(hub).join()} ${deleted.join()}`);
    scheduler.schedule(() => source.complete(), 5000);
    for (const time of [4999, 5999, 6001]) scheduler.schedule(look, time);
    scheduler.flush();
    expect(seen).toEqual(['4999 s ', '5999 s ', '6001  s']);
    expect(record(hub.attach('s')).end).toMatchObject({ code: 'not_found' });
    expect(() => hub.stop('s')).toThrow('there is no stream "s"');
  });

  test('that was published again is not forgotten with the run before', () => {
    const scheduler = new VirtualTimeScheduler();
    const { log, deleted } = noted();
    const hub = createHub({ log, scheduler, retention: { maxAgeMs: 1000 } });
    hub.publish('s', of('a'));
    scheduler.schedule(() => hub.publish('s', of('b')), 500);
    const seen: string[] = [];
    const look = () => seen.push(`${scheduler.now()} ${idsOf(hub).join()} ${deleted.join()}`);
    for (const time of [499, 1499, 1501]) scheduler.schedule(look, time);
    scheduler.flush();
    expect(seen).toEqual(['499 s ', '1499 s s', '1501  s,s']);
  });

  test('that is being read stays until it has been read', async () => {
    const scheduler = new VirtualTimeScheduler();
    const hub = createHub({ log: slowLog(memoryHubLog()), scheduler, retention: { maxAgeMs: 1000 } });
    hub.publish('s', from([...words(2), 'x'.repeat(100_000), ...words(2)]));
    const reading = new Promise((resolve) => {
      const seqs: number[] = [];
      hub.attach('s').subscribe({ next: ({ seq }) => seqs.push(seq), error: resolve, complete: () => resolve(seqs) });
    });
    // All time there is until the next event of the machine.
    scheduler.maxFrames = 50_000;
    scheduler.flush();
    expect(idsOf(hub)).toEqual(['s']);
    expect(await reading).toEqual([1, 2, 3, 4, 5, 6]);
    scheduler.maxFrames = Infinity;
    scheduler.flush();
    expect(idsOf(hub)).toEqual([]);
  });

  test('is kept for ever when its age is longer than any timer', async () => {
    const hub = createHub({ retention: { maxAgeMs: Infinity } });
    hub.publish('s', of('a'));
    // Node fires at once what is too long for a timer: before this one, which was set later.
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(idsOf(hub)).toEqual(['s']);
  });
});

describe('maxBytes', () => {
  const kilobyte = 'x'.repeat(1000);

  test('forgets those that ended first, whenever they began', () => {
    const { log, deleted } = noted();
    const hub = createHub({ log, retention: { maxBytes: 3500 } });
    const sources = new Map(['a', 'b', 'c', 'd', 'e'].map((id) => [id, createSource()]));
    for (const [id, source] of sources) hub.publish(id, source);
    for (const source of sources.values()) source.next(kilobyte);
    for (const id of ['c', 'e', 'a', 'd', 'b']) sources.get(id)!.complete();
    expect(deleted).toEqual(['c', 'e']);
    expect(idsOf(hub)).toEqual(['a', 'b', 'd']);
    expect(record(hub.attach('c')).end).toMatchObject({ code: 'not_found' });
    expect(record(hub.attach('a')).values).toHaveLength(2);
  });

  test('counts bytes of UTF-8, and those of streams that are live', () => {
    const hub = createHub({ retention: { maxBytes: 3500 } });
    const live = createSource();
    hub.publish('live', live);
    live.next(kilobyte);
    hub.publish('a', of('é'.repeat(500)));
    hub.publish('b', of(kilobyte));
    expect(idsOf(hub)).toEqual(['live', 'a', 'b']);
    hub.publish('c', of('a'));
    hub.publish('d', of('é'.repeat(300)));
    expect(idsOf(hub)).toEqual(['live', 'b', 'c', 'd']);
  });

  test('never forgets what is live, nor what has just ended', () => {
    const hub = createHub({ retention: { maxBytes: 0 } });
    const live = createSource();
    hub.publish('live', live);
    hub.publish('a', of('a'));
    expect(idsOf(hub)).toEqual(['live', 'a']);
    hub.publish('b', of('b'));
    expect(idsOf(hub)).toEqual(['live', 'b']);
    live.complete();
    expect(idsOf(hub)).toEqual(['live']);
    expect(record(hub.attach('live')).end).toBe('complete');
  });

  test('counts what a response was asked, which may be replied to', () => {
    const hub = createHub({ retention: { maxBytes: 3500 } });
    const model = countingModel(() => of('a'));
    for (const id of ['a', 'b', 'c']) hub.publish(id, model.prompt(kilobyte));
    expect(idsOf(hub)).toEqual(['b', 'c']);
    for (const id of ['d', 'e']) hub.publish(id, model.prompt(kilobyte).share());
    expect(idsOf(hub)).toEqual(['d', 'e']);
  });

  test('leaves nothing behind of what was forgotten before its time', () => {
    const scheduler = new VirtualTimeScheduler();
    const hub = createHub({ scheduler, retention: { maxBytes: 2500 } });
    for (let time = 0; time < 5; time += 1) hub.publish('a', of(kilobyte));
    for (const id of ['b', 'c', 'd', 'e']) hub.publish(id, of(kilobyte));
    expect(idsOf(hub)).toEqual(['d', 'e']);
    expect(scheduler.actions).toHaveLength(2);
  });

  test('has room again for what was forgotten or published anew', () => {
    const hub = createHub({ retention: { maxBytes: 2500 } });
    for (let time = 0; time < 5; time += 1) hub.publish('a', of(kilobyte));
    hub.publish('b', of(kilobyte));
    expect(idsOf(hub)).toEqual(['a', 'b']);
  });
});
