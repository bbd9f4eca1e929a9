// One measurement of log.js: makes the log, or asks it one thing.
import { lastValueFrom, take, toArray } from 'rxjs';
import { assistant, system, user } from 'rxllm';
import { openLog } from 'rxllm/store';

const [what, folder, turns] = process.argv.slice(2);
const log = openLog(folder);
const words = 'copper meadow lantern harbour violet thunder saddle orchard marble compass willow ember'.split(' ');
const base32 = '0123456789abcdefghjkmnpqrstvwxyz';

let state = 1;
const say = (count) => {
  const next = () => (state = (state * 48_271) % 2_147_483_647);
  return Array.from({ length: count }, () => words[next() % words.length]).join(' ');
};

function idOf(time) {
  let stamp = '';
  for (let digit = 0, rest = time; digit < 10; digit += 1, rest = Math.floor(rest / 32))
    stamp = base32[rest % 32] + stamp;
  return stamp + '0'.repeat(16);
}

async function make(count) {
  const instructions = system('Answer in one paragraph.');
  const heads = new Map();
  const append = async (index) => {
    const thread = `thread-${index % 500}`;
    const time = Date.UTC(2026, 0, 1) + index * 60_000;
    const history = heads.get(thread) ?? [instructions];
    const prompt = [...history, user(say(30))];
    const answer = assistant(`${say(200)}${index % 1000 === 7 ? ' foghorn' : ''}`);
    heads.set(thread, [...prompt, answer]);
    const datetime_utc = new Date(time).toISOString();
    await log.append(
      { model: 'm', prompt: { messages: prompt }, messages: [answer], id: idOf(time), datetime_utc },
      { thread },
    );
  };
  const begun = performance.now();
  for (let index = 0; index < count; index += 32) {
    await Promise.all(Array.from({ length: Math.min(32, count - index) }, (_, at) => append(index + at)));
  }
  return performance.now() - begun;
}

const asked = {
  nothing: () => undefined,
  last3: () => log.list().pipe(take(3)),
  first: () => log.search('foghorn').pipe(take(3)),
  newest: () => log.search('foghorn'),
  best: () => log.search('foghorn lantern', { order: 'best' }),
};
const counts = { last3: 3, first: 3, newest: 10, best: 10 };

if (what === 'make') console.log(JSON.stringify({ ms: await make(Number(turns)) }));
else {
  const found$ = asked[what]();
  const found = found$ ? await lastValueFrom(found$.pipe(toArray())) : [];
  if (found.length !== (counts[what] ?? 0)) throw new Error(`${what} found ${found.length}`);
  // Of the process, from its start.
  console.log(JSON.stringify({ all: performance.now() }));
}
