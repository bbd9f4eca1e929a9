// Who comes when, and from where: each gets the same sequence, or the rest of it.
import { firstValueFrom, from, interval, lastValueFrom, map, skip, take, tap, toArray, type Observable } from 'rxjs';
import type { HubEntry } from 'rxllm/client';
import { connectTo, createSource, startHub, words, type TestHub } from '../support/hubs.ts';

let server: TestHub;

beforeAll(async () => {
  server = await startHub();
});

afterAll(() => server.close());

const all = (entries$: Observable<HubEntry>) => lastValueFrom(entries$.pipe(toArray()));

/** Resolves when the entry with this number has come. */
const until = (entries$: Observable<HubEntry>, seq: number) => firstValueFrom(entries$.pipe(skip(seq - 1)));

test('who comes before, during and after gets the same', async () => {
  const { hub, url } = server;
  const source = createSource();
  hub.publish('late', source);
  const [first, second, third, fourth] = Array.from({ length: 4 }, () => connectTo(url).client.entries('late'));
  const before = all(first!);
  for (const word of words(100)) source.next(word);
  await until(fourth!, 100);
  const during = all(second!);
  for (const word of words(100)) source.next(word);
  source.complete();
  const seen = await before;
  expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: 201 }, (_, at) => at + 1));
  expect(await during).toEqual(seen);
  expect(await all(third!)).toEqual(seen);
  expect(await all(hub.attach('late'))).toEqual(seen);
});

test('a later subscriber on the same connection gets everything, and nobody anything twice', async () => {
  const { hub, url } = server;
  const source = createSource();
  hub.publish('together', source);
  const { client, sockets } = connectTo(url);
  const entries$ = client.entries('together');
  const first = all(entries$);
  for (const word of words(50)) source.next(word);
  const tenth = await until(entries$, 10);
  const second = all(entries$);
  const rest = all(client.entries('together', { after: tenth.cursor }));
  for (const word of words(50)) source.next(word);
  await until(entries$, 80);
  const third = all(entries$);
  for (const word of words(50)) source.next(word);
  source.complete();
  const seen = await first;
  expect(seen).toEqual(await all(hub.attach('together')));
  expect(seen).toHaveLength(151);
  expect(await second).toEqual(seen);
  expect(await third).toEqual(seen);
  expect(await rest).toEqual(seen.slice(10));
  expect(sockets).toHaveLength(1);
});

test('a connection that breaks takes nothing from any of many subscribers', async () => {
  const { hub, url } = server;
  hub.publish(
    'broken',
    interval(1).pipe(
      take(100),
      map((at) => `word ${at} `),
    ),
  );
  const { client, sockets } = connectTo(url);
  const cutters = Array.from({ length: 5 }, (_, at) =>
    all(
      client
        .entries('broken')
        .pipe(tap(({ seq, event }) => seq % 5 === at && event.type !== 'end' && sockets.at(-1)!.terminate())),
    ),
  );
  const seen = await all(hub.attach('broken'));
  for (const entries of await Promise.all(cutters)) expect(entries).toEqual(seen);
  expect(sockets.length).toBeGreaterThan(1);
});

test('a page that was loaded again goes on at the cursor that it kept', async () => {
  const { hub, url } = server;
  hub.publish('reload', from(words(20)));
  const whole = await all(connectTo(url).client.entries('reload'));
  for (const kept of [1, 7, 20, 21]) {
    const page = await all(connectTo(url).client.entries('reload').pipe(take(kept)));
    const { cursor } = page.at(-1)!;
    const reloaded = await all(connectTo(url).client.entries('reload', { after: cursor }));
    expect([...page, ...reloaded]).toEqual(whole);
  }
});

test('many streams come on one connection', async () => {
  const { hub, url } = server;
  const ids = Array.from({ length: 50 }, (_, at) => `many ${at}`);
  for (const id of ids) hub.publish(id, from(words(10).map((word) => `${id}: ${word}`)));
  const { client, sockets } = connectTo(url);
  const texts = await Promise.all(
    ids.map((id) =>
      lastValueFrom(
        client.attach(id).pipe(
          map((event) => ('chunk' in event ? event.chunk : '')),
          toArray(),
        ),
      ),
    ),
  );
  expect(texts).toEqual(ids.map((id) => words(10).map((word) => `${id}: ${word}`)));
  expect(sockets).toHaveLength(1);
});
