// Fake models: what they say, when, to whom, and what they remember.
import { retry, take, VirtualTimeScheduler } from 'rxjs';
import { LlmError, user, withFallback, withRetry, type Tool } from 'rxllm';
import { ofType, text, toolArguments, toolCalls } from 'rxllm/operators';
import {
  call,
  callFragments,
  failure,
  fakeModel,
  finish,
  like,
  marbles,
  thought,
  together,
  tokens,
  turn,
  type TurnLike,
} from 'rxllm/testing';

const at = { part_index: 0, message_index: 0 };
const start = like({ type: 'start', model: 'fake' });

describe('a turn', () => {
  test(
    'says what its letters stand for, when they stand there',
    marbles(({ scheduler, expectObservable }) => {
      const model = fakeModel(turn('--a------(bc)-f|', { a: 'Hel', b: 'lo', c: tokens(3, 2), f: finish() }));
      const result = '              --s------(bc)-f|';
      expectObservable(model.prompt('Hi', { scheduler })).toBe(result, {
        s: together(start, { type: 'text', chunk: 'Hel', ...at }),
        b: { type: 'text', chunk: 'lo', ...at },
        c: { type: 'usage', usage: { input: 3, output: 2 } },
        f: { type: 'finish', reason: 'stop' },
      });
    }),
  );

  test(
    'says a letter without a value as text',
    marbles(({ expectObservable }) => {
      const texts$ = fakeModel(['-a-b|', turn('-a-b|', { b: 'Bee' })], { id: 'm' });
      expectObservable(texts$.prompt('Hi').pipe(text())).toBe('-a-b|');
      expectObservable(texts$.prompt('Hi').pipe(text())).toBe('-a-b|', { a: 'a', b: 'Bee' });
    }),
  );

  test(
    'says the events of a list, and of lists in it, one after the other at once',
    marbles(({ expectObservable }) => {
      const model = fakeModel(turn('-a-|', { a: ['x', [thought('Hm'), ['y']]] }));
      const said = [
        { type: 'text', chunk: 'x', part_index: 0, message_index: 0 },
        { type: 'reasoning', chunk: 'Hm', part_index: 1, message_index: 0 },
        { type: 'text', chunk: 'y', part_index: 2, message_index: 0 },
      ];
      const end = { type: 'finish', reason: 'unknown' };
      expectObservable(model.prompt('Hi')).toBe('-a-(f|)', { a: together(start, ...said), f: end });
    }),
  );

  test(
    'without an end goes on for ever',
    marbles(({ expectObservable, expectSubscriptions }) => {
      const model = fakeModel('-a-');
      expectObservable(model.prompt('Hi').pipe(text()), '^-----!').toBe('-a-');
      expectSubscriptions(model.subscriptions).toBe('^-----!');
    }),
  );

  test(
    'fails with what # stands for',
    marbles(({ expectObservable }) => {
      const model = fakeModel([turn('-a-#', {}, failure('overloaded', 'busy', { retryAfterMs: 5 })), '#']);
      const busy = new LlmError('overloaded', 'busy', { retryAfterMs: 5 });
      expectObservable(model.prompt('Hi').pipe(text())).toBe('-a-#', undefined, busy);
      expectObservable(model.prompt('Hi').pipe(text())).toBe('#', undefined, like({ code: 'provider_error' }));
    }),
  );

  test('takes a millisecond a character also outside of a marble test', () => {
    const scheduler = new VirtualTimeScheduler();
    const seen: [number, string][] = [];
    const response = fakeModel('-a 240ms b|').prompt('Hi', { scheduler });
    response.pipe(text()).subscribe((chunk) => seen.push([scheduler.frame, chunk]));
    scheduler.flush();
    expect(seen).toEqual([
      [1, 'a'],
      [242, 'b'],
    ]);
  });

  test('takes real time where the scheduler does', async () => {
    expect(await fakeModel('-a-b|').prompt('Hi').text()).toBe('ab');
  });

  test.each<[string, string]>([
    ['-a-^', 'a turn begins when it is subscribed, so it has no "^"'],
    ['-a-!', 'conventional marble diagrams cannot have the unsubscription marker "!"'],
    ['-a|b', 'something comes after its end'],
    ['-a#|', 'something comes after its end'],
  ])('with the diagram %s is refused', (diagram, why) => {
    const message = `the diagram "${diagram}" of a turn cannot be read: ${why}`;
    const refusal = expect.objectContaining({ code: 'invalid_input', message });
    expect(() => turn(diagram)).toThrow(refusal);
    expect(() => fakeModel(['-a|', diagram])).toThrow(refusal);
  });
});

