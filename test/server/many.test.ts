// Many subscribers of one stream, each on a socket of its own: nothing is lost, and everything comes in order.
import { lastValueFrom, Subject, take } from 'rxjs';
import { WebSocket } from 'ws';
import { createSource, startHub } from '../support/hubs.ts';

const [subscribers, events] = process.env.RXLLM_FULL ? [1000, 2000] : [50, 500];

interface Events {
  readonly type: string;
  readonly seq: number;
  readonly events: readonly { readonly type: string; readonly chunk?: string }[];
}

/** Follows a stream with nothing but a socket, and keeps no event. Resolves with the number of the last one. */
function watch(url: string, stream: string, attached: () => void = () => undefined): Promise<number> {
  const socket = new WebSocket(url, 'rxllm.v1');
  return new Promise<number>((resolve, reject) => {
    let last = 0;

    function check({ seq, events: came }: Events): void {
      if (seq !== last + 1) return reject(new Error(`event ${seq} came after event ${last}`));
      for (const { type, chunk } of came) {
        last += 1;
        if (type === 'end') resolve(last);
        else if (chunk !== `word ${last} `) return reject(new Error(`event ${last} says ${chunk}`));
      }
    }

    socket.on('open', () => socket.send('{"type":"hello"}'));
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Events;
      if (message.type === 'welcome') socket.send(JSON.stringify({ type: 'attach', stream }));
      else if (message.type === 'ping') socket.send('{"type":"pong"}');
      else if (message.type === 'attached') attached();
      else if (message.type === 'events') check(message);
    });
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)));
  }).finally(() => socket.terminate());
}

test(`${subscribers} subscribers get ${events} events each, in order, whenever they come`, async () => {
  const server = await startHub({ limits: { connections: subscribers } });
  const { hub, url } = server;
  const source = createSource();
  hub.publish('s', source);
  const watching: Promise<number>[] = [];
  // Half are there before, and the others come while it runs.
  const half$ = new Subject<void>();
  const half = lastValueFrom(half$.pipe(take(subscribers / 2)));
  while (watching.length < subscribers / 2) watching.push(watch(url, 's', () => half$.next()));
  await Promise.race([half, Promise.all(watching)]);
  for (let event = 1; event <= events; event += 1) {
    source.next(`word ${event} `);
    if (event % 2 === 0 && watching.length < subscribers) watching.push(watch(url, 's'));
    if (event % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  source.complete();
  while (watching.length < subscribers) watching.push(watch(url, 's'));
  expect(await Promise.all(watching)).toEqual(Array.from({ length: subscribers }, () => events + 1));
  await server.close();
}, 300_000);
