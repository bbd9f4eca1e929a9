// Toolboxes: tools that share a name, a configuration and a state.
import { from, lastValueFrom, NEVER, of, throwError, toArray } from 'rxjs';
import { LlmError, tool, toolbox, type Toolbox } from 'rxllm';
import { z } from 'zod';
import { marbles } from '../support/marbles.ts';
import { callEvents, countingModel } from '../support/models.ts';
import { outputs } from './oneCall.ts';

class Notebook {
  readonly #notes: string[];

  constructor(notes: string[] = []) {
    this.#notes = notes;
  }

  add(note: string): number {
    return this.#notes.push(note);
  }

  all(): readonly string[] {
    return this.#notes;
  }
}

const text = z.object({ text: z.string() });

function notebook(prepare: (config: { readonly path: string }) => Notebook | Promise<Notebook>) {
  return toolbox({
    name: 'Notes',
    config: { path: 'notes.txt' },
    prepare,
    tools: (toolOf) => [
      toolOf({ name: 'add', description: 'Notes a text', input: text, run: (args, { state }) => state.add(args.text) }),
      toolOf({ name: 'all', run: (_, { state }) => state.all() }),
    ],
  });
}

/** Calls these, each in a turn of its own or all in one, then answers. */
function callerOf(...turns: (readonly [name: string, args: object])[][]) {
  return countingModel(({ messages }) => {
    const index = messages.filter(({ role }) => role === 'tool').length;
    const calls = turns[index];
    return calls ? from(calls.flatMap(([name, args], at) => callEvents(name, args, `c${index}.${at}`))) : of('ok');
  });
}

/** What comes of the calls, as they end. */
function run(box: Toolbox, ...turns: Parameters<typeof callerOf>): Promise<string[]> {
  const chain = callerOf(...turns).chain('Hi', { tools: box.tools });
  return lastValueFrom(chain.pipe(outputs(), toArray()));
}

