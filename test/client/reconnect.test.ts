// A client whose connection is cut, wherever that is: every event once, in order.
import { interval, lastValueFrom, map, take, tap, toArray } from 'rxjs';
import { connectTo, startHub, type TestHub } from '../support/hubs.ts';

let server: TestHub;

beforeAll(async () => {
  server = await startHub();
});

afterAll(() => server.close());

const events = 200;

test(`goes on after a cut at each of ${events} events`, async () => {
  const { hub, url } = server;
  hub.publish(
    'cut',
    interval(1).pipe(
      take(events),
      map((at) => `word ${at} `),
    ),
  );
  const { client, sockets } = connectTo(url);
  const seen = await lastValueFrom(
    client.entries('cut').pipe(
      tap(() => sockets.at(-1)?.terminate()),
      toArray(),
    ),
  );
  expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: events + 1 }, (_, at) => at + 1));
  expect(seen).toEqual(await lastValueFrom(hub.attach('cut').pipe(toArray())));
  expect(sockets.length).toBeGreaterThan(events / 4);
});
