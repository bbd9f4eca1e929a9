// What the log takes and refuses, which turns it gives, and how far it reads.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { take } from 'rxjs';
import { assistant, user, type JsonSchema, type Part, type ResponseJSON } from 'rxllm';
import { createLog, lowdbAdapter, memoryAdapter, openLog, type Log, type LogAdapter } from 'rxllm/store';
import { all, idsOf, timeOf, turnOf } from './turns.ts';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rxllm-log-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));
let count = 0;

const adapters = [
  ['memoryAdapter', () => memoryAdapter()],
  ['lowdbAdapter', () => lowdbAdapter(path.join(folder, String((count += 1))))],
] as const;

function refusal(message: string | RegExp) {
  const text: unknown = typeof message === 'string' ? message : expect.stringMatching(message);
  return expect.objectContaining({ name: 'LlmError', code: 'invalid_input', message: text }) as Error;
}

/** JSON that no type would let pass. */
function wrong(json: unknown): ResponseJSON {
  return json as ResponseJSON;
}

describe('arguments', () => {
  const log = openLog(path.join(folder, 'arguments'));
  const rule = 'up to 128 letters of A to Z, digits and . _ -, the first a letter or a digit';

  test.each(['', '..', '.hidden', 'a/b', 'a b', 'ü', 'x'.repeat(129)])('refuse the thread %j', async (thread) => {
    const message = `the name of a thread has ${rule}, not ${JSON.stringify(thread)}`;
    const shown = message.length > 190 ? /^the name of a thread has .*x…$/ : message;
    await expect(log.append(turnOf(1), { thread })).rejects.toEqual(refusal(shown));
    expect(await log.turn('turn-1')).toBeUndefined();
  });

  test.each([
    ['it', undefined, 'undefined'],
    ['it', 'text', '"text"'],
    ['model', { ...turnOf(1), model: 7 }, '7'],
    ['prompt', { ...turnOf(1), prompt: null }, 'null'],
    ['prompt.messages', { ...turnOf(1), prompt: {} }, 'undefined'],
    ['messages', { ...turnOf(1), messages: 'Hi' }, '"Hi"'],
    ['prompt.messages[1]', { ...turnOf(1), prompt: { messages: [user('Hi'), 'Ho'] } }, '"Ho"'],
    ['messages[0]', { ...turnOf(1), messages: [{ role: 'assistant' }] }, '{"role":"assistant"}'],
    ['messages[0]', { ...turnOf(1), messages: [{ role: 7, parts: [] }] }, '{"role":7,"parts":[]}'],
    ['messages[0].parts[1]', { ...turnOf(1), messages: [{ role: 'a', parts: [{ type: 'x' }, null] }] }, 'null'],
    ['messages[0].parts[0]', { ...turnOf(1), messages: [{ role: 'a', parts: [{ text: 'x' }] }] }, '{"text":"x"}'],
    ['id', { ...turnOf(1), id: '' }, '""'],
    ['id', { ...turnOf(1), id: 7 }, '7'],
  ])('refuse what is no response: its %s', async (what, json, shown) => {
    const message = `this is not the JSON of a response: ${what} is ${shown}`;
    await expect(log.append(wrong(json))).rejects.toEqual(refusal(message));
  });

  test('refuse another turn with the id of one that is there, and leave that', async () => {
    await log.append(turnOf(2));
    const message = 'the log has another turn with the id "turn-2"; give this one its own';
    const others = [
      turnOf(2, { messages: [assistant('something else')] }),
      turnOf(2, { prompt: { messages: [user('something else')] } }),
      turnOf(2, { status: 'failed' }),
      // The same messages, of which another one is the answer.
      turnOf(2, { prompt: { messages: [...turnOf(2).prompt.messages, ...turnOf(2).messages] }, messages: [] }),
    ];
    for (const other of others) await expect(log.append(other)).rejects.toEqual(refusal(message));
    expect(await log.response('turn-2')).toEqual(turnOf(2));
  });

  test('refuse at the call what is no date', async () => {
    const day = new Date('no date');
    expect(() => log.list({ from: day })).toThrow(refusal('from is a Date, not null'));
    const text = wrong('2026') as object as Date;
    expect(() => log.list({ before: text })).toThrow(refusal('before is a Date, not "2026"'));
    expect(() => log.search('a', { from: day })).toThrow(refusal('from is a Date, not null'));
    await expect(log.delete({ before: day })).rejects.toEqual(refusal('before is a Date, not null'));
    await expect(log.delete({} as { turn: string })).rejects.toEqual(refusal('before is a Date, not null'));
  });

  test.each([0, -1, NaN])('refuse keepDays %p', (keepDays) => {
    const message = `keepDays of a log is a number of days above 0, not ${keepDays}`;
    expect(() => createLog(memoryAdapter(), { keepDays })).toThrow(refusal(message));
  });

  test('refuse a folder that is no path', () => {
    expect(() => openLog('')).toThrow(refusal('the folder of a log is a path, not ""'));
    expect(() => openLog(JSON.parse('null') as string)).toThrow(refusal('the folder of a log is a path, not null'));
  });
});

