// Serves a stream to many clients with one contender, and prints what that cost this process. A fresh process each.
//
//     node hub-server.js CONTENDER CLIENTS EVENTS_A_TICK TICKS WARM_UP_TICKS
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { contenders } from './hub-contenders.js';
import { collectGarbage, forkClients, play } from './hub-process.js';
import { measured, warmUps } from './hub-text.js';
import { median } from './lib.js';

const [, , contender, ...numbers] = process.argv;
const [count, eventsATick, ticks, warmUpTicks] = numbers.map(Number);
const server = http.createServer();
const prepare = await contenders[contender](server, count);
const keptBefore = await kept();
const clients = await forkClients(server, contender, count);

async function send(stream, length) {
  const tick = prepare(stream, length, eventsATick);
  const start = process.cpuUsage();
  await Promise.all([clients.received(), play(length + 1, tick)]);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

for (const stream of warmUps) await send(stream, warmUpTicks);
const costs = [];
for (const stream of measured) costs.push(await send(stream, ticks));
const { maxRSS } = process.resourceUsage();
const keptMb = (await kept()) - keptBefore;
console.log(JSON.stringify({ cpuMs: median(costs), peakMb: maxRSS / 1024, keptMb }));
process.exit();

/** What is in use, in MiB. Not asked for while it is measured: a collection that is forced makes V8 forget what it knew. */
async function kept() {
  // The second time for what the first has found to be of no use; the memory of buffers is given back later.
  for (let turn = 0; turn < 2; turn += 1) {
    collectGarbage();
    await sleep(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
