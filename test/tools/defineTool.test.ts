// tool(): what a model is told of it, and which arguments reach it.
import { of, throwError } from 'rxjs';
import {
  LlmError,
  tool,
  type JsonValue,
  type StandardSchema,
  type StreamEvent,
  type Tool,
  type ToolArguments,
} from 'rxllm';
import { collectJson } from 'rxllm/operators';
import { z } from 'zod';
import { marbles } from '../support/marbles.ts';
import { callEvents, countingModel } from '../support/models.ts';
import { caller, eventsOfCall, foreignPromise, messagesAfter, outputs, resultOf, told } from './oneCall.ts';

const city = z.object({ city: z.string(), days: z.coerce.number().default(1) });

/** A schema of no library that is known here, which says itself as JSON Schema. */
const even: StandardSchema<{ readonly half: number }> & { readonly '~standard': { readonly jsonSchema: object } } = {
  '~standard': {
    version: 1,
    vendor: 'mine',
    validate(value) {
      const { n } = value as { readonly n?: unknown };
      return typeof n === 'number' && n % 2 === 0
        ? { value: { half: n / 2 } }
        : { issues: [{ message: 'is not even', path: [{ key: 'n' }] }] };
    },
    jsonSchema: { input: () => ({ type: 'object', properties: { n: { type: 'number' } } }) },
  },
};

const json = (args: object) => JSON.stringify(args);

describe('the schema', () => {
  test.each([
    [
      'of zod',
      tool({ name: 't', description: 'plans', input: city, run: json }),
      {
        description: 'plans',
        input_schema: {
          type: 'object',
          properties: { city: { type: 'string' }, days: { type: 'number', default: 1 } },
          required: ['city'],
        },
      },
    ],
    [
      'of another library',
      tool({ name: 't', input: even, run: json }),
      { input_schema: { type: 'object', properties: { n: { type: 'number' } } } },
    ],
    [
      'that is JSON Schema',
      tool({ name: 't', input: { type: 'object', required: ['a'] }, run: json }),
      { input_schema: { type: 'object', required: ['a'] } },
    ],
    ['that is none', tool({ name: 't', run: json }), {}],
  ])('%s is what the model is told, with nothing of how the tool runs', async (_, made, expected) => {
    const model = caller();
    await model.prompt('Hi', { tools: [made] }).text();
    expect(model.requests[0]?.tools).toEqual([{ name: 't', ...expected }]);
  });

  test.each([
    ['of zod', tool({ name: 't', input: city, run: json }), { city: 'Oslo', days: '2' }, '{"city":"Oslo","days":2}'],
    ['of another library', tool({ name: 't', input: even, run: json }), { n: 4 }, '{"half":2}'],
    ['that is JSON Schema', tool({ name: 't', input: { required: ['a'] }, run: json }), { b: 1 }, '{"b":1}'],
    ['that is none', tool({ name: 't', run: json }), { b: 1 }, '{"b":1}'],
  ])('%s makes what the tool gets', async (_, made, args, output) => {
    expect(await resultOf(made, args)).toEqual({ type: 'tool_result', name: 't', output, tool_call_id: 'c1' });
  });

  test.each([
    ['no name', { name: '' }, 'invalid_input', /a tool has no name/],
    ['a name with a space', { name: 'has space' }, 'invalid_input', /^"has space" is no name of a tool that every/],
    [
      'a name that is too long',
      { name: 'n'.repeat(65) },
      'invalid_input',
      /give it at most 64 letters, digits, _ and -$/,
    ],
    ['a number for a name', { name: 7 }, 'invalid_input', /^7 is no name of a tool/],
    [
      'what is no function',
      { name: 't', run: 'later' },
      'invalid_input',
      /^run of tool "t" is a function, not "later"$/,
    ],
    [
      'arguments that are no object',
      { name: 't', input: { type: 'string' } },
      'invalid_input',
      /^input of tool "t" is of type "string", but the arguments of a tool are an object; wrap it/,
    ],
    ['no schema at all', { name: 't', input: 'city' }, 'invalid_input', /^input of tool "t" is JSON Schema or/],
    [
      'a schema that JSON Schema cannot say',
      { name: 't', input: z.object({ at: z.date() }) },
      'unsupported',
      /^input of tool "t" of zod cannot be said/,
    ],
  ])('refuses %s', (_, settings, code, message) => {
    const make = () => tool({ run: json, ...settings } as never);
    expect(make).toThrow(LlmError);
    expect(make).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  test.each<[string, unknown, RegExp]>([
    ['undefined', undefined, /^a tool is an object with a name, as tool\(\) makes it, not undefined$/],
    ['null', null, /not null$/],
    ['a name', 'add', /not "add"$/],
    ['a name that no provider takes', { name: 'has space' }, /^"has space" is no name/],
  ])('refuses among the tools of a prompt %s', (_, given, message) => {
    const make = () => caller().prompt('Hi', { tools: [given as never] });
    expect(make).toThrow(LlmError);
    expect(make).toThrow(expect.objectContaining({ code: 'invalid_input', message: expect.stringMatching(message) }));
  });

  test('takes the longest name that providers take', () => {
    expect(tool({ name: 'n'.repeat(64), run: json }).name).toHaveLength(64);
  });

  test('takes an object that JSON Schema says in parts', async () => {
    const input = z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]);
    expect(await resultOf(tool({ name: 't', input, run: json }), { b: 'x' })).toMatchObject({ output: '{"b":"x"}' });
  });
});

