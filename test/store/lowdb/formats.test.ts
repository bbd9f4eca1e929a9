// Logs of every format that there ever was are read: each has a corpus, which never changes.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { assistant, user, type JsonObject, type ResponseJSON } from 'rxllm';
import { openLog, type Damage, type LoggedTurn, type TurnRecord } from 'rxllm/store';
import { DamagedError, NewerFormatError } from '../../../src/store/lowdb/damage.ts';
import { createTurnCodec, currentFormat } from '../../../src/store/lowdb/turnCodec.ts';
import { checksums, sumsFile } from '../corpus/checksums.ts';
import { all } from '../turns.ts';

const corpora = fileURLToPath(new URL('../corpus/', import.meta.url));
const formats = Array.from({ length: currentFormat }, (_, at) => at + 1);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-formats-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function refuse(damage: Damage): never {
  throw new Error(JSON.stringify(damage));
}

test('there is a corpus of every format, and of no other', () => {
  const folders = fs.readdirSync(corpora, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).toSorted()).toEqual(formats.map((format) => `v${format}`).toSorted());
});

describe.each(formats)('format %d', (format) => {
  const corpus = path.join(corpora, `v${format}`);
  const copy = path.join(folder, `v${format}`);
  let expected: readonly { readonly turn: LoggedTurn; readonly response: ResponseJSON }[];

  beforeAll(() => {
    fs.cpSync(corpus, copy, { recursive: true });
    expected = JSON.parse(fs.readFileSync(path.join(corpus, 'expected.json'), 'utf8')) as typeof expected;
  });

  test('has the files that it was written with', () => {
    expect(checksums(corpus)).toBe(fs.readFileSync(path.join(corpus, sumsFile), 'utf8'));
  });

  test('is read: every turn, its whole history, and in its order', async () => {
    expect(expected.length).toBeGreaterThan(4);
    const log = openLog(path.join(copy, 'log'), { onDamage: refuse });
    expect(await all(log.list())).toEqual(expected.map(({ turn }) => turn));
    for (const { turn, response } of expected) {
      expect(await log.turn(turn.id)).toEqual(turn);
      expect(await log.response(turn.id)).toEqual(response);
    }
    // Reading writes nothing.
    expect(checksums(copy)).toBe(checksums(corpus));
  });

  test('is read without its index', async () => {
    const bare = path.join(folder, `v${format}-without`);
    fs.cpSync(path.join(corpus, 'log'), bare, { recursive: true });
    for (const index of ['days', 'threads']) fs.rmSync(path.join(bare, index), { recursive: true });
    const log = openLog(bare, { onDamage: refuse });
    expect(await all(log.list())).toEqual(expected.map(({ turn }) => turn));
  });

  test('takes turns that follow on those it has, knows them, and deletes them', async () => {
    const changed = path.join(folder, `v${format}-changed`);
    fs.cpSync(path.join(corpus, 'log'), changed, { recursive: true });
    const log = openLog(changed, { onDamage: refuse });
    for (const { turn, response } of expected) {
      expect((await log.append(response, { thread: turn.thread })).isNew).toBe(false);
    }
    const [last] = await all(log.thread('Branch_1.x'));
    const { response } = expected.find(({ turn }) => turn.id === last!.id)!;
    const messages = [...response.prompt.messages, ...response.messages, user('And?')];
    const next = { model: 'm', prompt: { messages }, messages: [assistant('No.')], id: 'next' };
    expect((await log.append(next, { thread: 'Branch_1.x' })).turn).toMatchObject({ parent: last!.id });
    expect(await log.delete({ thread: 'trip' })).toBe(3);
    expect(await log.response('next')).toEqual(next);
    expect(await log.response(last!.id)).toEqual(response);
  });
});

describe('a format to come', () => {
  const first = createTurnCodec(new Map(), 1);
  const second = (turn: JsonObject): JsonObject => ({ ...turn, name: `2: ${turn.name as string}` });
  const third = (turn: JsonObject): JsonObject => ({ ...turn, name: `3, ${turn.name as string}` });
  const turns = path.join(corpora, 'v1/log/turns');
  const files = fs
    .readdirSync(turns, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => [name, fs.readFileSync(path.join(turns, name))] as const);

  test.each(files)('reads the file %s of the first format', (_name, bytes) => {
    const turn = first.decode(bytes);
    const later = createTurnCodec(new Map([[1, second]]), 2).decode(bytes);
    expect(later).toEqual({ ...turn, name: `2: ${turn.name}` });
    const upcasters = new Map([
      [2, third],
      [1, second],
    ]);
    expect(createTurnCodec(upcasters, 3).decode(bytes)).toEqual({ ...turn, name: `3, 2: ${turn.name}` });
  });

  test('reads what it writes as it is, and what the format before it writes', () => {
    const turn = first.decode(files[0]![1]);
    const codec = createTurnCodec(new Map([[1, second]]), 2);
    const text = Buffer.from(codec.encode(turn));
    expect(text.toString()).toMatch(/^\{"format":2,"hash":"sha256:[0-9a-f]{64}"\}\n\{/);
    expect(codec.decode(text)).toEqual(turn);
    expect(createTurnCodec(new Map([[2, third]]), 3).decode(text)).toEqual({ ...turn, name: `3, ${turn.name}` });
  });

  test('is known as such by the first, and is not taken for damage', () => {
    const turn = first.decode(files[0]![1]);
    const text = createTurnCodec(new Map(), 2).encode(turn);
    const read = () => first.decode(Buffer.from(text));
    expect(read).toThrow(NewerFormatError);
    expect(read).toThrow('it has format 2; this rxllm reads up to 1');
    // The number itself is part of what the hash says.
    const forged = () => first.decode(Buffer.from(text.replace('"format":2', '"format":3')));
    expect(forged).toThrow(DamagedError);
  });

  test('needs somebody who reads the first', () => {
    const read = () => createTurnCodec(new Map([[2, third]]), 3).decode(files[0]![1]);
    expect(read).toThrow(new DamagedError('nothing reads format 1'));
  });

  test('reads what it was written as, and nothing else', () => {
    const turn: TurnRecord = first.decode(files[0]![1]);
    expect(first.encode(turn)).toBe(files[0]![1].toString());
  });
});
