// Gives one run to three subscribers: one who comes first, one in the middle, one after the end.
import { lastValueFrom, take, toArray } from 'rxjs';
import { demo } from 'rxllm/demo';
import { createHub } from 'rxllm/server';

const hub = createHub();
hub.publish('hello', demo({ chunkMs: 2 }).prompt('Hello'));

const first = lastValueFrom(hub.attach('hello').pipe(toArray()));
await lastValueFrom(hub.attach('hello').pipe(take(20)));
console.log(`The run is ${hub.list()[0]?.state}.`);

const second = lastValueFrom(hub.attach('hello').pipe(toArray()));
const [seen] = await Promise.all([first, second]);
const third = await lastValueFrom(hub.attach('hello').pipe(toArray()));

console.log(
  `${seen.length} events, from ${seen[0]?.event.type} to ${seen.at(-1)?.event.type}, numbered without holes.`,
);
console.log(`All see the same: ${JSON.stringify([await second, third]) === JSON.stringify([seen, seen])}`);

// The run is running.
// 53 events, from start to end, numbered without holes.
// All see the same: true
