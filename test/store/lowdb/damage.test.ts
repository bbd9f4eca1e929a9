// Files of a log that are not as they were written: what is lost, who is told, and that nothing else is lost.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { assistant, system, user, type LlmError, type Message, type ResponseJSON } from 'rxllm';
import { messageHash, openLog, type ContentHash, type Damage, type Log, type LoggedTurn } from 'rxllm/store';
import { idsOf, turnOf } from '../turns.ts';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-damage-'));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
const numRuns = process.env.RXLLM_FULL ? 2000 : 40;
let count = 0;

/** Threads of three, two and one turns, a branch, and instructions that all but one have. */
const instructions = system('Be brief, be kind, and say Zürich 🦀.');
const given = new Map<string, { readonly json: ResponseJSON; readonly thread: string }>();
const [a1, a2] = [add('a', 1), add('a', 2, 'turn-1')];
add('a', 3, 'turn-2');
add('a', 4, 'turn-1');
add('b', 5);
add('b', 6, 'turn-5');
given.set('Ä 7', { thread: 'c', json: turnOf(7, { id: 'Ä 7', messages: [assistant('answer 1')] }) });
given.set('no time', { thread: 'c', json: { model: 'm', prompt: { messages: [] }, messages: [], id: 'no time' } });

function add(thread: string, number: number, before?: string): ResponseJSON {
  const first = { prompt: { messages: [instructions, user(`question ${number}`)] } };
  const json = turnOf(
    number,
    before === undefined ? first : {},
    before && given.get(before) ? given.get(before)!.json : undefined,
  );
  given.set(json.id!, { thread, json });
  return json;
}

/** The log as it was written, the turns in it, and its files. */
const original = path.join(root, 'original');
const turns = new Map<string, LoggedTurn>();
let files: readonly string[];
/** Of files of turns and messages, what is in them. */
const holds = new Map<string, { readonly turn?: string; readonly message?: ContentHash }>();

beforeAll(async () => {
  const log = openLog(original, { onDamage: fail });
  for (const { json, thread } of given.values()) await log.append(json, { thread });
  for (const id of given.keys()) turns.set(id, (await log.turn(id))!);
  files = filesIn(original);
  for (const file of files) {
    const text = fs.readFileSync(path.join(original, file), 'utf8');
    if (file.startsWith('turns')) holds.set(file, { turn: (JSON.parse(text.split('\n')[1]!) as { id: string }).id });
    if (file.startsWith('messages')) holds.set(file, { message: messageHash(JSON.parse(text) as Message) });
  }
});

function filesIn(folder: string): readonly string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => fs.statSync(path.join(folder, name)).isFile())
    .toSorted();
}

function fail(damage: Damage): never {
  throw new Error(JSON.stringify(damage));
}

function copy(): string {
  const folder = path.join(root, String((count += 1)));
  fs.cpSync(original, folder, { recursive: true });
  return folder;
}

/** What happens to a file. Numbers below one are shares of its length. */
type Fault =
  | { readonly kind: 'change'; readonly at: number; readonly by: number }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'duplicate'; readonly at: number; readonly share: number }
  | { readonly kind: 'empty' };

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ kind: fc.constant('change' as const), at: share, by: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: share }),
  fc.record({ kind: fc.constant('duplicate' as const), at: share, share }),
  fc.constant({ kind: 'empty' as const }),
);

function damaged(bytes: Buffer, what: Fault): Buffer {
  if (what.kind === 'empty') return Buffer.alloc(0);
  const at = Math.floor(what.at * bytes.length);
  if (what.kind === 'cut') return bytes.subarray(0, at);
  if (what.kind === 'duplicate') {
    const end = at + 1 + Math.floor(what.share * (bytes.length - at));
    return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
  }
  const changed = Buffer.from(bytes);
  changed[at]! ^= what.by;
  return changed;
}

/** What is left of a turn where these turns and messages are lost. */
interface Lost {
  readonly turns: ReadonlySet<string>;
  readonly messages: ReadonlySet<ContentHash>;
}

function without(turn: LoggedTurn, { messages: lost }: Lost): LoggedTurn {
  const isThere = (message: Message) => !lost.has(messageHash(message));
  const [prompt, messages] = [turn.prompt.filter(isThere), turn.messages.filter(isThere)];
  const missing = [...turn.prompt, ...turn.messages].map(messageHash).filter((hash) => lost.has(hash));
  return { ...turn, prompt, messages, ...(missing.length > 0 && { missing: [...new Set(missing)] }) };
}