describe('arguments that do not fit', () => {
  test('become an error that the model can read, and the tool does not run', async () => {
    let runs = 0;
    const made = tool({ name: 't', input: even, run: () => (runs += 1) });
    expect(await resultOf(made, { n: 3 })).toEqual({
      type: 'tool_result',
      name: 't',
      output: 'Error: the arguments do not fit: n: is not even',
      tool_call_id: 'c1',
      exception: 'InvalidArguments: the arguments do not fit: n: is not even',
    });
    expect(runs).toBe(0);
  });

  test('are seen by the hook after the call', async () => {
    const seen: string[] = [];
    await resultOf(
      tool({ name: 't', input: even, run: json }),
      { n: 3 },
      { afterCall: (_call, _tool, { output }) => void seen.push(output) },
    );
    expect(seen).toEqual(['Error: the arguments do not fit: n: is not even']);
  });

  test('of a schema that throws, or that gives back no real Promise, are no less an error', async () => {
    const standard = (validate: (value: unknown) => unknown): StandardSchema<object> => ({
      '~standard': { ...even['~standard'], validate: validate as never },
    });
    const throwing = standard(() => {
      throw new TypeError('cannot check');
    });
    expect(await resultOf(tool({ name: 't', input: throwing, run: json }))).toMatchObject({
      output: 'Error: cannot check',
      exception: 'TypeError: cannot check',
    });
    const foreign = standard(() => foreignPromise({ issues: [{ message: 'no' }] }));
    expect(await resultOf(tool({ name: 't', input: foreign, run: json }))).toMatchObject({
      output: 'Error: the arguments do not fit: no',
    });
  });
});

describe('repair', () => {
  const halve = ({ half }: ToolArguments<typeof even>) => half;
  const twice = (args: JsonValue) => ({ n: (args as { n: number }).n * 2 });

  test.each([
    ['a value', twice],
    ['a Promise', (args: JsonValue) => Promise.resolve(twice(args))],
    ['a thenable', (args: JsonValue) => foreignPromise(twice(args))],
    ['an Observable, of which the last value counts', (args: JsonValue) => of({ n: 5 }, twice(args))],
  ])('that gives back %s gives arguments that are used instead', async (_, repair) => {
    expect(await resultOf(tool({ name: 't', input: even, repair, run: halve }), { n: 3 })).toMatchObject({
      output: '3',
    });
  });

  test('gets what the model gave and what is wrong with it, and may do with it what it likes', async () => {
    const asked: unknown[] = [];
    const made = tool({
      name: 't',
      input: even,
      repair(args, problem) {
        asked.push([structuredClone(args), problem]);
        return Object.assign(args as object, { n: 2 });
      },
      run: halve,
    });
    const messages = await messagesAfter(made, { n: 3 });
    expect(asked).toEqual([[{ n: 3 }, 'the arguments do not fit: n: is not even']]);
    expect(messages[1]?.parts).toMatchObject([{ arguments: { n: 3 } }]);
    expect(messages[2]?.parts).toMatchObject([{ output: '1' }]);
  });

  test('is not asked where the arguments fit', async () => {
    const repair = () => {
      throw new Error('not needed');
    };
    expect(await resultOf(tool({ name: 't', input: even, repair, run: halve }), { n: 4 })).toMatchObject({
      output: '2',
    });
  });

  test('may mend text that is no JSON', async () => {
    const broken = countingModel((_, index) =>
      index === 0
        ? of<StreamEvent[]>(callEvents('t', {}, 'c1')[0]!, {
            type: 'tool_call_args',
            chunk: '{"n": 4,',
            tool_call_id: 'c1',
          })
        : of('ok'),
    );
    const made = tool({
      name: 't',
      input: even,
      repair: (given) => JSON.parse(`${(given as { _raw: string })._raw.slice(0, -1)}}`),
      run: halve,
    });
    await broken.chain('Hi', { tools: [made] }).text();
    expect(broken.requests[1]?.messages.at(-1)?.parts).toMatchObject([{ output: '2' }]);
  });

  test('may ask a model', async () => {
    const mender = countingModel(() => of('{"n":', '8}'));
    const made = tool({
      name: 't',
      input: even,
      repair: (given, problem) => mender.prompt(`${JSON.stringify(given)} ${problem}`).pipe(collectJson()),
      run: halve,
    });
    expect(await resultOf(made, { n: 3 })).toMatchObject({ output: '4' });
  });

  test.each([
    ['gives what does not fit either', () => ({ n: 5 }), 'the arguments do not fit: n: is not even'],
    ['gives no object', () => 7, 'the arguments must be a JSON object, not 7'],
    [
      'throws',
      () => {
        throw new RangeError('beyond repair');
      },
      'beyond repair',
    ],
    ['rejects', () => Promise.reject(new RangeError('beyond repair')), 'beyond repair'],
    ['errors', () => throwError(() => new RangeError('beyond repair')), 'beyond repair'],
  ])('that %s leaves an error, after one try', async (_, mend, message) => {
    let tries = 0;
    const repair = () => {
      tries += 1;
      return mend();
    };
    expect(await resultOf(tool({ name: 't', input: even, repair, run: halve }), { n: 3 })).toMatchObject({
      output: `Error: ${message}`,
    });
    expect(tries).toBe(1);
  });

  test(
    'takes the time of its scheduler, and is stopped with the chain',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const mended$ = cold('---(n|)', { n: { n: 2 } });
      const made = tool({ name: 't', input: even, repair: () => mended$, run: halve });
      const output = (subscription: string, diagram: string) => {
        const chain = caller({ n: 3 }).chain('Hi', { tools: [made], scheduler });
        expectObservable(chain.pipe(outputs()), subscription).toBe(diagram, { o: '1' });
      };
      output('^---------', '---(o|)');
      output('-^!-------', '-');
      expectSubscriptions(mended$.subscriptions).toBe(['^--!', '-^!']);
    }),
  );
});

