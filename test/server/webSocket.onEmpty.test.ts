// What a hub does with a run that nobody watches, down to the socket of the provider.
import { VirtualTimeScheduler } from 'rxjs';
import { openaiChat } from 'rxllm/openai';
import type { HubOptions } from 'rxllm/server';
import { startHub, type TestHub } from '../support/hubs.ts';
import { closeSockets, enter, until, type RawSocket } from '../support/rawSockets.ts';
import { startServer, type ReceivedRequest, type TestServer } from '../support/servers.ts';

const chunk = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
const delta = { role: 'assistant', content: 'Well, ' };
const piece = `data: ${JSON.stringify({ ...chunk, choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;

let provider: TestServer;
let server: TestHub;

afterEach(async () => {
  await closeSockets();
  await server.close();
  await provider.close();
});

/** A prompt that is being answered, without end: what came to the provider, and the stream. */
async function ask(options: HubOptions): Promise<{ raw: RawSocket; stream: string; request: ReceivedRequest }> {
  provider = await startServer({ pieces: [piece], atEnd: 'stay' });
  const model = openaiChat({ model: 'm', baseUrl: provider.url });
  server = await startHub({ models: { model }, ...options });
  const raw = await enter(server.url);
  raw.send({ type: 'prompt', request_id: '1', text: 'Hi' });
  const { stream } = await raw.next('prompted');
  return { raw, stream: String(stream), request: await provider.request(0) };
}

async function watch(raw: RawSocket, stream: string): Promise<void> {
  raw.send({ type: 'attach', stream });
  await raw.next('events');
}

async function leave({ webSocket }: RawSocket): Promise<void> {
  webSocket.terminate();
  await until(() => server.hub.list()[0]?.subscribers === 0);
}

const stateOf = () => server.hub.list()[0]?.state;

/** Whether the provider is still sending, some turns of the event loop later. */
async function isRunning({ closed }: ReceivedRequest): Promise<boolean> {
  let isClosed = false;
  void closed.then(() => (isClosed = true));
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return !isClosed && stateOf() === 'running';
}

describe('abort', () => {
  test('closes the request when the last socket closes', async () => {
    const { raw, stream, request } = await ask({ onEmpty: 'abort' });
    const other = await enter(server.url);
    await watch(raw, stream);
    await watch(other, stream);
    raw.webSocket.terminate();
    await until(() => server.hub.list()[0]?.subscribers === 1);
    expect(await isRunning(request)).toBe(true);
    other.webSocket.terminate();
    expect(await request.closed).toBe('aborted');
    expect(stateOf()).toBe('aborted');
  });

  test('closes the request when the last detaches', async () => {
    const { raw, stream, request } = await ask({ onEmpty: 'abort' });
    await watch(raw, stream);
    raw.send({ type: 'detach', stream });
    expect(await request.closed).toBe('aborted');
  });

  test('waits for the first', async () => {
    const { raw, stream, request } = await ask({ onEmpty: 'abort' });
    await leave(raw);
    await until(() => server.served.connections === 0);
    expect(await isRunning(request)).toBe(true);
    const late = await enter(server.url);
    await watch(late, stream);
    late.webSocket.terminate();
    expect(await request.closed).toBe('aborted');
  });
});

test('graceMs closes the request when nobody has come back in time', async () => {
  const scheduler = new VirtualTimeScheduler();
  const { raw, stream, request } = await ask({ onEmpty: { graceMs: 60_000 }, scheduler });
  await watch(raw, stream);
  await leave(raw);
  const back = await enter(server.url);
  await watch(back, stream);
  scheduler.flush();
  expect(await isRunning(request)).toBe(true);
  await leave(back);
  expect(await isRunning(request)).toBe(true);
  scheduler.flush();
  expect(await request.closed).toBe('aborted');
});

test('keep keeps it until somebody stops it, also from another connection', async () => {
  const { raw, stream, request } = await ask({});
  await watch(raw, stream);
  await leave(raw);
  expect(await isRunning(request)).toBe(true);
  const other = await enter(server.url);
  other.send({ type: 'stop', request_id: '2', stream, reason: 'enough' });
  expect(await other.next()).toEqual({ type: 'stopped', request_id: '2' });
  expect(await request.closed).toBe('aborted');
  other.send({ type: 'attach', stream });
  const error = { code: 'aborted', message: 'the stream was stopped: enough', retryable: false };
  expect((await other.rest(stream)).at(-1)?.[1]).toEqual({ type: 'end', state: 'aborted', error });
});
