// A log in a place of your own, here a key-value storage: five methods, and tests that every adapter must pass.
import { user, assistant, type Message } from 'rxllm';
import {
  createLog,
  logConformance,
  withoutTurns,
  type ContentHash,
  type LogAdapter,
  type TurnRecord,
} from 'rxllm/store';

function storageAdapter(storage: Map<string, string>): LogAdapter {
  const read = <T>(key: string) => JSON.parse(storage.get(key) ?? 'null') as T | null;
  const write = (turn: TurnRecord) => storage.set(`turn ${turn.id}`, JSON.stringify(turn));
  const all = () =>
    [...storage.keys()].filter((key) => key.startsWith('turn ')).flatMap((key) => read<TurnRecord>(key) ?? []);
  return {
    append(turn, messages) {
      for (const [hash, message] of messages) storage.set(hash, JSON.stringify(message));
      write(turn);
    },
    turn: (id) => read<TurnRecord>(`turn ${id}`) ?? undefined,
    turns: ({ thread, from = 0, before = Infinity, order }) =>
      all()
        .filter((turn) => (thread ?? turn.thread) === turn.thread && turn.time >= from && turn.time < before)
        .toSorted((a, b) => (order === 'oldest' ? 1 : -1) * (a.time - b.time || (a.id < b.id ? -1 : 1))),
    message: (hash: ContentHash) => read<Message>(hash) ?? undefined,
    delete(ids) {
      const { changed, unused } = withoutTurns(all(), ids);
      for (const key of [...[...ids].map((id) => `turn ${id}`), ...unused]) storage.delete(key);
      for (const turn of changed) write(turn);
    },
  };
}

// In a project this is a test: `for (const { name, run } of logConformance(…)) test(name, run);`
const tests = logConformance(() => storageAdapter(new Map()));
for (const { run } of tests) await run();
console.log('conforms:', tests.length > 10);

const log = createLog(storageAdapter(new Map()));
const { turn } = await log.append({ model: 'm', prompt: { messages: [user('Hi')] }, messages: [assistant('Hello')] });
console.log((await log.turn(turn.id))?.messages[0]?.parts);

// conforms: true
// [ { type: 'text', text: 'Hello' } ]