describe('toolbox', () => {
  test('names its tools after itself and tells their schemas', async () => {
    const model = countingModel(() => of('ok'));
    await model.prompt('Hi', { tools: notebook(() => new Notebook()).tools }).text();
    expect(model.requests[0]?.tools).toEqual([
      {
        name: 'Notes_add',
        description: 'Notes a text',
        input_schema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
      },
      { name: 'Notes_all' },
    ]);
  });

  test('says its name and its configuration as JSON, and each tool which toolbox it is of', () => {
    const box = notebook(() => new Notebook());
    expect(JSON.parse(JSON.stringify(box))).toEqual({ name: 'Notes', config: { path: 'notes.txt' } });
    expect([box.name, box.config.path]).toEqual(['Notes', 'notes.txt']);
    expect(box.tools.map((made) => made.toolbox)).toEqual([box.toJSON(), box.toJSON()]);
  });

  test('gives all its tools one state, made once, before the first call and not earlier', async () => {
    const prepared: unknown[] = [];
    const box = notebook((config) => {
      prepared.push(config);
      return new Notebook(['first']);
    });
    expect(prepared).toEqual([]);
    expect(await run(box, [['Notes_add', { text: 'second' }]], [['Notes_all', {}]])).toEqual([
      '2',
      '["first","second"]',
    ]);
    expect(await run(box, [['Notes_all', {}]])).toEqual(['["first","second"]']);
    expect(prepared).toEqual([{ path: 'notes.txt' }]);
  });

  test('prepares once for calls side by side', async () => {
    let count = 0;
    const box = notebook(() => {
      count += 1;
      return Promise.resolve(new Notebook());
    });
    const calls = [
      ['Notes_add', { text: 'a' }],
      ['Notes_add', { text: 'b' }],
    ] as const;
    expect(await run(box, [...calls])).toEqual(['1', '2']);
    expect(count).toBe(1);
  });

  test('of a state of its own each, where it is made in a function', async () => {
    const make = () => notebook(() => new Notebook());
    const add = [['Notes_add', { text: 'a' }]] as const;
    expect([await run(make(), [...add]), await run(make(), [...add])]).toEqual([['1'], ['1']]);
  });

  test('without prepare has no state', async () => {
    const box = toolbox({
      name: 'Plain',
      tools: (toolOf) => [toolOf({ name: 'see', run: (_, { state }) => [state === undefined] })],
    });
    expect(await run(box, [['Plain_see', {}]])).toEqual(['[true]']);
    expect(JSON.stringify(box)).toBe('{"name":"Plain","config":{}}');
  });

  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('no such file');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no such file'))],
    ['errors', () => throwError(() => new Error('no such file'))],
  ])('whose prepare %s gives an error that the model can read, and tries again at the next call', async (_, fail) => {
    let tries = 0;
    const box = toolbox({
      name: 'Notes',
      prepare: () => (++tries === 1 ? fail() : 'ready'),
      tools: (toolOf) => [toolOf({ name: 'see', run: (_args, { state }) => state })],
    });
    const see = ['Notes_see', {}] as const;
    expect(await run(box, [see], [see], [see])).toEqual(['Error: no such file', 'ready', 'ready']);
    expect(tries).toBe(2);
  });

  test(
    'may be prepared by an Observable: its last value counts, in virtual time, and it is stopped with the last that waits',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const state$ = cold('--a-(b|)');
      const box = toolbox({
        name: 'Live',
        prepare: () => state$,
        tools: (toolOf) => [toolOf({ name: 'see', run: (_, { state }) => state })],
      });
      const seen$ = callerOf([['Live_see', {}]])
        .chain('Hi', { tools: box.tools, scheduler })
        .pipe(outputs());
      expectObservable(seen$, '^--!        ').toBe('-');
      expectObservable(seen$, '-^-!        ').toBe('-');
      expectObservable(seen$, '-----^      ').toBe('---------(b|)');
      expectObservable(seen$, '-------^    ').toBe('---------(b|)');
      expectObservable(seen$, '------------^').toBe('------------(b|)');
      expectSubscriptions(state$.subscriptions).toBe(['^--!', '-----^---!']);
    }),
  );

  test('that is prepared by an Observable without values has no state', async () => {
    const box = toolbox({
      name: 'Empty',
      prepare: () => of<number[]>(),
      tools: (toolOf) => [toolOf({ name: 'see', run: (_, { state }) => [state === undefined] })],
    });
    expect(await run(box, [['Empty_see', {}]])).toEqual(['[true]']);
  });

  test('has tools that can do what tools can', async () => {
    const expert = countingModel(() => of('42'));
    const aborted: boolean[] = [];
    const box = toolbox({
      name: 'All',
      prepare: () => Promise.resolve(expert),
      tools: (toolOf) => [
        toolOf({ name: 'ask', run: (_, { state }) => state.prompt('?') }),
        toolOf({
          name: 'fail',
          input: text,
          repair: () => ({ text: 'x' }),
          run: (args) => Promise.reject(Error(args.text)),
        }),
        toolOf({ name: 'risk', input: text, needsApproval: (args) => args.text === 'a', run: () => 'no' }),
        toolOf({
          name: 'wait',
          run(_, { signal }) {
            signal.addEventListener('abort', () => aborted.push(true));
            return NEVER;
          },
        }),
      ],
    });
    expect(await run(box, [['All_ask', {}]], [['All_fail', {}]])).toEqual(['42', 'Error: x']);
    await expect(run(box, [['All_risk', { text: 'a' }]])).rejects.toMatchObject({ code: 'paused' });
    const waiting = callerOf([['All_wait', {}]])
      .chain('Hi', { tools: box.tools })
      .subscribe();
    waiting.unsubscribe();
    expect(aborted).toEqual([true]);
  });

  test('stands beside other tools', async () => {
    const box = notebook(() => new Notebook());
    const other = tool({ name: 'other', run: () => 'x' });
    const chain = callerOf([['other', {}]], [['Notes_all', {}]]).chain('Hi', { tools: [...box.tools, other] });
    expect(await lastValueFrom(chain.pipe(outputs(), toArray()))).toEqual(['x', '[]']);
  });

  test('refuses a tool whose run is no function', () => {
    const make = () => toolbox({ name: 'Notes', tools: (toolOf) => [toolOf({ name: 'add', run: 'later' } as never)] });
    expect(make).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: 'run of tool "add" is a function, not "later"' }),
    );
  });

  test.each([
    ['has a space', 'My notes', 'add'],
    ['is too long', 'N'.repeat(60), 'added'],
  ])('refuses a name that %s', (_, name, own) => {
    const make = () => toolbox({ name, tools: (toolOf) => [toolOf({ name: own, run: () => 1 })] });
    expect(make).toThrow(LlmError);
    expect(make).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(`_${own}"`) }),
    );
  });
});
