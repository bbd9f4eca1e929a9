// The log as lines of JSON: what goes out comes in again the same, from Python llm too.
import readline from 'node:readline';
import { Readable } from 'node:stream';
import * as fc from 'fast-check';
import { firstValueFrom, take } from 'rxjs';
import { assistant, LlmError, user, type JsonObject, type JsonValue, type Message, type ResponseJSON } from 'rxllm';
import {
  createLog,
  exportTurns,
  importTurns,
  memoryAdapter,
  messageHash,
  type AppendOptions,
  type TurnLine,
  type Log,
} from 'rxllm/store';
import { goldenCases, type ResponseCase } from '../support/golden.ts';
import { needs } from '../support/needs.ts';
import { all, timeOf, turnOf } from './turns.ts';

const numRuns = process.env.RXLLM_FULL ? 2000 : 100;

function newLog(): Log {
  return createLog(memoryAdapter());
}

interface Given {
  readonly json: ResponseJSON;
  readonly options: AppendOptions;
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('\n', '\u2028', '"', '🦀', '\ud800'),
);
const json = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const object = fc
  .dictionary(text, json, { maxKeys: 3 })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

const answer: fc.Arbitrary<readonly Message[]> = fc.oneof(
  fc.constant([]),
  text.map((said) => [assistant(said)]),
  fc
    .record({ said: text, args: json, id: text })
    .map(({ said, args, id }): readonly Message[] => [
      assistant(
        { type: 'reasoning', text: said, redacted: true, provider_metadata: { a: { signature: said } } },
        { type: 'tool_call', name: 'add', arguments: args, tool_call_id: id },
      ),
      { role: 'tool', parts: [{ type: 'tool_result', name: 'add', output: said, tool_call_id: id }] },
      assistant({ type: 'attachment', attachment: { type: 'image/png', content: 'AAAA' } }),
    ]),
);

const turn = fc.record(
  {
    /** Which of the turns so far it follows on. */
    on: fc.nat(20),
    thread: fc.constantFrom('a', 'b', undefined),
    asked: text,
    answer,
    id: fc.constantFrom('ulid', 'other', undefined),
    model: text,
    options: object,
    details: fc.record(
      { resolved_model: text, duration_ms: fc.nat(), schema: object, tools: fc.array(text) },
      {
        requiredKeys: [],
      },
    ),
    status: fc.constantFrom('failed' as const, 'aborted' as const, undefined),
    usage: fc.constantFrom(undefined, { input: 1, output: 2, details: { cached: 1 } }),
  },
  { requiredKeys: ['on', 'thread', 'asked', 'answer', 'id', 'model', 'details'] },
);

/** Random threads: each turn begins later than the one before, and follows on any that is there. */
const threads: fc.Arbitrary<readonly Given[]> = fc.array(turn, { maxLength: 12 }).map((turns) => {
  const made: ResponseJSON[] = [];
  return turns.map(({ on, thread, asked, answer: messages, id, model, options, details, status, usage }, at) => {
    const before = on < made.length ? made[on] : undefined;
    const next = turnOf(at, { model, messages, datetime_utc: timeOf(at).toISOString() }, before);
    const { id: _, ...nameless } = next;
    const whole: ResponseJSON = {
      ...nameless,
      prompt: { messages: [...next.prompt.messages.slice(0, -1), user(asked)], ...(options && { options }) },
      ...(id === 'ulid' && { id: ulid(at) }),
      ...(id === 'other' && { id: `${asked}-${at}` }),
      ...(status && { status, incomplete: [{ name: 'add', arguments_raw: '{', tool_call_id: asked }] }),
      ...(usage && { usage }),
    };
    made.push(whole);
    return { json: whole, options: { ...details, ...(thread !== undefined && { thread }) } };
  });
});

function ulid(number: number): string {
  let [stamp, rest] = ['', timeOf(number).getTime()];
  for (let at = 0; at < 10; at += 1) {
    stamp = '0123456789abcdefghjkmnpqrstvwxyz'.charAt(rest % 32) + stamp;
    rest = Math.floor(rest / 32);
  }
  return `${stamp}${'0'.repeat(16)}`;
}

/** All that a log knows. Which turn another one follows on is how it is kept, and not what it says. */
async function contents(log: Log) {
  const turns = await all(log.list());
  return Promise.all(
    turns.map(async ({ parent: _, prompt: __, ...turnOfIt }) => ({
      turnOfIt,
      response: await log.response(turnOfIt.id),
    })),
  );
}

async function linesOf(log: Log): Promise<readonly string[]> {
  return all(exportTurns(log));
}

