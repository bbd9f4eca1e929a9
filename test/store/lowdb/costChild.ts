// Run by cost.test.ts: makes a log as long as is asked, and tells what a few more turns cost.
import { calls, type FileCall } from './fileCalls.ts';
import { firstValueFrom, take, toArray } from 'rxjs';
import type { Message } from 'rxllm';
import { lowdbAdapter, messageHash, openLog, type TurnRecord } from 'rxllm/store';
import { historyHashes } from '../../../src/store/contentHash.ts';
import { historyOf, idOf, makeTurn, timeOf, turnOf } from '../../support/logs.ts';

export interface CostTask {
  readonly folder: string;
  /** One thread, or one a turn. */
  readonly kind: 'thread' | 'threads';
  /** `grow` to that many turns; `measure` after that many; `goOn` with the last of them; `list` three. */
  readonly steps: readonly ('grow' | 'measure' | 'goOn' | 'list')[];
  readonly count: number;
}

/** For one append, or one listing. */
export interface Cost {
  readonly opened: number;
  readonly bytes: number;
  /** What else was asked of the file system. */
  readonly others: readonly string[];
}

const measured = 20;
const { folder, kind, steps, count }: CostTask = JSON.parse(process.argv[2]!);
const log = openLog(folder);

/** Many at a time. */
async function doAll(work: (at: number) => PromiseLike<unknown> | void): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 64 }, worker));
}

/** What append() makes of such turns, without going through the whole history for each of them. */
async function growThread(): Promise<void> {
  const adapter = lowdbAdapter(folder);
  const messages = historyOf(count);
  const hashes = messages.map(messageHash);
  const histories = historyHashes(hashes);
  await doAll((at) => {
    const [asked, answered] = [2 * at, 2 * at + 1];
    const record: TurnRecord = {
      id: idOf(at),
      thread: idOf(0),
      name: `question ${String(at).padStart(6, '0')} of 000000`,
      time: timeOf(at),
      ...(at > 0 && { parent: idOf(at - 1) }),
      prompt: [hashes[asked]!],
      messages: [hashes[answered]!],
      history: histories[answered]!,
      response: makeTurn(at, [], []),
    };
    const said = [asked, answered].map((index) => [hashes[index]!, messages[index]!] as const);
    return adapter.append(record, new Map(said));
  });
}

async function grow(): Promise<void> {
  if (kind === 'thread') await growThread();
  else await doAll((at) => log.append(turnOf(at, 0, [])));
}

/** Appends turns one after another: the first goes on with that history, each other with that of the one before. */
async function measure(given: readonly Message[]): Promise<Cost> {
  const history = [...given];
  const thread = kind === 'thread' ? idOf(0) : undefined;
  const append = async (number: number) => {
    const turn = turnOf(number, 0, history);
    await log.append(turn, { thread });
    if (kind === 'thread') history.push(...turn.prompt.messages.slice(-1), ...turn.messages);
  };
  // One to be warm.
  if (steps.includes('grow')) await append(count);
  const from = calls.length;
  const first = steps.includes('grow') ? count + 1 : count;
  for (let at = 0; at < measured; at += 1) await append(first + at);
  return costOf(from, measured);
}

async function goOn(): Promise<Cost> {
  const { prompt, messages } = (await log.response(idOf(count - 1)))!;
  const history = [...prompt.messages, ...messages];
  const thread = (await log.turn(idOf(count - 1)))!.thread;
  const from = calls.length;
  for (let at = 0; at < measured; at += 1) {
    const turn = turnOf(count + at, 0, history);
    await log.append(turn, { thread });
    history.push(...turn.prompt.messages.slice(-1), ...turn.messages);
  }
  return costOf(from, measured);
}

async function list(): Promise<Cost> {
  const from = calls.length;
  const turns = await firstValueFrom(log.list().pipe(take(3), toArray()));
  if (turns.length !== 3) throw new Error(`there are ${turns.length} turns`);
  return costOf(from, 1);
}

function costOf(from: number, number: number): Cost {
  const taken = calls.slice(from);
  const isOpening = ({ name }: FileCall) => /^(open|read|write|append)/.test(name);
  return {
    opened: taken.filter(isOpening).length / number,
    bytes: taken.reduce((sum, { bytes }) => sum + bytes, 0) / number,
    others: [...new Set(taken.filter((call) => !isOpening(call)).map(({ name }) => name))].toSorted(),
  };
}

const costs: Partial<Record<CostTask['steps'][number], Cost>> = {};
for (const step of steps) {
  if (step === 'grow') await grow();
  else if (step === 'measure') costs.measure = await measure(kind === 'thread' ? historyOf(count) : []);
  else costs[step] = await (step === 'goOn' ? goOn() : list());
}
console.log(JSON.stringify(costs));
