// The turns of a chain: how many there are, what each is asked, and what they cost.
import { concat, from, map, NEVER, of, Subject, throwError, timer } from 'rxjs';
import {
  defineModel,
  user,
  withBudget,
  type ChainState,
  type LlmError,
  type ModelContext,
  type Steering,
  type StepChanges,
  type StreamEvent,
  type Tool,
} from 'rxllm';
import { usage } from 'rxllm/operators';
import * as z from 'zod';
import { calls, outline, playTurns, timeline, words } from '../support/chains.ts';
import { marbles } from '../support/marbles.ts';
import { countingModel } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

const echo: Tool = { name: 'echo', run: ({ id }) => `echo ${id as string}` };
const tools = [echo];

/** A model that calls a tool in every turn. */
const restless = () => countingModel((_, index) => from(calls('echo', `c${index}`)));

describe('limit', () => {
  test('is how many turns there are, also when nothing more was to do', () => {
    const model = restless();
    const ran: unknown[] = [];
    const tool: Tool = { name: 'echo', run: ({ id }) => ran.push(id) };
    const { end } = record(model.chain('Hi', { tools: [tool], limit: 3 }));
    expect(end).toMatchObject({
      code: 'tool_limit',
      message: 'the chain has made 3 turns, which is its limit; give it a higher `limit`',
    });
    expect([model.requests.length, ran]).toEqual([3, ['c0', 'c1']]);
    expect((end as { partial?: { messages: [] } }).partial?.messages).toHaveLength(5);
    expect(record(playTurns().chain('Hi', { limit: 1 })).end).toMatchObject({ code: 'tool_limit' });
    expect(record(playTurns().chain('Hi', { limit: 2 })).end).toBe('complete');
  });

  test('is none where it is 0', () => {
    const model = playTurns(...Array.from({ length: 30 }, (_, index) => calls('echo', `c${index}`)));
    expect(record(model.chain('Hi', { tools, limit: 0 })).end).toBe('complete');
    expect(model.requests).toHaveLength(31);
  });

  test.each([
    ['limit', -1],
    ['limit', 1.5],
    ['limit', Number.NaN],
    ['limit', '3'],
    ['concurrency', 0],
    ['concurrency', Number.NaN],
    ['concurrency', 'two'],
  ])('%s %p is refused at the call', (name, value) => {
    const refused = expect.objectContaining({ code: 'invalid_input', message: expect.stringContaining(name) });
    expect(() => playTurns().chain('Hi', { [name]: value })).toThrow(refused);
    expect(() =>
      playTurns()
        .conversation()
        .chain('Hi', { [name]: value }),
    ).toThrow(refused);
  });
});

