// Many responses in one process: what is left of those that were aborted, and whether many at once come to their end.
import { execFile } from 'node:child_process';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { ensureBuilt, root } from '../support/dist.ts';
import { delta, done, finish, streamOf } from '../providers/openai-chat/chunks.ts';

const run = promisify(execFile);
const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs');

let server: http.Server;
let open = 0;
let mostOpen = 0;
let answer: (response: http.ServerResponse) => void;

beforeAll(async () => {
  ensureBuilt();
  server = http.createServer((request, response) => {
    open += 1;
    mostOpen = Math.max(mostOpen, open);
    response.on('close', () => (open -= 1));
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', 2000, resolve);
  });
}, 120_000);

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function inChild(task: 'abort' | 'parallel', count: number): Promise<unknown> {
  const child = path.join(root, 'test/response/memoryChild.ts');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { stdout } = await run(process.execPath, ['--expose-gc', '--import', tsx, child, url, task, String(count)]);
  return JSON.parse(stdout);
}

test('10,000 aborted responses leave nothing in memory', async () => {
  const half = streamOf([delta({ content: 'Hello' })]);
  answer = (response) => response.write(half);
  const heap = (await inChild('abort', 10_000)) as number[];
  // After the first quarter everything is warm. One response that was kept has some 1,700 bytes, so this is less than 150.
  expect(heap.at(-1)! - heap[0]!).toBeLessThan(250_000);
}, 120_000);

test('1,000 responses at the same time come to their end', async () => {
  const waiting: http.ServerResponse[] = [];
  mostOpen = 0;
  // Nobody gets an answer before all have asked.
  answer = (response) => {
    waiting.push(response);
    if (waiting.length < 1000) return;
    for (const each of waiting) each.write(streamOf([delta({ content: 'Hello' })]));
    for (const each of waiting) each.end(streamOf([delta({ content: ' you' }), finish('stop'), done]));
  };
  expect(await inChild('parallel', 1000)).toEqual(['Hello you']);
  expect(mostOpen).toBe(1000);
}, 120_000);