describe('lines', () => {
  test('of any log make another log the same, and change nothing a second time', async () => {
    await fc.assert(
      fc.asyncProperty(threads, async (given) => {
        const log = newLog();
        for (const { json: response, options } of given) await log.append(response, options);
        const before = await contents(log);
        expect(before).toHaveLength(given.length);
        const lines = await linesOf(log);
        const other = newLog();
        expect(await importTurns(other, lines)).toEqual({ added: given.length, known: 0 });
        expect(await contents(other)).toEqual(before);
        expect(await importTurns(other, lines)).toEqual({ added: 0, known: given.length });
        expect(await contents(other)).toEqual(before);
        expect(await linesOf(other)).toEqual(lines);
        // Nor does the first log change by what came out of it.
        expect(await importTurns(log, lines)).toEqual({ added: 0, known: given.length });
        expect(await contents(log)).toEqual(before);
      }),
      { numRuns },
    );
  });

  test('are the JSON of responses, the oldest first, with what the log knows besides', async () => {
    const log = newLog();
    const first = turnOf(1);
    const second = turnOf(2, {}, first);
    await log.append(second, { thread: 't', resolved_model: 'a-1', duration_ms: 7 });
    await log.append(first, { thread: 't' });
    const lines = await linesOf(log);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { ...first, rxllm: { thread: 't' } },
      { ...second, rxllm: { thread: 't', resolved_model: 'a-1', duration_ms: 7 } },
    ]);
    expect(await all(exportTurns(log, { from: timeOf(2) }))).toEqual(lines.slice(1));
    expect(await all(exportTurns(log).pipe(take(1)))).toEqual(lines.slice(0, 1));
  });

  test('have no line break in them, whatever a turn says', async () => {
    const log = newLog();
    const given = turnOf(1, { messages: [assistant('a\nb\r\nc\u2028d\u0085e')] });
    await log.append(given);
    const [line = ''] = await linesOf(log);
    const other = newLog();
    await importTurns(other, readline.createInterface({ input: Readable.from([`${line}\n`]) }));
    expect(await other.response('turn-1')).toEqual(given);
  });

  test('that are empty are left out, and those of others have threads of their own', async () => {
    const log = newLog();
    const line = JSON.stringify(turnOf(1));
    expect(await importTurns(log, ['', line, '  ', `${line}\r`])).toEqual({ added: 1, known: 1 });
    expect(await log.turn('turn-1')).toMatchObject({ thread: 'turn-1' });
  });

  test.each([
    ['what is no JSON', '{"model":', /^line 3 is not JSON: /],
    ['what is no object', '7', /^line 3 is 7, not the JSON of a response$/],
    ['what is nothing', 'null', /^line 3 is null, not the JSON of a response$/],
    ['what is no response', '{"model":1}', /^line 3: this is not the JSON of a response: model is 1$/],
    [
      'a part that is none',
      JSON.stringify(turnOf(2)).replace(/\{"type":"text","text":"answer 2"\}/, 'null'),
      /^line 3: .* is null$/,
    ],
    [
      'a thread that cannot be one',
      JSON.stringify({ ...turnOf(2), rxllm: { thread: '../up' } }),
      /^line 3: the name of a thread/,
    ],
    [
      'what the log cannot know',
      JSON.stringify({ ...turnOf(2), rxllm: null }),
      /^line 3: rxllm is null, not an object$/,
    ],
    [
      'another turn with the id of one',
      JSON.stringify({ ...turnOf(1), model: 'b' }),
      /^line 3: the log has another turn/,
    ],
  ])('name the number of %s; those before it are kept', async (_what, line, message) => {
    const log = newLog();
    const lines = [JSON.stringify(turnOf(1)), '', line, JSON.stringify(turnOf(3))];
    const importing = importTurns(log, lines);
    await expect(importing).rejects.toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(message) as string,
    });
    expect((await all(log.list())).map(({ id }) => id)).toEqual(['turn-1']);
  });

  test('fail as the log and their source do', async () => {
    const error = new Error('the disk is gone');
    const broken = createLog({ ...memoryAdapter(), append: () => Promise.reject(error) });
    const line = JSON.stringify(turnOf(1));
    await expect(importTurns(broken, [line])).rejects.toMatchObject({ code: 'storage', message: 'the disk is gone' });
    async function* source() {
      yield line;
      await Promise.reject(error);
    }
    const log = newLog();
    await expect(importTurns(log, source())).rejects.toBe(error);
    expect(await log.response('turn-1')).toEqual(turnOf(1));
  });

  test('of a history that is not whole are an error', async () => {
    const memory = memoryAdapter();
    const lost = messageHash(user('question 1'));
    const log = createLog({ ...memory, message: (hash) => (hash === lost ? undefined : memory.message(hash)) });
    const first = turnOf(1);
    await log.append(first, { thread: 't' });
    await log.append(turnOf(2, {}, first), { thread: 't' });
    const failure = await all(exportTurns(log)).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LlmError);
    expect(failure).toMatchObject({
      code: 'storage',
      message: 'the history of turn "turn-1" is not whole: 1 of its messages are lost',
      partial: { ...first, prompt: { messages: [] } },
    });
  });
});

needs('corpus').describe('the JSON of Python llm', () => {
  const cases = goldenCases<ResponseCase>('response');

  test('is there', () => expect(cases.length).toBeGreaterThan(50));

  test.each(cases)('comes back equal: %s', async (_name, { turns }) => {
    const log = newLog();
    const given = turns.map(({ response }) => response as ResponseJSON);
    const lines = given.map((response) => JSON.stringify(response));
    expect(await importTurns(log, lines)).toEqual({ added: given.length, known: 0 });
    for (const response of given) expect(await log.response(response.id!)).toEqual(response);
    const exported = (await linesOf(log)).map((line) => JSON.parse(line) as { readonly id: string });
    for (const response of given) {
      const { rxllm, ...line } = exported.find(({ id }) => id === response.id) as object as Record<string, unknown>;
      expect(rxllm).toMatchObject({ thread: expect.any(String) as string });
      expect(line).toEqual(response);
    }
  });
});

test('a line has no character that some readers end a line at', async () => {
  const log = createLog(memoryAdapter());
  const said = 'one\u2028two\u2029three';
  await log.append({ model: 'm', prompt: { messages: [user(said)] }, messages: [assistant(said)] });
  const line = await firstValueFrom(exportTurns(log));
  expect(line).not.toMatch(/[\u2028\u2029]/);
  expect((JSON.parse(line) as TurnLine).prompt.messages).toEqual([user(said)]);
});