describe('builders', () => {
  test(
    'call() makes a whole call, callFragments() one in pieces',
    marbles(({ expectObservable }) => {
      const [n, a, b] = callFragments('get_weather', ['{"city":', '"Paris"}'], 'call_1');
      const model = fakeModel([
        turn('--c|', { c: call('get_weather', { city: 'Paris' }, 'call_1') }),
        turn('-n-a-b-|', { n, a, b }),
      ]);
      const part = { type: 'tool_call', name: 'get_weather', arguments: { city: 'Paris' }, tool_call_id: 'call_1' };
      expectObservable(model.prompt('Hi').pipe(toolCalls())).toBe('---(c|)', { c: part });
      expectObservable(model.prompt('Hi').pipe(toolArguments())).toBe('-a-b-c-|', {
        a: like({ name: 'get_weather' }),
        b: like({ value: {} }),
        c: like({ value: { city: 'Paris' } }),
      });
    }),
  );

  test('make what they say', () => {
    expect(thought('Hm')).toEqual({ type: 'reasoning', chunk: 'Hm' });
    expect(tokens(1, 2, { cached: 1 })).toEqual({
      type: 'usage',
      usage: { input: 1, output: 2, details: { cached: 1 } },
    });
    expect(finish('length')).toEqual({ type: 'finish', reason: 'length' });
    expect(failure('auth')).toMatchObject({ code: 'auth', message: 'the script fails with auth' });
  });
});

