// Records the answer of a server on a tape, and plays it again without the server: whole, cut short, and as marbles.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { LlmError } from 'rxllm';
import type { Fetch } from 'rxllm/http';
import { openaiChat } from 'rxllm/openai';
import { fakeModel, record, replay, toMarbles } from 'rxllm/testing';

// A server, so that this runs anywhere.
const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/event-stream');
  for (const content of ['Hello, ', 'world', '!']) {
    response.write(`data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`);
  }
  response.end('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n');
});
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve);
});
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const modelWith = (fetch: Fetch) => openaiChat({ model: 'any', apiKey: 'secret', baseUrl, fetch, maxRetries: 0 });

const folder = mkdtempSync(path.join(tmpdir(), 'tape-'));
const file = path.join(folder, 'hello.tape');
const saved = new Promise<void>((resolve) => {
  const fetch = record((tape) => {
    writeFileSync(file, tape);
    resolve();
  });
  modelWith(fetch).prompt('Hi').subscribe();
});
await saved;
server.close();

const tape = readFileSync(file, 'utf8');
rmSync(folder, { recursive: true });
// Where it was cut and when it came is different each time, and so is the port.
console.log(tape.split('\n').slice(0, 2).join('\n').replace(/:\d+/, ''));

console.log(await modelWith(replay(tape)).prompt('Hi').text());

const cut = replay(tape, { speed: Infinity, faults: { do: 'cut', at: { byte: 150 } } });
await modelWith(cut)
  .prompt('Hi')
  .text()
  .catch(({ code, partial }: LlmError) => console.log(code, JSON.stringify(partial?.messages)));

const model = fakeModel(toMarbles(tape, modelWith));
console.log(await model.prompt('Hi').text());

// rxllm tape 1
// POST http://127.0.0.1/chat/completions
// Hello, world!
// truncated [{"role":"assistant","parts":[{"type":"text","text":"Hello, world"}]}]
// Hello, world!
