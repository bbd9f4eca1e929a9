// The hub over HTTP: server-sent events, and JSON, on a real server of Node and by Requests alone.
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { lastValueFrom, toArray } from 'rxjs';
import { defineModel, LlmError } from 'rxllm';
import { demo } from 'rxllm/demo';
import {
  createHub,
  httpHandler,
  memoryHubLog,
  nodeHandler,
  type Hub,
  type HubLog,
  type HubOptions,
  type Refusal,
} from 'rxllm/server';
import { allEvents, readEvents } from '../support/eventStreams.ts';
import { createSource, words } from '../support/hubs.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface TestServer {
  readonly hub: Hub;
  readonly url: string;
  readonly refusals: readonly Refusal[];
}

async function start(
  options: HubOptions = {},
  httpOptions: Parameters<typeof nodeHandler>[1] = {},
): Promise<TestServer> {
  const refusals: Refusal[] = [];
  const hub = createHub({
    models: { demo: demo({ chunkMs: 0 }) },
    onRefused: (refusal) => refusals.push(refusal),
    ...options,
  });
  const server = http.createServer(nodeHandler(hub, httpOptions));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(
    () =>
      new Promise((resolve) => {
        hub.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { hub, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, refusals };
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });

async function errorOf(response: Response): Promise<unknown> {
  const { error } = (await response.json()) as { readonly error: { readonly code: string } };
  return [response.status, error.code];
}

describe('a stream', () => {
  test('has the cursor of each event as its id, and ends', async () => {
    const { hub, url } = await start();
    const source = createSource();
    hub.publish('s/1', source);
    const response = await fetch(`${url}/hub/streams/s%2F1`);
    for (const word of words(5)) source.next(word);
    source.complete();
    const events = await allEvents(response);
    const entries = await lastValueFrom(hub.attach('s/1').pipe(toArray()));
    expect(events.map(({ id, data }) => ({ cursor: id, event: JSON.parse(data) as unknown }))).toEqual(
      entries.map(({ cursor, event }) => ({ cursor, event })),
    );
    expect(events.map(({ event }) => event)).toEqual([...Array.from({ length: 5 }, () => undefined), 'end']);
  });

  test('is kept by nobody on the way, and not held back', async () => {
    const { hub, url } = await start();
    hub.publish('s', createSource());
    const response = await fetch(`${url}/hub/streams/s`);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    await response.body?.cancel();
  });

  test('goes on after Last-Event-ID, or ?after=, at every place; after the end there is nothing to come back for', async () => {
    const { hub, url } = await start();
    const source = createSource();
    hub.publish('s', source);
    for (const word of words(8)) source.next(word);
    source.complete();
    const ids = (await allEvents(await fetch(`${url}/hub/streams/s`))).map(({ id }) => id!);
    for (const [at, id] of ids.entries()) {
      const byHeader = await fetch(`${url}/hub/streams/s`, { headers: { 'last-event-id': id } });
      const byQuery = await fetch(`${url}/hub/streams/s?after=${id}`);
      expect(byHeader.status).toBe(at === ids.length - 1 ? 204 : 200);
      expect((await allEvents(byHeader)).map((event) => event.id)).toEqual(ids.slice(at + 1));
      expect((await allEvents(byQuery)).map((event) => event.id)).toEqual(ids.slice(at + 1));
    }
  });

  test('of which the client has another run begins anew, and says so', async () => {
    const { hub, url } = await start();
    const { cursor: old } = hub.publish('s', createSource());
    hub.stop('s');
    const source = createSource();
    hub.publish('s', source);
    source.next('new');
    source.complete();
    const response = await fetch(`${url}/hub/streams/s`, { headers: { 'last-event-id': old } });
    const events = await allEvents(response);
    expect(events.map(({ event }) => event)).toEqual(['gone', undefined, 'end']);
    expect(JSON.parse(events[0]!.data)).toMatchObject({ first: 1, last: 2 });
  });

  test('whose beginning was forgotten begins with a snapshot', async () => {
    const { hub, url } = await start({ retention: { maxStreamBytes: 2000 } });
    const source = createSource();
    hub.publish('s', source);
    for (const word of words(100)) source.next(word);
    const events = readEvents(await fetch(`${url}/hub/streams/s`));
    const gone = (await events.next()).value!;
    const { snapshot, first } = JSON.parse(gone.data) as {
      readonly first: number;
      readonly snapshot: { readonly seq: number; readonly response: { readonly messages: readonly unknown[] } };
    };
    expect(gone).toMatchObject({
      event: 'gone',
      id: expect.stringMatching(new RegExp(`\\.${snapshot.seq}$`)) as string,
    });
    expect(first).toBe(snapshot.seq + 1);
    expect(JSON.stringify(snapshot.response.messages)).toContain(words(snapshot.seq).join(''));
    expect(JSON.parse((await events.next()).value!.data)).toMatchObject({ chunk: `word ${first} ` });
    await events.return();
  });

  test('sends a comment while nothing comes', async () => {
    const { hub, url } = await start({}, { keepAliveMs: 5 });
    hub.publish('s', createSource());
    const response = await fetch(`${url}/hub/streams/s`);
    let text = '';
    for await (const bytes of response.body!) {
      text += new TextDecoder().decode(bytes);
      if (text.includes(': still here')) break;
    }
    expect(text).toMatch(/^retry: \d+\n\n(: still here\n\n)+$/);
  });

  test('that is left stops its run where the hub shall, and holds no place', async () => {
    const { hub, url } = await start({ onEmpty: 'abort', limits: { connections: 1 } });
    hub.publish('s', createSource());
    const ended = lastValueFrom(hub.attach('s'));
    for (let time = 0; time < 2; time += 1) {
      const response = await fetch(`${url}/hub/streams/s`);
      await response.body?.cancel();
      while (hub.list()[0]!.subscribers > 1) await new Promise((resolve) => setImmediate(resolve));
    }
    hub.stop('s');
    expect((await ended).event).toMatchObject({ type: 'end', state: 'aborted' });
  });

  test('that cannot be read any more holds no place', async () => {
    const log = memoryHubLog();
    let isBroken = false;
    const read: HubLog['read'] = (key, range) => {
      if (isBroken) throw new Error('the disk is gone');
      return log.read(key, range);
    };
    const { hub, url } = await start({ log: { ...log, read }, limits: { connections: 1 }, onError: () => undefined });
    const source = createSource();
    hub.publish('s', source);
    source.next('Hi');
    isBroken = true;
    await expect(allEvents(await fetch(`${url}/hub/streams/s`))).rejects.toThrow();
    expect(hub.list()).toMatchObject([{ subscribers: 0 }]);
    isBroken = false;
    const again = await fetch(`${url}/hub/streams/s`);
    expect(again.status).toBe(200);
    await again.body?.cancel();
  });

  test('waits in the log for a client that does not read', async () => {
    const { hub, url } = await start({ retention: { maxStreamBytes: Infinity } });
    const source = createSource();
    hub.publish('s', source);
    const { port, hostname } = new URL(url);
    const socket = net.connect(Number(port), hostname);
    socket.pause();
    socket.write(`GET /hub/streams/s HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    while (hub.list()[0]!.subscribers === 0) await new Promise((resolve) => setImmediate(resolve));
    const chunk = 'x'.repeat(10_000);
    for (let at = 0; at < 2000; at += 1) source.next(chunk);
    source.complete();
    const other = await allEvents(await fetch(`${url}/hub/streams/s`));
    expect(other).toHaveLength(2001);
    let bytes = 0;
    socket.on('data', (data) => (bytes += data.length));
    socket.resume();
    await new Promise((resolve) => socket.on('data', (data) => data.includes('event: end') && resolve(undefined)));
    expect(bytes).toBeGreaterThan(2000 * chunk.length);
    socket.destroy();
  });
});

describe('what is asked by POST', () => {
  test('a prompt is answered with its stream, the same request with the same', async () => {
    const { url } = await start();
    const prompt = { request_id: 'r1', text: 'Hi' };
    const first = await post(`${url}/hub/prompts`, prompt);
    const { stream } = (await first.json()) as { readonly stream: string };
    expect([first.status, first.headers.get('location')]).toEqual([201, `/hub/streams/${stream}`]);
    expect(await (await post(`${url}/hub/prompts`, prompt)).json()).toEqual({ stream });
    const events = await allEvents(await fetch(`${url}/hub/streams/${stream}`));
    expect(events.at(-1)).toMatchObject({ event: 'end', data: '{"type":"end","state":"done"}' });
    expect(await (await fetch(`${url}/hub/streams`)).json()).toMatchObject({ streams: [{ stream, state: 'done' }] });
  });

  test('stop ends the run for all', async () => {
    const { hub, url } = await start();
    hub.publish('s', createSource());
    const events = allEvents(await fetch(`${url}/hub/streams/s`));
    expect((await post(`${url}/hub/streams/s/stop`, { reason: 'enough' })).status).toBe(204);
    expect(JSON.parse((await events).at(-1)!.data)).toEqual({
      type: 'end',
      state: 'aborted',
      error: { code: 'aborted', message: 'the stream was stopped: enough', retryable: false },
    });
  });

  test('is JSON, no larger than is taken, and nothing that was not asked for', async () => {
    const { url } = await start({ limits: { messageBytes: 100 } });
    const prompts = `${url}/hub/prompts`;
    expect(await errorOf(await post(prompts, '{}', { 'content-type': 'text/plain' }))).toEqual([415, 'bad_request']);
    expect(await errorOf(await post(prompts, { request_id: '1', text: 'x'.repeat(100) }))).toEqual([
      413,
      'bad_request',
    ]);
    expect(await errorOf(await post(prompts, 'no JSON'))).toEqual([400, 'invalid_input']);
    const withKey = await post(prompts, { request_id: '1', text: 'Hi', key: 'k' });
    expect([withKey.status, await withKey.text()]).toEqual([
      400,
      expect.stringContaining('\\"key\\", which is not taken'),
    ]);
    expect(await errorOf(await post(prompts, { request_id: '1', text: 'Hi', model: 'gpt' }))).toEqual([
      400,
      'unknown_model',
    ]);
  });
});

describe('what is refused', () => {
  test.each([
    ['before its body was read', 'nothing', 404],
    ['in the midst of it', 'prompts', 413],
  ])('%s leaves the connection for the next request', async (_, path, status) => {
    const { url } = await start({ limits: { messageBytes: 100 } });
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    const body = 'x'.repeat(4_000_000);
    const common = 'Host: localhost\r\nContent-Type: application/json\r\n';
    socket.write(`POST /hub/${path} HTTP/1.1\r\n${common}Content-Length: ${body.length}\r\n\r\n${body}`);
    socket.write(`GET /hub/streams HTTP/1.1\r\n${common}Connection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text.match(/HTTP\/1.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`, 'HTTP/1.1 200']);
  });

  test('a body that breaks off is no failure of ours', async () => {
    const { url, refusals } = await start();
    const socket = net.connect(Number(new URL(url).port), '127.0.0.1');
    const head = 'POST /hub/prompts HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    socket.end(`${head}Content-Length: 100\r\n\r\n{"request_id"`);
    for await (const _ of socket) continue;
    await new Promise((resolve) => setImmediate(resolve));
    expect(refusals).toEqual([]);
  });

  test('addresses and methods that there are not', async () => {
    const { url } = await start();
    expect(await errorOf(await fetch(`${url}/hub/streams/nobody`))).toEqual([404, 'not_found']);
    expect(await errorOf(await fetch(`${url}/hub/elsewhere`))).toEqual([404, 'not_found']);
    expect(await errorOf(await fetch(`${url}/`))).toEqual([404, 'not_found']);
    expect(await errorOf(await fetch(`${url}/hub/streams/%E0`))).toEqual([400, 'bad_request']);
    const wrong = await fetch(`${url}/hub/prompts`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${url}/hub/prompts`, { method: 'OPTIONS', headers: { origin: url } })).status).toBe(204);
  });

  test('who may not, each by its status; unknown and forbidden streams alike', async () => {
    const { hub, url, refusals } = await start({
      authorize: (request) => {
        if (request.action === 'connect') return request.token === 'ann' && 'ann';
        return request.action === 'attach' && request.owner === 'ann';
      },
    });
    hub.publish('hers', createSource(), { owner: 'ann' });
    hub.publish('his', createSource(), { owner: 'bob' });
    const ann = { authorization: 'Bearer ann' };
    const get = (path: string, headers: Record<string, string>) => fetch(`${url}/hub/${path}`, { headers });
    expect((await get('streams', {})).status).toBe(403);
    expect(await errorOf(await get('streams', { authorization: 'Bearer eve' }))).toEqual([401, 'auth']);
    expect(await errorOf(await get('streams', ann))).toEqual([403, 'permission']);
    expect(await errorOf(await post(`${url}/hub/prompts`, { request_id: '1', text: 'Hi' }, ann))).toEqual([
      403,
      'permission',
    ]);
    expect(await errorOf(await post(`${url}/hub/streams/hers/stop`, {}, ann))).toEqual([404, 'not_found']);
    const [his, nobodys] = await Promise.all([get('streams/his', ann), get('streams/nil', ann)]);
    expect((await his.text()).replace('his', 'nil')).toBe(await nobodys.text());
    const hers = await get('streams/hers', ann);
    expect(hers.status).toBe(200);
    await hers.body?.cancel();
    expect(refusals.map(({ action, stream }) => [action, stream])).toEqual([
      ['connect', undefined],
      ['connect', undefined],
      ['list', undefined],
      ['publish', undefined],
      ['stop', 'hers'],
      ['attach', 'his'],
      ['attach', 'nil'],
    ]);
    expect(JSON.stringify(refusals)).not.toContain('eve');
  });

  test('pages of other origins, hosts that are not the server, and who comes through a proxy to an open hub', async () => {
    const { url } = await start({}, { origins: ['https://app.example.com'] });
    const status = async (headers: Record<string, string>, path = 'streams') => {
      const { port } = new URL(url);
      const response = await new Promise<http.IncomingMessage>((resolve) => {
        http.get({ host: '127.0.0.1', port, path: `/hub/${path}`, headers }, resolve);
      });
      response.resume();
      return [response.statusCode, response.headers['access-control-allow-origin']];
    };
    expect(await status({})).toEqual([200, undefined]);
    expect(await status({ origin: url })).toEqual([200, undefined]);
    expect(await status({ origin: 'https://app.example.com' })).toEqual([200, 'https://app.example.com']);
    expect(await status({ origin: 'https://evil.example.com' })).toEqual([403, undefined]);
    expect(await status({ 'sec-fetch-site': 'cross-site' })).toEqual([403, undefined]);
    expect(await status({ 'sec-fetch-site': 'same-origin' })).toEqual([200, undefined]);
    expect(await status({ host: 'evil.example.com' })).toEqual([403, undefined]);
    expect(await status({ 'x-forwarded-for': '10.0.0.1' })).toEqual([403, undefined]);
  });
});

describe('the handler for Requests', () => {
  const ask = (hub: Hub, path: string, address?: string) =>
    httpHandler(hub)(new Request(`http://localhost${path}`, { headers: { host: 'localhost' } }), { address });

  test('answers without a server', async () => {
    const hub = createHub();
    const source = createSource();
    hub.publish('s', source);
    const response = await ask(hub, '/hub/streams/s', '127.0.0.1');
    source.next('Hi');
    source.complete();
    expect((await allEvents(response)).map(({ event }) => event)).toEqual([undefined, 'end']);
  });

  test('needs the address of who asks, or an authorize', async () => {
    const onRefused = () => undefined;
    expect((await ask(createHub({ onRefused }), '/hub/streams')).status).toBe(403);
    expect((await ask(createHub({ onRefused, authorize: () => true }), '/hub/streams')).status).toBe(403);
    const request = new Request('http://localhost/hub/streams', {
      headers: { host: 'localhost', authorization: 'Bearer x' },
    });
    expect((await httpHandler(createHub({ authorize: () => true }))(request)).status).toBe(200);
  });

  test.each([{ path: 'hub' }, { path: '/' }, { path: '/hub/' }, { keepAliveMs: 0 }, { keepAliveMs: Number.NaN }])(
    'takes no %j',
    (options) => {
      expect(() => httpHandler(createHub(), options)).toThrow(LlmError);
    },
  );

  test('tells clients nothing of what has failed inside', async () => {
    const refusals: Refusal[] = [];
    const onRefused = (refusal: Refusal) => refusals.push(refusal);
    const models = { m: defineModel({ id: 'm', stream: () => createSource() }) };
    const hub = createHub({ models, respond: fail, onRefused });
    const request = new Request('http://localhost/hub/prompts', {
      method: 'POST',
      headers: { host: 'localhost', 'content-type': 'application/json' },
      body: JSON.stringify({ request_id: '1', text: 'Hi' }),
    });
    const response = await httpHandler(hub)(request, { address: '::1' });
    expect([response.status, await response.json()]).toEqual([
      500,
      { error: { code: 'server_error', message: 'the server failed', retryable: true } },
    ]);
    // But the log.
    expect(refusals).toEqual([{ action: 'publish', principal: '', reason: 'it failed: the password is 1234' }]);
  });
});

function fail(): never {
  throw new Error('the password is 1234');
}