describe('a script', () => {
  test('gives each request its turn, and an error to one after the last', async () => {
    const model = fakeModel(['a|', 'b|'], { id: 'two' });
    expect(await model.prompt('1').text()).toBe('a');
    expect(await model.prompt('2').text()).toBe('b');
    await expect(model.prompt('3').text()).rejects.toMatchObject({
      code: 'invalid_input',
      message: 'call 3 of the model "two" is beyond its script, which has 2 turns',
    });
    await expect(fakeModel([]).prompt('1').text()).rejects.toThrow('call 1 of the model "fake"');
  });

  test.each<[string, TurnLike]>([
    ['a diagram', 'a|'],
    ['a turn', turn('a|')],
  ])('that is %s answers one request', async (_, script) => {
    const model = fakeModel(script);
    expect(await model.prompt('1').text()).toBe('a');
    await expect(model.prompt('2').text()).rejects.toThrow('which has one turn');
  });

  test('that is a function answers every request, by what it asks and by its number', async () => {
    const model = fakeModel(({ messages }, number) => turn('t|', { t: `${number}: ${messages.length} messages` }));
    const first = model.prompt('1');
    expect(await first.text()).toBe('1: 1 messages');
    expect(await first.reply('2').text()).toBe('2: 3 messages');
  });

  test('has functions among its turns', async () => {
    const model = fakeModel(['a|', (_, number) => turn('t|', { t: `call ${number}` })]);
    expect(await model.prompt('1').text()).toBe('a');
    expect(await model.prompt('2').text()).toBe('call 2');
  });

  test('that throws, or makes a turn that cannot be read, fails the response', async () => {
    const throwing = fakeModel(() => {
      throw new LlmError('invalid_input', 'what a question');
    });
    await expect(throwing.prompt('1').text()).rejects.toThrow('what a question');
    await expect(
      fakeModel(() => '!')
        .prompt('1')
        .text(),
    ).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe('a fake model', () => {
  test('remembers its requests and what else it was made with', async () => {
    const model = fakeModel(['a|', 'b|'], { id: 'm', capabilities: { tools: false } });
    expect(model.requests).toEqual([]);
    await model.prompt('Hi', { options: { top_k: 1 } }).text();
    expect(model).toMatchObject({ id: 'm', capabilities: { tools: false } });
    expect(model.requests).toMatchObject([{ messages: [user('Hi')], options: { top_k: 1 }, tools: [] }]);
    expect(() => model.prompt('Hi', { tools: [{ name: 't', run: () => '' }] })).toThrow('does not take tools');
  });

  test(
    'knows which runs are open, and when each was subscribed and left',
    marbles(({ scheduler, cold, expectObservable, expectSubscriptions, atEnd }) => {
      const model = fakeModel(['-a-b-c-|', '-a|', '--#']);
      const open: number[] = [];
      for (const frame of [0, 1, 4, 9]) scheduler.schedule(() => open.push(model.openRuns), frame);
      expectObservable(model.prompt('1').pipe(text(), take(2)), ' ^').toBe('-a-(b|)');
      expectObservable(model.prompt('2').pipe(text()), '         --^').toBe('---a|');
      expectObservable(model.prompt('3').pipe(text()), '         -----^').toBe('-------#', {}, like({}));
      expectObservable(cold('-|')).toBe('-|');
      expectSubscriptions(model.subscriptions).toBe(['^--!', '--^-!', '-----^-!']);
      // At frame 0 it had not been subscribed yet.
      atEnd(() => expect(open).toEqual([0, 1, 1, 0]));
    }),
  );

  test(
    'is retried and replaced as any other',
    marbles(({ scheduler, expectObservable, expectRequests }) => {
      const flaky = fakeModel([turn('-#', {}, failure('overloaded')), '-a|']);
      const broken = fakeModel(turn('-#', {}, failure('auth')));
      const other = fakeModel('-b|');
      const model = withRetry(flaky, { initialDelayMs: 5, random: () => 1 });
      expectObservable(model.prompt('Hi', { scheduler }).pipe(text())).toBe('- 5ms -a|');
      const either = withFallback([broken, other]);
      expectObservable(either.prompt('Hi', { scheduler }).pipe(text())).toBe('--b|');
      expectRequests(flaky).toHaveCount(2);
    }),
  );

  test(
    'plays a whole agent in virtual time',
    marbles(({ scheduler, expectObservable, expectRequests, expectClosed }) => {
      const add: Tool = { name: 'add', run: ({ a, b }) => Number(a) + Number(b) };
      const model = fakeModel([
        turn('--c-|', { c: call('add', { a: 1, b: 2 }, 'call_1') }),
        ({ messages }) => turn('-t|', { t: JSON.stringify(messages.at(-1)?.parts) }),
      ]);
      const result = { type: 'tool_result', name: 'add', output: '3', tool_call_id: 'call_1' };
      const response = model.prompt('1 + 2?', { scheduler, tools: [add] });
      expectObservable(response.reply().pipe(text())).toBe('-----t|', { t: JSON.stringify([result]) });
      expectRequests(model).toHaveCount(2);
      expectClosed(model).toBe(['^---!', '----^-!']);
    }),
  );

  test(
    'plays a chain, whose tools it calls',
    marbles(({ scheduler, expectObservable, expectRequests, expectClosed }) => {
      const add: Tool = { name: 'add', run: ({ a, b }) => Number(a) + Number(b) };
      const [n, a, b] = callFragments('add', ['{"a":1,', '"b":2}'], 'call_1');
      const model = fakeModel([turn('-n-a-b|', { n, a, b }), '-t|']);
      const answer$ = model.chain('1 + 2?', { scheduler, tools: [add] }).pipe(text());
      expectObservable(answer$).toBe('-------t|');
      expectRequests(model).toBe([
        { messages: '1 + 2?', tools: ['add'] },
        { messages: [user('1 + 2?'), like({ role: 'assistant' }), like({ role: 'tool' })], tools: ['add'] },
      ]);
      expectClosed(model).toBe(['^-----!', '------^-!']);
    }),
  );

  test(
    'errors again when it is asked once too often by a retry',
    marbles(({ expectObservable }) => {
      const model = fakeModel(turn('-#', {}, failure('truncated')));
      const beyond = like({ message: 'call 2 of the model "fake" is beyond its script, which has one turn' });
      expectObservable(model.prompt('Hi').pipe(ofType('text'), retry(1))).toBe('-#', {}, beyond);
    }),
  );
});
