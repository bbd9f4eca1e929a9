// The hub in one process: what who attaches sees, whenever that is.
import { lastValueFrom, toArray } from 'rxjs';
import { createHub, memoryHubLog } from 'rxllm/server';
import { createSource, words } from '../support/hubs.ts';
import { slowLog } from '../support/slowLog.ts';

describe.each([
  ['in memory', memoryHubLog],
  ['that answers later', () => slowLog(memoryHubLog())],
])('a hub with a log %s', (_, open) => {
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
    expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 201 }, (__, at) => at + 1));
    expect(seen[199]?.event).toEqual({ type: 'text', chunk: 'word 100 ', part_index: 0, message_index: 0 });
    expect(seen[200]?.event).toEqual({ type: 'end', state: 'done' });
    expect(await during).toEqual(seen);
    expect(await after).toEqual(seen);
  });
});
