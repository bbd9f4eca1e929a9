// Streams on one WebSocket: many, from any place, back again, and anew; and how their events are packed.
import { NEVER, of } from 'rxjs';
import type { LlmError } from 'rxllm';
import { memoryHubLog, type HubLog, type HubOptions } from 'rxllm/server';
import { createSource, startHub, words, type TestHub } from '../support/hubs.ts';
import { closeSockets, enter, until, type Message } from '../support/rawSockets.ts';
import { slowLog } from '../support/slowLog.ts';

let server: TestHub | undefined;

async function start(options?: HubOptions): Promise<TestHub> {
  return (server = await startHub(options));
}

afterEach(async () => {
  await closeSockets();
  await server?.close();
});

const text = (chunk: string) => ({ type: 'text', chunk, part_index: 0, message_index: 0 });
const runOf = (message: Message) => String(message.run);

describe('streams of one socket', () => {
  test('come side by side, each in its order', async () => {
    const { hub, url } = await start();
    const sources = words(20).map((word) => [word, createSource()] as const);
    for (const [id, source] of sources) hub.publish(id, source);
    const raw = await enter(url);
    raw.send(...sources.map(([stream]) => ({ type: 'attach', stream })));
    for (const [stream] of sources) expect(await raw.next()).toMatchObject({ type: 'attached', stream });
    for (let turn = 0; turn < 10; turn += 1) {
      for (const [id, source] of sources) source.next(`${turn} of ${id}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const [, source] of sources) source.complete();
    const ended = new Set<unknown>();
    while (ended.size < 20) {
      const message = await raw.next('events');
      if ((message.events as Message[]).at(-1)?.type === 'end') ended.add(message.stream);
    }
    for (const [id] of sources) {
      const events = raw.received.flatMap(({ stream, events: list = [] }) =>
        stream === id ? (list as Message[]) : [],
      );
      expect(events.slice(0, -1)).toEqual(Array.from({ length: 10 }, (_, turn) => text(`${turn} of ${id}`)));
    }
  });

  test('stop coming when they are detached, and the others do not', async () => {
    const { hub, url } = await start();
    const [left, kept] = [createSource(), createSource()];
    hub.publish('left', left);
    hub.publish('kept', kept);
    const raw = await enter(url);
    raw.send({ type: 'attach', stream: 'left' }, { type: 'attach', stream: 'kept' });
    await raw.next('attached');
    await raw.next('attached');
    // What is not attached may be detached, too.
    raw.send({ type: 'detach', stream: 'left' }, { type: 'detach', stream: 'left' });
    await until(() => hub.list()[0]?.subscribers === 0);
    left.next('unheard');
    kept.next('heard');
    kept.complete();
    await raw.rest('kept');
    expect(raw.received.filter(({ stream, type }) => stream === 'left' && type === 'events')).toEqual([]);
  });

  test('take effect in the order of their messages', async () => {
    const { hub, url } = await start();
    hub.publish('s', NEVER);
    const raw = await enter(url);
    const [attach, detach] = [
      { type: 'attach', stream: 's' },
      { type: 'detach', stream: 's' },
    ];
    raw.send(attach, detach, attach, detach, attach, { type: 'list', request_id: '1' });
    expect(await raw.next('streams')).toMatchObject({ streams: [{ stream: 's', subscribers: 1 }] });
  });
});

describe('attach', () => {
  test('begins at the first event, or after a cursor', async () => {
    const { hub, url } = await start();
    hub.publish('s', of('a', 'b', 'c'));
    const raw = await enter(url);
    raw.send({ type: 'attach', stream: 's' });
    const run = runOf(await raw.next('attached'));
    const all = await raw.rest('s');
    expect(all).toEqual([
      [1, text('a')],
      [2, text('b')],
      [3, text('c')],
      [4, { type: 'end', state: 'done' }],
    ]);
    for (const after of [0, 1, 2, 3]) {
      raw.send({ type: 'attach', stream: 's', after: `${run}.${after}` });
      expect(await raw.rest('s')).toEqual(all.slice(after));
    }
    // Who has everything hears the end again.
    raw.send({ type: 'attach', stream: 's', after: `${run}.4` });
    expect(await raw.rest('s')).toEqual(all.slice(3));
  });

  test('to what is attached already goes back', async () => {
    const { hub, url } = await start();
    const source = createSource();
    hub.publish('s', source);
    const raw = await enter(url);
    raw.send({ type: 'attach', stream: 's' });
    const run = runOf(await raw.next('attached'));
    for (const word of ['a', 'b', 'c']) source.next(word);
    expect(await raw.next()).toMatchObject({ seq: 1, events: [text('a'), text('b'), text('c')] });
    raw.send({ type: 'attach', stream: 's', after: `${run}.1` });
    expect(await raw.next()).toEqual({ type: 'attached', stream: 's', run });
    expect(await raw.next()).toMatchObject({ seq: 2, events: [text('b'), text('c')] });
    source.next('d');
    expect(await raw.next()).toMatchObject({ seq: 4, events: [text('d')] });
    expect(hub.list()).toMatchObject([{ subscribers: 1 }]);
  });

  test('to what is attached already never goes forward', async () => {
    const { hub, url } = await start();
    const source = createSource();
    hub.publish('s', source);
    // More than is sent at once.
    const large = words(20).map((word) => word.repeat(1000));
    for (const word of large) source.next(word);
    const { run } = hub.list()[0]!;
    const raw = await enter(url);
    raw.send({ type: 'attach', stream: 's' }, { type: 'attach', stream: 's', after: `${run}.20` });
    source.complete();
    expect((await raw.rest('s')).map(([seq]) => seq)).toEqual(Array.from({ length: 21 }, (_, at) => at + 1));
  });

  test('goes back also while the log is being read', async () => {
    const { hub, url } = await start({ log: slowLog(memoryHubLog()) });
    hub.publish('s', of(...words(20)));
    const { run } = hub.list()[0]!;
    const raw = await enter(url);
    raw.send({ type: 'attach', stream: 's', after: `${run}.5` }, { type: 'attach', stream: 's' });
    expect((await raw.rest('s')).map(([seq]) => seq)).toEqual(Array.from({ length: 21 }, (_, at) => at + 1));
  });

  test.each(['', 'x', 'x.', 'x.-1', 'x.01', 'x.1e3', 'a b.1', `${'r'.repeat(65)}.1`])(
    'with what is no cursor is refused: %j',
    async (after) => {
      const { hub, url } = await start();
      hub.publish('s', NEVER);
      const raw = await enter(url);
      raw.send({ type: 'attach', stream: 's', after });
      if (after === '') expect((await raw.closed).code).toBe(4400);
      else expect(await raw.next()).toMatchObject({ type: 'refused', stream: 's', error: { code: 'invalid_input' } });
      expect(hub.list()).toMatchObject([{ subscribers: 0 }]);
    },
  );
});

test('a log that cannot be read is said, without its words', async () => {
  const log: HubLog = { ...memoryHubLog(), read: () => Promise.reject(new Error('no disk at /srv/log')) };
  const told: LlmError[] = [];
  const { hub, url } = await start({ log, onError: (error) => told.push(error) });
  hub.publish('s', of('a'));
  const raw = await enter(url);
  raw.send({ type: 'attach', stream: 's' });
  await raw.next('attached');
  const error = { code: 'storage', message: 'the hub\'s log did not read events of stream "s"', retryable: false };
  expect(await raw.next()).toEqual({ type: 'refused', stream: 's', error });
  expect(hub.list()).toMatchObject([{ subscribers: 0 }]);
  expect(told).toMatchObject([{ cause: { message: 'no disk at /srv/log' } }]);
});

describe('gone', () => {
  test('answers a cursor of another run, and one that is not there yet', async () => {
    const { hub, url } = await start();
    hub.publish('s', of('old'));
    const raw = await enter(url);
    raw.send({ type: 'attach', stream: 's' });
    const old = runOf(await raw.next('attached'));
    await raw.rest('s');
    hub.publish('s', of('new'));
    raw.send({ type: 'attach', stream: 's', after: `${old}.1` });
    const gone = await raw.next();
    const { run } = hub.list()[0]!;
    expect(gone).toEqual({ type: 'gone', stream: 's', run, first: 1, last: 2 });
    expect(run).not.toBe(old);
    raw.send({ type: 'attach', stream: 's', after: `${run}.3` });
    expect(await raw.next()).toEqual(gone);
    expect(hub.list()).toMatchObject([{ subscribers: 0 }]);
    raw.send({ type: 'attach', stream: 's' });
    expect(await raw.next()).toEqual({ type: 'attached', stream: 's', run });
    expect(await raw.rest('s')).toEqual([
      [1, text('new')],
      [2, { type: 'end', state: 'done' }],
    ]);
  });

  test('tells what was before the first event that there is', async () => {
    const { hub, url } = await start({ retention: { maxStreamBytes: 4000 } });
    const source = createSource();
    hub.publish('s', source);
    const all = words(200);
    for (const word of all) source.next(word);
    const raw = await enter(url);
    raw.send({ type: 'attach', stream: 's' });
    const gone = await raw.next();
    const { run, first } = hub.list()[0]!;
    expect(first).toBeGreaterThan(1);
    expect(gone).toEqual({
      type: 'gone',
      stream: 's',
      run,
      first,
      last: 200,
      snapshot: {
        seq: first - 1,
        response: expect.objectContaining({
          status: 'truncated',
          prompt: { messages: [] },
          messages: [{ role: 'assistant', parts: [{ type: 'text', text: all.slice(0, first - 1).join('') }] }],
        }),
      },
    });
    raw.send({ type: 'attach', stream: 's', after: `${run}.${first - 1}` });
    source.complete();
    expect(await raw.rest('s')).toEqual([
      ...all.slice(first - 1).map((word, at) => [first + at, text(word)]),
      [201, { type: 'end', state: 'done' }],
    ]);
  });
});

test('a stream published anew on a socket that watches it ends, and its next run is another', async () => {
  const { hub, url } = await start();
  hub.publish('s', NEVER);
  const raw = await enter(url);
  raw.send({ type: 'attach', stream: 's' });
  const old = runOf(await raw.next('attached'));
  hub.stop('s', 'anew');
  hub.publish('s', of('new'));
  expect(await raw.next()).toMatchObject({ run: old, seq: 1, events: [{ type: 'end', state: 'aborted' }] });
  raw.send({ type: 'attach', stream: 's' });
  const { run } = hub.list()[0]!;
  expect(await raw.next()).toEqual({ type: 'attached', stream: 's', run });
  expect(await raw.next()).toMatchObject({ run, seq: 1, events: [text('new'), { type: 'end', state: 'done' }] });
});

describe('events', () => {
  test('of one turn of the event loop come in one message', async () => {
    const { hub, url } = await start();
    const source = createSource();
    hub.publish('s', source);
    const sockets = [await enter(url), await enter(url)];
    for (const raw of sockets) {
      raw.send({ type: 'attach', stream: 's' });
      await raw.next('attached');
    }
    const { run } = hub.list()[0]!;
    for (const [turn, count] of [3, 1, 50].entries()) {
      for (let at = 0; at < count; at += 1) source.next(`${turn} ${at}`);
      const seq = [1, 4, 5][turn]!;
      const events = Array.from({ length: count }, (_, at) => text(`${turn} ${at}`));
      for (const raw of sockets) expect(await raw.next()).toEqual({ type: 'events', stream: 's', run, seq, events });
    }
  });

  test.each(['live', 'from the log'])('come in messages of about 64 Ki characters, %s', async (when) => {
    const { hub, url } = await start();
    const source = createSource();
    hub.publish('s', source);
    const raw = await enter(url);
    const attach = async () => {
      raw.send({ type: 'attach', stream: 's' });
      await raw.next('attached');
    };
    if (when === 'live') await attach();
    const sizes = [20_000, 20_000, 20_000, 20_000, 100_000, 10, 10, 65_000, 10, 70_000];
    for (const size of sizes) source.next('x'.repeat(size));
    if (when === 'from the log') await attach();
    source.complete();
    await raw.rest('s');
    const messages = raw.received.filter(({ type }) => type === 'events');
    const lengths = messages.map(({ events }) => (events as Message[]).map(({ chunk = '' }) => String(chunk).length));
    const packed = [[20_000, 20_000, 20_000], [20_000], [100_000], [10, 10, 65_000, 10], [70_000], [0]];
    expect(lengths).toEqual(packed);
    let seq = 1;
    for (const message of messages) {
      expect(message.seq).toBe(seq);
      seq += (message.events as Message[]).length;
    }
  });
});