describe('stopWhen', () => {
  test('ends a chain after a turn; its calls wait, and a chain on its history runs them', () => {
    const model = playTurns(calls('echo', 'c1'), calls('echo', 'c2'));
    const states: ChainState[] = [];
    const stopWhen = (state: ChainState) => {
      states.push(state);
      return state.turns === 2;
    };
    const response = model.chain('Hi', { tools, stopWhen }).share();
    const { values, end } = record(response);
    expect(end).toBe('complete');
    expect(values.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
    expect(outline(response.toJSON().messages)).toEqual([
      'assistant: echo(c1)',
      'tool: echo c1',
      'assistant: echo(c2)',
    ]);
    expect(states.map(({ turns, messages, last }) => [turns, messages.length, last?.messages.length])).toEqual([
      [1, 2, 1],
      [2, 4, 1],
    ]);
    const reply = response.reply('', {});
    expect(record(reply).end).toBe('complete');
    expect(outline(reply.toJSON().messages)).toEqual(['tool: echo c2', 'assistant: done']);
  });

  test('tells the calls that wait', async () => {
    const response = playTurns(calls('echo', 'c1')).chain('Hi', { tools, stopWhen: () => true });
    expect(await response.toolCalls()).toMatchObject([{ tool_call_id: 'c1' }]);
    expect((await response.result()).tool_calls).toMatchObject([{ tool_call_id: 'c1' }]);
  });

  test('that gives a Promise is refused: it would end every chain', () => {
    const { end } = record(playTurns().chain('Hi', { stopWhen: (async () => false) as unknown as () => boolean }));
    expect(end).toMatchObject({
      code: 'invalid_input',
      message: 'stopWhen of a chain gave a Promise, not true or false',
    });
  });

  test('that throws is the error', () => {
    const cause = new Error('no');
    const model = playTurns(calls('echo', 'c1'));
    const stopWhen = () => {
      throw cause;
    };
    expect(record(model.chain('Hi', { tools, stopWhen })).end).toMatchObject({ code: 'provider_error', cause });
    expect(model.running()).toBe(0);
  });
});

describe('prepareStep', () => {
  test('is told what there is, before each turn', () => {
    const states: ChainState[] = [];
    const used: StreamEvent = { type: 'usage', usage: { input: 1, output: 2 } };
    const model = playTurns([...calls('echo', 'c1'), used]);
    record(model.chain('Hi', { tools, prepareStep: (state) => void states.push(state) }));
    expect(states.map(({ turns, messages, usage: spent }) => [turns, outline(messages), spent])).toEqual([
      [0, ['user: Hi'], undefined],
      [1, ['user: Hi', 'assistant: echo(c1)', 'tool: echo c1'], { input: 1, output: 2 }],
    ]);
    expect([states[0]!.last, states[1]!.last?.usage]).toEqual([undefined, { input: 1, output: 2 }]);
  });

  test('changes what a turn is asked: model, tools, messages, system, options', () => {
    const first = playTurns(calls('echo', 'c1'));
    const other = playTurns(calls('added', 'c2'));
    const added: Tool = { name: 'added', description: 'Another', run: () => 'added' };
    const prepareStep = ({ turns }: ChainState): StepChanges | undefined =>
      turns === 1
        ? { model: other, tools: [added], messages: [user('Short.')], system: 'Be brief.', options: { temperature: 1 } }
        : undefined;
    const response = first.chain('Hi', { tools, options: { top_p: 1 }, prepareStep }).share();
    const { values } = record(response);
    expect(other.requests).toEqual([
      {
        messages: [user('Short.')],
        system: 'Be brief.',
        options: { temperature: 1 },
        tools: [{ name: 'added', description: 'Another' }],
        hideReasoning: false,
        stream: true,
        raw: false,
      },
    ]);
    // Only that turn, and the history stays whole.
    expect(first.requests).toHaveLength(2);
    expect(first.requests[1]).toMatchObject({ options: { top_p: 1 }, tools: [{ name: 'echo' }] });
    const whole = ['assistant: echo(c1)', 'tool: echo c1', 'assistant: added(c2)', 'tool: added'];
    expect(outline(first.requests[1]!.messages)).toEqual(['user: Hi', ...whole]);
    expect(outline(response.toJSON().messages)).toEqual([...whole, 'assistant: done']);
    // The JSON of the turn says what was asked.
    expect(values.filter((event) => (event as StreamEvent).type === 'turn_end')[1]).toMatchObject({
      response: { model: 'counting', prompt: { messages: [user('Short.')], system: 'Be brief.' } },
    });
  });

  test.each([
    ['a Promise', (changes: StepChanges) => Promise.resolve(changes)],
    ['an Observable', (changes: StepChanges) => of({ system: 'not this' }, changes)],
    ['a value', (changes: StepChanges) => changes],
  ])('may give %s', async (_, give) => {
    const model = playTurns();
    await model.chain('Hi', { prepareStep: () => give({ system: 'Be brief.' }) }).text();
    expect(model.requests[0]).toMatchObject({ system: 'Be brief.' });
  });

  test('may put other instructions in the place of those that there are, and ask for a schema', () => {
    const schema = { type: 'object', properties: { a: { type: 'number' } } } as const;
    const model = playTurns(calls('echo', 'c1'));
    const prepareStep = ({ turns }: ChainState) => (turns === 0 ? undefined : { system: 'Answer.', schema });
    record(model.chain('Hi', { tools: [echo], system: 'Look.', prepareStep }));
    const sent = model.requests.map(({ messages, system, schema: asked }) => [outline(messages)[0], system, asked]);
    expect(sent).toEqual([
      ['system: Look.', undefined, undefined],
      ['user: Hi', 'Answer.', schema],
    ]);
  });

  test.each<[unknown, string]>([
    ['small', 'prepareStep of a chain gave no changes, such as { model }, but "small"'],
    [{ model: 'small' }, 'prepareStep of a chain gave as model "small"'],
    [{ tools: null }, 'prepareStep of a chain gave as tools null'],
    [{ system: 1 }, 'prepareStep of a chain gave as system 1'],
    [{ messages: [1] }, 'messages[0] is 1, not a message'],
  ])('that gives %j is refused', (changes, message) => {
    const model = playTurns();
    const { end } = record(model.chain('Hi', { prepareStep: () => changes as StepChanges }));
    expect(end).toMatchObject({ code: 'invalid_input' });
    expect((end as LlmError).message).toContain(message);
    expect(model.requests).toEqual([]);
  });

  test('may give nothing', async () => {
    const model = playTurns();
    await model.chain('Hi', { prepareStep: () => Promise.resolve(undefined) }).text();
    expect(model.requests[0]).not.toHaveProperty('system');
  });

  test(
    'is waited for, and left with the chain',
    marbles(({ scheduler, flush, cold, expectSubscriptions }) => {
      const prepared = cold<StepChanges>('---(a|)', { a: {} });
      const lines = timeline(playTurns().chain('Hi', { prepareStep: () => prepared, scheduler }), scheduler);
      const left = cold<StepChanges>('-');
      const subscription = playTurns()
        .chain('Hi', { prepareStep: () => left, scheduler })
        .subscribe();
      scheduler.schedule(() => subscription.unsubscribe(), 2);
      expectSubscriptions(left.subscriptions).toBe('^-!');
      flush();
      expect(lines[0]).toBe('3 turn 1');
    }),
  );

  test('that throws, or fails, is the error; nothing is sent', () => {
    const cause = new Error('no');
    const model = playTurns();
    const thrower = () => {
      throw cause;
    };
    const { end } = record(model.chain('Hi', { prepareStep: thrower }));
    expect(end).toMatchObject({ code: 'provider_error', cause, partial: { messages: [] } });
    expect(model.requests).toEqual([]);
  });

  test('sees what the user says; what comes while it is waited for is sent as well', () => {
    const input$ = new Subject<Steering>();
    const changes$ = new Subject<StepChanges>();
    const model = playTurns(calls('echo', 'c1'));
    const states: ChainState[] = [];
    const response = model.chain('Hi', {
      tools,
      input$,
      prepareStep(state) {
        states.push(state);
        return state.turns === 0 ? undefined : changes$;
      },
      beforeCall: () => input$.next('In time.'),
    });
    const seen = record(response);
    expect(outline(states[1]!.messages).at(-1)).toBe('user: In time.');
    input$.next('Late.');
    changes$.next({ messages: states[1]!.messages.slice(-1) });
    changes$.complete();
    expect(seen.end).toBe('complete');
    expect(outline(model.requests[1]!.messages)).toEqual(['user: In time.', 'user: Late.']);
    expect(outline(response.toJSON().messages).slice(-3)).toEqual(['user: In time.', 'user: Late.', 'assistant: done']);
  });

  test('keeps the rules of the model that it asks: options are checked, tools refused, keys not shown', () => {
    const contexts: ModelContext[] = [];
    const strict = defineModel({
      id: 'strict',
      capabilities: { tools: false },
      options: z.strictObject({ depth: z.number().optional() }),
      stream(_, context) {
        contexts.push(context);
        return of('deep');
      },
    });
    const chain = (changes: StepChanges) => playTurns().chain('Hi', { tools, key: 'k', prepareStep: () => changes });
    expect(record(chain({ model: strict })).end).toMatchObject({ code: 'unsupported' });
    const bad = chain({ model: strict, tools: [], options: { depth: 'x' } });
    expect(record(bad).end).toMatchObject({ code: 'invalid_input' });
    expect(record(chain({ model: strict, tools: [], options: { depth: 1 } })).end).toBe('complete');
    expect(contexts).toHaveLength(1);
    expect(contexts[0]).not.toHaveProperty('key');
    const twice = [{ name: 'a' }, { name: 'a' }];
    expect(record(chain({ tools: twice })).end).toMatchObject({ code: 'invalid_input', partial: { messages: [] } });
  });
});

describe('each turn', () => {
  test('is asked with the options of the first; the schema only once', () => {
    const contexts: ModelContext[] = [];
    const requests: unknown[] = [];
    const model = defineModel({
      id: 'm',
      stream(request, context) {
        requests.push(request);
        contexts.push(context);
        return from(requests.length < 3 ? calls('echo', `c${requests.length}`) : ['{}']);
      },
    });
    const schema = { type: 'object' } as const;
    const given = { tools, schema, hideReasoning: true, stream: false, raw: true, options: { top_p: 1 }, key: 'k' };
    record(model.chain([user('Hi')], { ...given, system: 'Be brief.' }));
    const carried = { hideReasoning: true, stream: false, raw: true, options: { top_p: 1 }, system: 'Be brief.' };
    expect(requests).toMatchObject([{ ...carried, schema }, carried, carried]);
    expect(requests.map((request) => 'schema' in (request as object))).toEqual([true, false, false]);
    expect(contexts).toMatchObject([
      { key: 'k', tools },
      { key: 'k', tools },
      { key: 'k', tools },
    ]);
  });

  test('ends with its own JSON: ids of their own, the model that was asked, whatever the provider says', async () => {
    const start: StreamEvent = { type: 'start', id: '', model: '', datetime_utc: '', resolved_model: 'm-2026' };
    const model = playTurns(
      [start, ...calls('echo', 'c1'), { type: 'finish', reason: 'tool_calls', raw_reason: 'x' }],
      [start, 'ok'],
    );
    const response = model.chain('Hi', { tools, system: 'Be brief.' });
    const { values } = record(response);
    const ends = (values as StreamEvent[]).flatMap((event) => (event.type === 'turn_end' ? [event] : []));
    expect(ends).toMatchObject([
      { turn: 1, reason: 'tool_calls', raw_reason: 'x', response: { model: 'counting' } },
      { turn: 2, reason: 'unknown', response: { model: 'counting' } },
    ]);
    const turns = ends.map((end) => end.response);
    const ids = turns.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{26}$/);
    expect(turns.map(({ prompt }) => prompt.system)).toEqual(['Be brief.', 'Be brief.']);
    expect((await response.result()).resolved_model).toBe('m-2026');
  });

  test('is whole after its finish: what comes or breaks then changes nothing', () => {
    const finish: StreamEvent = { type: 'finish', reason: 'tool_calls' };
    const broken = throwError(() => new Error('the connection broke'));
    const model = playTurns(concat(from([...calls('echo', 'c1'), finish, 'late']), broken));
    const response = model.chain('Hi', { tools });
    expect(record(response).end).toBe('complete');
    expect(outline(response.toJSON().messages)).toEqual(['assistant: echo(c1)', 'tool: echo c1', 'assistant: done']);
  });

  test('that says a call waits ends for tool_calls, where the provider does not say', () => {
    const { values } = record(playTurns(calls('echo', 'c1')).chain('Hi', { tools }));
    const reasons = (values as StreamEvent[]).flatMap((event) => (event.type === 'turn_end' ? [event.reason] : []));
    expect(reasons).toEqual(['tool_calls', 'unknown']);
  });

  test('adds to the usage, as far as it has come', () => {
    const used = (input: number, output: number): StreamEvent => ({ type: 'usage', usage: { input, output } });
    const model = playTurns([used(10, 1), ...calls('echo', 'c1'), used(10, 5)], ['so'], [used(1, 1)]);
    const response = model.chain('Hi', { tools });
    const { values } = record(response.pipe(usage()));
    expect(values).toEqual([
      { input: 10, output: 1 },
      { input: 10, output: 5 },
    ]);
    const second = playTurns([used(10, 5), ...calls('echo', 'c1')], [used(20, 1), used(20, 7)]).chain('Hi', { tools });
    expect(record(second.pipe(usage())).values.at(-1)).toEqual({ input: 30, output: 12 });
    expect(second.toJSON().usage).toEqual({ input: 30, output: 12 });
  });

  test('is refused by a budget that is spent', () => {
    const used: StreamEvent = { type: 'usage', usage: { input: 60, output: 0 } };
    const inner = countingModel((_, index) => from([...calls('echo', `c${index}`), used]));
    const { end } = record(withBudget(inner, { maxTokens: 100 }).chain('Hi', { tools }));
    expect(end).toMatchObject({ code: 'budget_exceeded', partial: { usage: { input: 120 } } });
    expect(inner.requests).toHaveLength(2);
  });

  test(
    'is aborted when the chain is left in its middle',
    marbles(({ cold, scheduler, flush }) => {
      const turn = cold<StreamEvent>('-t-', { t: { type: 'text', chunk: 'Hi' } });
      const model = playTurns(calls('wait', '3'), turn);
      const wait: Tool = { name: 'wait', run: () => timer(3).pipe(map(() => 'waited')) };
      const subscription = model.chain('Hi', { tools: [wait], scheduler }).subscribe();
      scheduler.schedule(() => subscription.unsubscribe(), 6);
      flush();
      expect([model.running(), model.requests.length]).toEqual([0, 2]);
      expect(turn.subscriptions).toEqual([{ subscribedFrame: 3, unsubscribedFrame: 6 }]);
    }),
  );

  test('may be one of thousands, all synchronous', () => {
    const count = process.env.RXLLM_FULL ? 10_000 : 2000;
    let asked = 0;
    // It remembers no requests: ten thousand histories are a gigabyte.
    const model = defineModel({
      id: 'm',
      stream: () => from((asked += 1) <= count ? calls('echo', `c${asked}`) : ['done']),
    });
    const { values, end } = record(model.chain('Hi', { tools, prepareStep: () => undefined }).pipe(words()));
    expect(end).toBe('complete');
    expect(values.at(-2)).toBe(`end ${count + 1}`);
  }, 60_000);

  test('holds nobody up where a model never answers', () => {
    const model = playTurns(NEVER);
    const response = model.chain('Hi', { tools }).share();
    const seen = record(response);
    response.abort();
    expect(seen.end).toMatchObject({ code: 'aborted', partial: { status: 'aborted' } });
    expect(model.running()).toBe(0);
  });
});

test.each<[object, string]>([
  [{ approvals$: [] }, 'approvals$ of a chain is an Observable, not []'],
  [{ input$: 'Hi' }, 'input$ of a chain is an Observable, not "Hi"'],
  [{ beforeCall: 'x' }, 'beforeCall of a chain is a function, not "x"'],
  [{ stopWhen: 3 }, 'stopWhen of a chain is a function, not 3'],
  [{ prepareStep: {} }, 'prepareStep of a chain is a function, not {}'],
])('options %j are refused at the call', (options, message) => {
  expect(() => playTurns().chain('Hi', options)).toThrow(message);
});
