// One paused subscriber among many, and a source that waits for nobody: prints what the others cost and how long they
// took, and the most that waited on any socket of the server.
//
//     node hub-paused-run.js CLIENTS PAUSED EVENTS CHUNK_LENGTH
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { Subject } from 'rxjs';
import { createHub, serveWebSocket } from 'rxllm/server';
import { forkClients, never, play } from './hub-process.js';
import { deltaAt, streams } from './hub-text.js';

const [clients, paused, events, chunkLength] = process.argv.slice(2).map(Number);
const server = http.createServer();
const sockets = [];
server.on('connection', (socket) => sockets.push(socket));
const hub = createHub();
serveWebSocket(hub, server, { heartbeatMs: never });
const sources = streams.map(() => new Subject());
for (const [at, stream] of streams.entries()) hub.publish(stream, sources[at]);
const others = await forkClients(server, 'rxllm', clients + paused);
let bufferedBytes = 0;

async function run(source) {
  const received = others.received();
  await play(events + 1, (tick) => {
    for (const { writableLength } of sockets) bufferedBytes = Math.max(bufferedBytes, writableLength);
    if (tick === events) source.complete();
    else source.next(deltaAt(tick, chunkLength));
  });
  await received;
}

const [warmUp, measured] = sources;
await run(warmUp);
await others.pause(paused);
bufferedBytes = 0;
const start = performance.now();
const cpu = process.cpuUsage();
await run(measured);
const { user, system } = process.cpuUsage(cpu);
const wallMs = performance.now() - start;
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs, bufferedBytes }));
process.exit();
