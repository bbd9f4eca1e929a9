// A hub that coalesces: chunks are joined before they are numbered, and never after.
import * as fc from 'fast-check';
import { from } from 'rxjs';
import { foldMessages, type StreamEvent } from 'rxllm';
import { createHub, type HubEntry, type HubOptions } from 'rxllm/server';
import { interleavedRun, rawRun } from '../operators/arbitraryEvents.ts';
import { numRuns } from '../support/arbitraries.ts';
import { createSource } from '../support/hubs.ts';
import { marbles } from '../support/marbles.ts';
import { record } from '../support/operatorLaws.ts';

/** All entries of a run, but for its end. */
function entriesOf(events: readonly (StreamEvent | string)[], options: HubOptions): readonly HubEntry[] {
  const hub = createHub(options);
  hub.publish('s', from(events));
  const entries = record(hub.attach('s')).values as HubEntry[];
  expect(entries.map(({ seq }) => seq)).toEqual(Array.from(entries, (_, at) => at + 1));
  return entries.slice(0, -1);
}

function folded(entries: readonly HubEntry[]): unknown {
  try {
    return foldMessages(entries.map(({ event }) => event as StreamEvent));
  } catch (error) {
    return (error as Error).message;
  }
}

describe('a hub that coalesces', () => {
  test('numbers without holes, and says the same in fewer events', () => {
    let saved = 0;
    fc.assert(
      fc.property(fc.oneof(rawRun, interleavedRun), fc.constantFrom(1, 8, 1000), (events, maxBytes) => {
        const all = entriesOf(events, {});
        const fewer = entriesOf(events, { coalesce: { maxBytes } });
        expect(folded(fewer)).toEqual(folded(all));
        saved += all.length - fewer.length;
        expect(fewer.length).toBeLessThanOrEqual(all.length);
      }),
      { numRuns },
    );
    expect(saved).toBeGreaterThan(0);
  });

  test('gives who comes late what was joined for who was there, under the same numbers', () => {
    const hub = createHub({ coalesce: { maxBytes: 4 } });
    const source = createSource();
    hub.publish('s', source);
    const live = record(hub.attach('s'));
    for (const chunk of ['ab', 'c', 'de', 'f', 'g']) source.next(chunk);
    const during = record(hub.attach('s'));
    source.complete();
    expect((live.values as HubEntry[]).map(({ event }) => ('chunk' in event ? event.chunk : event.type))).toEqual([
      'abc',
      'defg',
      'end',
    ]);
    expect(during).toEqual(live);
    expect(record(hub.attach('s'))).toEqual(live);
  });

  test(
    'lets out what it holds in time',
    marbles(({ cold, expectObservable, scheduler }) => {
      const hub = createHub({ coalesce: { maxMs: 3, scheduler }, scheduler });
      hub.publish('s', cold('a-b---c-|'));
      const at = { part_index: 0, message_index: 0 };
      const entry = (seq: number, event: object) => ({ seq, cursor: expect.stringMatching(`[.]${seq}$`), event });
      expectObservable(hub.attach('s')).toBe('---1----(2e|)', {
        1: entry(1, { type: 'text', chunk: 'ab', ...at }),
        2: entry(2, { type: 'text', chunk: 'c', ...at }),
        e: entry(3, { type: 'end', state: 'done' }),
      });
    }),
  );
});