describe.each(adapters)('a log on %s', (_, open) => {
  describe('keeps', () => {
    let log: Log;
    beforeEach(() => {
      log = createLog(open());
    });

    test('a turn without an id once, under an id made of what it says', async () => {
      const { id: _id, ...json } = turnOf(1);
      const first = await log.append(json);
      const again = await log.append(structuredClone(json));
      expect([first.isNew, again.isNew]).toEqual([true, false]);
      expect(first.turn.id).toMatch(/^sha256-[0-9a-f]{64}$/);
      expect(again.turn.id).toBe(first.turn.id);
      const other = await log.append({ ...json, model: 'model-b' });
      expect(other.isNew).toBe(true);
      expect(await log.response(first.turn.id)).toEqual(json);
    });

    test('a turn as it was when it was given, and what is known besides', async () => {
      const parts: Part[] = [{ type: 'text', text: 'answer' }];
      const given = turnOf(1, { messages: [{ role: 'assistant', parts }], usage: { details: { raw: { a: 1 } } } });
      const expected = structuredClone(given);
      const properties: Record<string, JsonSchema> = { name: { type: 'string' } };
      const tools = ['add'];
      const appending = log.append(given, { schema: { properties }, tools });
      parts.push({ type: 'text', text: '!' });
      Object.assign(given.usage!.details!.raw!, { a: 2 });
      properties.age = {};
      tools.push('sub');
      const { turn } = await appending;
      expect(await log.response('turn-1')).toEqual(expected);
      const details = { schema: { properties: { name: { type: 'string' } } }, tools: ['add'] };
      expect(turn.details).toEqual(details);
      expect((await log.turn('turn-1'))?.details).toEqual(details);
    });

    test('one thread for each turn that has none, called by the prompt', async () => {
      const long = 'Tell me\n\n  everything about the 🦀 that you know';
      await log.append(turnOf(1, { prompt: { messages: [user(long)] } }));
      await log.append(turnOf(2, { id: 'Ä ö' }));
      const [second, first] = await all(log.list());
      expect([first?.thread, first?.name]).toEqual(['turn-1', 'Tell me everything about the 🦀 …']);
      expect(Array.from(first!.name)).toHaveLength(32);
      expect(second?.thread).toMatch(/^sha256-[0-9a-f]{64}$/);
    });

    test('what failed twice without an answer, each with its whole history', async () => {
      const prompt = { messages: [user('Hi')] };
      for (const at of [1, 2, 3]) {
        await log.append(turnOf(at, { prompt, messages: [], status: 'failed' }), { thread: 't' });
      }
      expect((await all(log.thread('t'))).map((turn) => [turn.parent, turn.prompt])).toEqual(
        [1, 2, 3].map(() => [undefined, [user('Hi')]]),
      );
    });

    test('everything, with keepDays of any length', async () => {
      for (const keepDays of [Infinity, Number.MAX_VALUE, 1e9]) {
        const adapter = open();
        await createLog(adapter, { keepDays }).append(turnOf(1));
        expect(await createLog(adapter).response('turn-1')).toEqual(turnOf(1));
      }
    });
  });

  describe('gives', () => {
    let log: Log;
    beforeAll(async () => {
      log = createLog(open());
      const call = { type: 'tool_call', name: 'add', arguments: { a: 1 }, tool_call_id: 'c1' } as const;
      const sub = { ...call, name: 'sub', tool_call_id: 'c2' };
      await log.append(turnOf(1), { thread: 'a', tools: ['add'] });
      await log.append(turnOf(2, { model: 'model-b', messages: [assistant(call, call)] }), { thread: 'a' });
      await log.append(turnOf(3), { thread: 'b', resolved_model: 'model-a-2' });
      await log.append(turnOf(4, { messages: [assistant(call), assistant('and', sub)] }), { thread: 'b' });
    });

    test.each([
      ['everything', {}, [4, 3, 2, 1]],
      ['a model that was asked', { model: 'model-a' }, [4, 3, 1]],
      ['a model that answered', { model: 'model-a-2' }, [3]],
      ['a tool that was called, not one that was there', { tool: 'add' }, [4, 2]],
      ['a tool that was called in a later message', { tool: 'sub' }, [4]],
      ['a thread', { thread: 'a' }, [2, 1]],
      ['a thread that nobody has', { thread: 'c' }, []],
      ['a time and later', { from: timeOf(3) }, [4, 3]],
      ['before a time', { before: timeOf(3) }, [2, 1]],
      ['between two times', { from: timeOf(2), before: timeOf(4) }, [3, 2]],
      ['since ever', { from: new Date(-8.64e15) }, [4, 3, 2, 1]],
      ['after all that can be', { from: new Date(8.64e15) }, []],
      ['before all that can be', { before: new Date(8.64e15) }, [4, 3, 2, 1]],
      ['all that holds', { thread: 'b', tool: 'add', model: 'model-a', from: timeOf(1) }, [4]],
      ['nothing that holds in part only', { thread: 'a', tool: 'sub' }, []],
    ])('%s', async (_name, filter, expected) => {
      expect(await idsOf(log.list(filter))).toEqual(expected.map((at) => `turn-${at}`));
    });

    test('the turns anew to each subscriber', async () => {
      const list$ = log.list({ thread: 'a' });
      expect(await idsOf(list$)).toEqual(['turn-2', 'turn-1']);
      expect(await idsOf(list$)).toEqual(['turn-2', 'turn-1']);
      const found$ = log.search('question');
      const both = await Promise.all([idsOf(found$), idsOf(found$)]);
      expect(both.map(({ length }) => length)).toEqual([4, 4]);
    });

    test('a thread in its order', async () => {
      expect(await idsOf(log.thread('b'))).toEqual(['turn-3', 'turn-4']);
    });
  });

  test('orders turns of any time, and finds them by it', async () => {
    const log = createLog(open());
    const times = ['1970-01-01', '2026-01-01', '9999-12-31', '+012026-01-01', '+031000-01-01'];
    for (const [at, time] of times.entries()) await log.append(turnOf(at, { datetime_utc: `${time}T00:00:00.000Z` }));
    // The largest ULID is of the year 10889.
    await log.append(turnOf(9, { id: `7${'z'.repeat(25)}` }));
    const names = (await all(log.list())).map(({ name }) => name);
    expect(names).toEqual([4, 3, 9, 2, 1, 0].map((at) => `question ${at}`));
    expect(await idsOf(log.list({ from: new Date('+012000-01-01T00:00:00.000Z') }))).toEqual(['turn-4', 'turn-3']);
    expect(await log.delete({ before: new Date(8.64e15) })).toBe(6);
  });

  test('takes a time that no file could have for now', async () => {
    const log = createLog(open());
    await log.append(turnOf(1, { datetime_utc: '+200000-01-01T00:00:00.000Z' }));
    expect(await idsOf(log.list({ before: new Date(Date.now() + 1) }))).toEqual(['turn-1']);
  });
});