/** The JSON of a turn as far as it is there, and whether that is all. */
function rest(id: string, lost: Lost): { readonly json: ResponseJSON; readonly isWhole: boolean } {
  const { json } = given.get(id)!;
  const history: Message[] = [...turns.get(id)!.prompt];
  let { parent } = turns.get(id)!;
  while (parent !== undefined && !lost.turns.has(parent)) {
    const turn: LoggedTurn = turns.get(parent)!;
    history.unshift(...turn.prompt, ...turn.messages);
    ({ parent } = turn);
  }
  const isThere = (message: Message) => !lost.messages.has(messageHash(message));
  const [messages, said] = [history.filter(isThere), json.messages.filter(isThere)];
  const isWhole = parent === undefined && messages.length === history.length && said.length === json.messages.length;
  return { json: { ...json, prompt: { ...json.prompt, messages }, messages: said }, isWhole };
}

/** The log gives all that is not lost, and says of the rest that it is. */
async function expectAllBut(log: Log, lost: Lost): Promise<void> {
  const left = [...given.keys()].filter((id) => !lost.turns.has(id));
  expect(await idsOf(log.list())).toEqual(left.toReversed());
  for (const id of lost.turns) {
    expect(await log.turn(id)).toBeUndefined();
    expect(await log.response(id)).toBeUndefined();
  }
  for (const id of left) {
    expect(await log.turn(id)).toEqual(without(turns.get(id)!, lost));
    const { json, isWhole } = rest(id, lost);
    if (isWhole) expect(await log.response(id)).toEqual(json);
    else {
      const error = await log.response(id).catch((reason: LlmError) => reason);
      const message = expect.stringMatching(/^the history of turn "[^"]+" is not whole: .* (is|are) lost$/) as string;
      expect(error).toMatchObject({ name: 'LlmError', code: 'storage', message });
      expect((error as LlmError).partial).toEqual(json);
    }
  }
}

/** Everything is there, whoever looks. */
async function expectAll(folder: string): Promise<void> {
  const log = openLog(folder, { onDamage: fail });
  expect((await idsOf(log.list())).toSorted()).toEqual([...given.keys(), 'turn-9'].toSorted());
  for (const [id, { json }] of given) expect(await log.response(id)).toEqual(json);
}

describe('damage', () => {
  const some = fc.uniqueArray(fc.tuple(fc.nat(1000), fault), {
    minLength: 1,
    maxLength: 3,
    selector: ([at]) => at % holds.size,
  });

  test('of any files loses what is in them and nothing else, is told, and is mended by appending again', async () => {
    await fc.assert(
      fc.asyncProperty(some, fc.boolean(), async (faults, isReadFirst) => {
        const folder = copy();
        const lost = { turns: new Set<string>(), messages: new Set<ContentHash>() };
        const broken = new Map<string, Buffer>();
        for (const [at, what] of faults) {
          const file = [...holds.keys()][at % holds.size]!;
          const { turn, message } = holds.get(file)!;
          if (turn !== undefined) lost.turns.add(turn);
          if (message !== undefined) lost.messages.add(message);
          const whole = path.join(folder, file);
          const bytes = damaged(fs.readFileSync(whole), what);
          fs.writeFileSync(whole, bytes);
          broken.set(whole, bytes);
        }
        const told: Damage[] = [];
        const log = openLog(folder, { onDamage: (damage) => told.push(damage) });
        if (isReadFirst) await expectAllBut(log, lost);

        // It takes more, also what says again what is damaged.
        const more = turnOf(9, { prompt: { messages: [instructions, user('question 1')] }, messages: a2.messages });
        expect((await log.append(more)).isNew).toBe(true);
        expect(await log.response('turn-9')).toEqual(more);
        for (const [id, { json, thread }] of given) {
          expect((await log.append(json, { thread })).isNew).toBe(lost.turns.has(id));
        }
        await expectAll(folder);

        for (const { path: file, reason, setAside } of told) {
          expect(reason).not.toBe('');
          expect(path.dirname(setAside!)).toBe(path.join(folder, 'damaged'));
          expect(fs.readFileSync(setAside!)).toEqual(broken.get(file));
        }
        expect(told.map((damage) => damage.path).toSorted()).toEqual([...broken.keys()].toSorted());
        fs.rmSync(folder, { recursive: true });
      }),
      { numRuns },
    );
  }, 600_000);

  test('of an index is none: its files say nothing', async () => {
    const folder = copy();
    for (const file of files.filter((name) => !holds.has(name))) fs.writeFileSync(path.join(folder, file), 'anything');
    await expectAllBut(openLog(folder, { onDamage: fail }), { turns: new Set(), messages: new Set() });
  });

  test.each([['days'], ['threads'], ['days', 'threads']])(
    'that takes away %s is mended by reading',
    async (...gone) => {
      for (const isAppendedFirst of [false, true]) {
        const folder = copy();
        for (const name of gone) fs.rmSync(path.join(folder, name), { recursive: true });
        const log = openLog(folder, { onDamage: fail });
        if (isAppendedFirst) await log.append(turnOf(9));
        const ids = [...given.keys(), ...(isAppendedFirst ? ['turn-9'] : [])];
        expect((await idsOf(log.list())).toSorted()).toEqual(ids.toSorted());
        expect(await idsOf(log.thread('b'))).toEqual(['turn-5', 'turn-6']);
      }
    },
  );

  test('that gives a turn the name of another loses that one alone', async () => {
    const folder = copy();
    const fileOf = (id: string) => path.join(folder, [...holds].find(([, { turn }]) => turn === id)![0]);
    fs.copyFileSync(fileOf('turn-1'), fileOf('turn-6'));
    const told: Damage[] = [];
    const log = openLog(folder, { onDamage: (damage) => told.push(damage) });
    await expectAllBut(log, { turns: new Set(['turn-6']), messages: new Set() });
    expect(told).toMatchObject([{ path: fileOf('turn-6'), reason: 'it is turn "turn-1", under the name of another' }]);
  });

  test.each(['', 'no number', '0', '-1', '1.5'])('of a lock, that it says %j, holds nobody up', async (owner) => {
    const folder = copy();
    fs.writeFileSync(path.join(folder, 'lock'), owner);
    const log = openLog(folder, { onDamage: fail });
    expect(await log.delete({ turn: 'turn-6' })).toBe(1);
    expect(filesIn(folder).filter((name) => name.startsWith('lock'))).toEqual([]);
  });
});

