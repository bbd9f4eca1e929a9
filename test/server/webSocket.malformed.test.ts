// Whatever a client sends: what is no message closes it with a code of the table, and the server serves the next one.
// A rejection that nobody handles fails the file by itself.
import net from 'node:net';
import * as fc from 'fast-check';
import { NEVER, of } from 'rxjs';
import { closeCodes } from 'rxllm/server';
import { startHub, type TestHub } from '../support/hubs.ts';
import { numRuns } from '../support/arbitraries.ts';
import { countingModel } from '../support/models.ts';
import { closeSockets, enter, openSocket, type Message, type RawSocket } from '../support/rawSockets.ts';

let server: TestHub;

beforeAll(async () => {
  server = await startHub({
    models: { m: countingModel(() => of('Hi')) },
    limits: { prompts: 1e6, messageBytes: 10_000 },
  });
  server.hub.publish('s', NEVER);
});

afterAll(async () => {
  await closeSockets();
  await server.close();
});

const codes: readonly number[] = Object.values(closeCodes);

/** The code that a socket was closed with, or the answer to a question that comes after what was sent. */
async function outcomeOf(raw: RawSocket): Promise<number | string> {
  raw.send({ type: 'list', request_id: 'the last question' });
  const isAnswer = ({ type, request_id }: Message) => type === 'streams' && request_id === 'the last question';
  async function listen(): Promise<string> {
    while (!isAnswer(await raw.next()));
    return 'lives';
  }
  return Promise.race([raw.closed.then(({ code }) => code), listen().catch(() => raw.closed.then(({ code }) => code))]);
}

/** Sends it on a socket of its own; afterwards the next client is served. */
async function send(isWelcome: boolean, ...messages: readonly unknown[]): Promise<number | string> {
  const raw = isWelcome ? await enter(server.url) : await openSocket(server.url);
  raw.send(...messages);
  const outcome = await outcomeOf(raw);
  raw.webSocket.terminate();
  const next = await enter(server.url);
  expect(await outcomeOf(next)).toBe('lives');
  next.webSocket.terminate();
  await next.closed;
  return outcome;
}

const valid: readonly Message[] = [
  { type: 'hello', token: 't' },
  { type: 'attach', stream: 's', after: 'run.1' },
  { type: 'detach', stream: 's' },
  {
    type: 'prompt',
    request_id: '1',
    text: 'Hi',
    model: 'm',
    reply_to: 's',
    attachments: [{ type: 'a/b', content: 'AAAA' }],
  },
  { type: 'stop', request_id: '1', stream: 'x', reason: 'why' },
  { type: 'list', request_id: '1' },
  { type: 'ping' },
  { type: 'pong' },
];

const anyKey = fc.oneof(
  fc.constantFrom('type', 'stream', 'request_id', 'text', '__proto__', 'constructor', 'after'),
  fc.string(),
);

/** A message with one thing wrong, or by chance right. */
const mutated = fc.oneof(
  fc.tuple(fc.constantFrom(...valid), anyKey, fc.jsonValue()).map(([message, key, value]) => {
    const entries = [...Object.entries(message).filter(([name]) => name !== key), [key, value]];
    return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${JSON.stringify(item)}`).join()}}`;
  }),
  fc
    .tuple(fc.constantFrom(...valid), fc.nat(200), fc.string({ maxLength: 3 }), fc.nat(3))
    .map(([message, at, text, cut]) => {
      const json = JSON.stringify(message);
      return json.slice(0, at % json.length) + text + json.slice((at % json.length) + cut);
    }),
);

const anything = fc.oneof(
  { weight: 3, arbitrary: mutated },
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.uint8Array({ maxLength: 200 }),
);

test('whatever is sent is answered, passed over, or closes with a code of the table', async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(anything, { minLength: 1, maxLength: 4 }), async (isWelcome, messages) => {
      const outcome = await send(isWelcome, ...messages);
      expect(['lives', ...codes]).toContain(outcome);
      if (messages.some((message) => message instanceof Uint8Array)) expect(outcome).not.toBe('lives');
    }),
    { numRuns: Math.ceil(numRuns / 3) },
  );
}, 300_000);

test.each([
  ['no JSON', 'hello', closeCodes.badMessage],
  ['half of a JSON text', '{"type":"ping"', closeCodes.badMessage],
  ['two JSON texts', '{"type":"ping"}{"type":"ping"}', closeCodes.badMessage],
  ['nothing', '', closeCodes.badMessage],
  ['null', 'null', closeCodes.badMessage],
  ['a list', '[{"type":"ping"}]', closeCodes.badMessage],
  ['an unknown type', { type: 'subscribe', stream: 's' }, closeCodes.badMessage],
  ['a message of the server', { type: 'welcome', heartbeat_ms: 1 }, closeCodes.badMessage],
  ['a message of another version', { type: 'attach', stream: 's', version: 2 }, closeCodes.badMessage],
  ['a message of GraphQL', { type: 'connection_init' }, closeCodes.badMessage],
  ['binary', Buffer.from('{"type":"ping"}'), closeCodes.badMessage],
  ['too much', JSON.stringify({ type: 'ping' }).padEnd(10_001), closeCodes.tooLarge],
  ['depth', '['.repeat(10_000), closeCodes.badMessage],
])('%s closes with its code', async (_, message, code) => {
  expect(await send(true, message)).toBe(code);
});

test('text that is not UTF-8 closes with its code', async () => {
  const raw = await enter(server.url);
  raw.webSocket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false });
  expect((await raw.closed).code).toBe(closeCodes.badText);
});

test('a message in very many pieces closes with its code', async () => {
  const raw = await enter(server.url);
  for (let piece = 0; piece < 20_000; piece += 1) raw.webSocket.send('', { fin: false });
  expect((await raw.closed).code).toBe(closeCodes.tooManyPieces);
});

test('bytes that are no frames close with the code of the table', async () => {
  const head = ['Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  const request = ['GET /hub HTTP/1.1', ...head, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\r\n');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 40, maxLength: 200 }), async (bytes) => {
      const socket = net.connect(server.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(request.replace('\r\n\r\n', '\r\nSec-WebSocket-Protocol: rxllm.v1\r\n\r\n'));
      await new Promise((resolve) => {
        socket.once('data', resolve);
      });
      const answered = new Promise<Buffer | undefined>((resolve) => {
        socket.once('data', resolve);
        socket.once('close', () => resolve(undefined));
      });
      // A bit that is reserved, and no mask: never a frame of a client.
      socket.write(Buffer.from([0xf1, 0x02, ...bytes]));
      const close = await answered;
      expect([close?.[0], close?.readUInt16BE(2)]).toEqual([0x88, closeCodes.badFrame]);
      socket.destroy();
      const next = await enter(server.url);
      expect(await outcomeOf(next)).toBe('lives');
      next.webSocket.terminate();
    }),
    { numRuns: 50 },
  );
});