describe('reading', () => {
  /** An adapter that counts what is read of it. */
  function counting(): { readonly adapter: LogAdapter; readonly read: string[] } {
    const memory = memoryAdapter();
    const read: string[] = [];
    const adapter: LogAdapter = {
      ...memory,
      async *turns(query) {
        for await (const turn of memory.turns(query)) {
          read.push(turn.id);
          yield turn;
        }
      },
    };
    return { adapter, read };
  }

  async function filled(adapter: LogAdapter): Promise<Log> {
    const log = createLog(adapter);
    for (let at = 1; at <= 9; at += 1) await log.append(turnOf(at));
    return log;
  }

  test('stops where the subscriber has enough', async () => {
    const { adapter, read } = counting();
    const log = await filled(adapter);
    read.length = 0;
    expect(await idsOf(log.list().pipe(take(3)))).toEqual(['turn-9', 'turn-8', 'turn-7']);
    await log.idle();
    expect(read).toEqual(['turn-9', 'turn-8', 'turn-7']);
  });

  test('of a search stops at what is found', async () => {
    const { adapter, read } = counting();
    const log = await filled(adapter);
    read.length = 0;
    expect(await idsOf(log.search('"question 8"').pipe(take(1)))).toEqual(['turn-8']);
    expect(read).toEqual(['turn-9', 'turn-8']);
  });

  test('fails with what the adapter fails with, as storage', async () => {
    const cause = new Error('the disk is gone');
    const fail = () => {
      throw cause;
    };
    const log = createLog({ append: fail, turn: fail, turns: fail, message: fail, delete: fail });
    const failure: unknown = expect.objectContaining({ code: 'storage', message: 'the disk is gone', cause });
    await expect(log.append(turnOf(1))).rejects.toEqual(failure);
    await expect(log.turn('a')).rejects.toEqual(failure);
    await expect(log.response('a')).rejects.toEqual(failure);
    await expect(all(log.list())).rejects.toEqual(failure);
    await expect(all(log.search('a', { order: 'best' }))).rejects.toEqual(failure);
    await expect(log.delete({ thread: 'a' })).rejects.toEqual(failure);
  });
});

describe('idle', () => {
  test('resolves when all that is being appended is kept, or has failed', async () => {
    const memory = memoryAdapter();
    const answers: (() => void)[] = [];
    const log = createLog({
      ...memory,
      append: (turn, messages) =>
        new Promise<void>((resolve, reject) => {
          answers.push(() => (turn.id === 'turn-1' ? reject(new Error('no')) : resolve(memory.append(turn, messages))));
        }),
    });
    await log.idle();
    const order: string[] = [];
    const failing = log.append(turnOf(1)).catch(() => order.push('one has failed'));
    const keeping = log.append(turnOf(2)).then(() => order.push('one is kept'));
    const idle = log.idle().then(() => order.push('idle'));
    while (answers.length < 2) await new Promise<void>((resolve) => setImmediate(resolve));
    answers[0]!();
    await failing;
    answers[1]!();
    await Promise.all([keeping, idle]);
    expect(order).toEqual(['one has failed', 'one is kept', 'idle']);
    expect(await idsOf(log.list())).toEqual(['turn-2']);
  });
});