describe('needsApproval', () => {
  const decide = (decision: { approved: true; arguments?: JsonValue } | { approved: false; reason?: string }) => ({
    approvals$: of({ tool_call_id: 'c1', ...decision }),
  });
  const risky = tool({ name: 't', input: even, needsApproval: true, run: json });

  test('is asked by the arguments that the tool would get', async () => {
    const made = tool({ name: 't', input: even, needsApproval: ({ half }) => half > 5, run: json });
    const types = async (n: number) =>
      (await eventsOfCall(made, { n }, decide({ approved: true }))).map(({ type }) => type);
    expect(await types(10)).toEqual(['tool_output']);
    expect(await types(12)).toEqual(['tool_approval', 'tool_output']);
  });

  test('may be a method, which knows its tool', async () => {
    const made: Tool & { readonly limit: number } = {
      name: 't',
      limit: 5,
      needsApproval({ n }) {
        return Number(n) > this.limit;
      },
      run: json,
    };
    expect(await eventsOfCall(made, { n: 4 })).toMatchObject([{ type: 'tool_output' }]);
    await expect(eventsOfCall(made, { n: 6 })).rejects.toMatchObject({ code: 'paused' });
  });

  test('may be a Promise', async () => {
    const made = tool({ name: 't', needsApproval: () => Promise.resolve(false), run: json });
    expect(await eventsOfCall(made)).toMatchObject([{ type: 'tool_output' }]);
  });

  test('that throws leaves an error, and the tool does not run', async () => {
    const made = tool({
      name: 't',
      needsApproval: () => {
        throw new Error('who knows');
      },
      run: json,
    });
    expect(await resultOf(made)).toMatchObject({ output: 'Error: who knows' });
  });

  test('asks nobody about arguments that do not fit', async () => {
    expect(await eventsOfCall(risky, { n: 3 })).toMatchObject([
      { type: 'tool_output', result: { output: 'Error: the arguments do not fit: n: is not even' } },
    ]);
  });

  test('shows repaired arguments, and these are what runs', async () => {
    const made = tool({ name: 't', input: even, needsApproval: true, repair: () => ({ n: 6 }), run: json });
    expect(await eventsOfCall(made, { n: 3 }, decide({ approved: true }))).toMatchObject([
      { type: 'tool_approval', call: { arguments: { n: 6 }, tool_call_id: 'c1' } },
      { type: 'tool_output', result: { output: '{"half":3}' } },
    ]);
  });

  test('takes arguments that come with the approval as they are: they are checked, and not repaired', async () => {
    let repairs = 0;
    const made = tool({ name: 't', input: even, needsApproval: true, repair: () => (repairs += 1), run: json });
    const edited = (n: number) => resultOf(made, { n: 2 }, decide({ approved: true, arguments: { n } }));
    expect(await edited(8)).toMatchObject({ output: '{"half":4}' });
    expect(await edited(7)).toMatchObject({ output: 'Error: the arguments do not fit: n: is not even' });
    expect(repairs).toBe(0);
  });

  test('that is denied is a result that says why', async () => {
    expect(await resultOf(risky, { n: 2 }, decide({ approved: false, reason: 'too risky' }))).toMatchObject({
      output: 'Denied: too risky',
      exception: 'DenyToolCall: too risky',
    });
  });

  test.each(['true', 1, undefined, {}])('is not given by what is no clear yes: %p', async (approved) => {
    expect(await resultOf(risky, { n: 2 }, decide({ approved } as never))).toMatchObject({
      output: 'Denied: it may not be run',
    });
  });

  test('without anybody to decide pauses', async () => {
    const error = await new Promise((resolve) => told(risky, { n: 2 }).subscribe({ error: resolve }));
    expect(error).toMatchObject({ code: 'paused', message: 'a call of tool "t" waits for approval' });
  });
});