describe('a file of a newer format', () => {
  const reason = 'it has format 2; this rxllm reads up to 1';
  let folder: string;
  let file: string;
  let text: string;
  let told: Damage[];
  let log: Log;

  beforeEach(() => {
    folder = copy();
    file = path.join(folder, [...holds].find(([, { turn }]) => turn === 'turn-2')![0]);
    const body = '{"turn":"as nobody knows it yet"}\n';
    const hash = createHash('sha256').update(`2\n${body}`).digest('hex');
    text = `{"format":2,"hash":"sha256:${hash}"}\n${body}`;
    fs.writeFileSync(file, text);
    told = [];
    log = openLog(folder, { onDamage: (damage) => told.push(damage) });
  });
  afterEach(() => {
    expect(fs.readFileSync(file, 'utf8')).toBe(text);
    expect(fs.existsSync(path.join(folder, 'damaged'))).toBe(false);
  });

  test('is told and left, and all other turns are there', async () => {
    await expectAllBut(log, { turns: new Set(['turn-2']), messages: new Set() });
    for (const damage of told) expect(damage).toEqual({ path: file, reason });
    expect(told).not.toEqual([]);
    await log.append(turnOf(9));
    expect(await log.response('turn-9')).toEqual(turnOf(9));
  });

  test('lets nothing be deleted', async () => {
    const failure = { name: 'LlmError', code: 'storage', message: `${file} cannot be used: ${reason}` };
    await expect(log.delete({ turn: 'turn-6' })).rejects.toMatchObject(failure);
    await expect(log.delete({ thread: 'b' })).rejects.toMatchObject(failure);
    await expectAllBut(log, { turns: new Set(['turn-2']), messages: new Set() });
    const aside = `${file}.aside`;
    fs.renameSync(file, aside);
    expect(await log.delete({ thread: 'b' })).toBe(2);
    fs.renameSync(aside, file);
  });

  test('is not written over by the turn that it has', async () => {
    const failure = { name: 'LlmError', code: 'storage', message: `${file} cannot be used: ${reason}` };
    await expect(log.append(a2, { thread: 'a' })).rejects.toMatchObject(failure);
    expect((await log.append(a1, { thread: 'a' })).isNew).toBe(false);
  });

  test('lets no index be made without it', async () => {
    fs.rmSync(path.join(folder, 'days'), { recursive: true });
    for (const _ of [1, 2]) {
      await expect(idsOf(log.list())).rejects.toMatchObject({
        code: 'storage',
        message: `${file} cannot be used: ${reason}`,
      });
    }
    expect(await log.response('turn-1')).toEqual(a1);
  });
});
