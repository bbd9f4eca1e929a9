// A program that meets all faults and then has nothing more to do. Prints what stayed unhandled, and what each response
// came to; its servers are those of whoever starts it. Runs by itself, with the package as it is built.
import { faults, urlOf, type Fault, type FaultPlaces } from '../support/faults.ts';
import { startCell, textOf } from './cell.ts';
import { providers, type FaultProvider } from './providers.ts';

const places = JSON.parse(process.argv[2] ?? '') as FaultPlaces;
const strays = process.argv[3] === 'strays';

const unhandled: string[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
process.on('uncaughtException', (error) => unhandled.push(String(error)));

/** Time is real here: long enough for a machine that has much to do. */
const timeouts = { connectMs: 2000, firstEventMs: 2000, idleMs: 2000, keepAliveMs: 4000 };

const ends: Record<string, string> = {};

async function play(fault: Fault, { name, make }: FaultProvider): Promise<void> {
  const model = make(urlOf(fault, name, places), { maxRetries: 0, ...(fault.waits && { timeouts }) });
  const { states, messages } = await startCell(model, { fault, provider: name, places }).ended;
  ends[`${fault.id} ${name}`] = `${states.at(-1)} ${textOf(messages).length}`;
}

for (const fault of faults) if (!fault.waits) await Promise.all(providers.map((provider) => play(fault, provider)));
// The silent ones at once, because of the time that they take.
const silent = faults.filter(({ waits }) => waits !== undefined);
await Promise.all(silent.flatMap((fault) => providers.map((provider) => play(fault, provider))));

if (strays) {
  void Promise.reject(new Error('a stray rejection'));
  setImmediate(() => {
    throw new Error('a stray exception');
  });
}
// Asked when nothing is left to be done: what comes late is seen, and no exit is forced.
process.on('exit', () => {
  process.stdout.write(JSON.stringify({ unhandled, ends }));
});
