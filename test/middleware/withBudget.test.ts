// withBudget: what is counted, what is refused, and what is cut.
import { concat, from, lastValueFrom, NEVER, of, Subject, take, throwError, toArray } from 'rxjs';
import { anthropic } from 'rxllm/anthropic';
import { Budget, withBudget, withFallback, withRetry, type BudgetOptions, type StreamEvent } from 'rxllm';
import { block, end, start, streamOf, text } from '../providers/anthropic/events.ts';
import { marbles } from '../support/marbles.ts';
import { countingModel } from '../support/models.ts';
import { outcomeOf } from '../support/outcome.ts';
import { startServer, type TestServer } from '../support/servers.ts';
import { broken, letters, lettersOf, modelOf, overloaded, tokensOf, type Said } from './letters.ts';

/** Ten tokens in, one out for each letter. */
const priced = () => countingModel(() => from<Said[]>(['x', { type: 'usage', usage: { input: 10, output: 1 } }]));

describe('a request', () => {
  test('is refused when nothing is left, before it is sent', async () => {
    const model = priced();
    const limited = withBudget(model, { maxTokens: 20 });
    expect(await limited.prompt('Hi').text()).toBe('x');
    // This one goes beyond, and is whole.
    expect(await limited.prompt('Hi').text()).toBe('x');
    const { error, events } = await outcomeOf(limited);
    expect(error).toMatchObject({
      code: 'budget_exceeded',
      message: 'the budget is spent: 22 of 20 tokens; give it a new one with a higher limit',
      retryable: false,
      partial: { model: 'counting', status: 'failed', messages: [] },
    });
    expect(events.map(({ type }) => type)).toEqual(['start']);
    expect(model.requests).toHaveLength(2);
  });

  test('is refused at its subscription, not when it is made', async () => {
    const budget = new Budget({ maxTokens: 5 });
    const model = withBudget(priced(), budget);
    const response = model.prompt('Hi');
    await model.prompt('Hi').text();
    await expect(response.text()).rejects.toMatchObject({ code: 'budget_exceeded' });
  });

  test('is always refused by a budget of nothing', async () => {
    const model = priced();
    const limited = withBudget(model, { maxTokens: 0 });
    await expect(limited.prompt('Hi').text()).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(model.requests).toHaveLength(0);
  });

  test.each(['text', 'messages', 'result', 'usage', 'toolCalls'] as const)(
    'is refused to %s(), too',
    async (helper) => {
      const limited = withBudget(priced(), { maxTokens: 0 });
      await expect(limited.prompt('Hi')[helper]()).rejects.toMatchObject({ code: 'budget_exceeded' });
    },
  );

  test('of a reply and of a conversation is counted with the others', async () => {
    const budget = new Budget({ maxTokens: 30 });
    const model = withBudget(priced(), budget);
    await model.prompt('Hi').reply('more').text();
    expect(budget.spent.tokens).toBe(22);
    const conversation = model.conversation();
    await conversation.prompt('Hi').text();
    await expect(conversation.prompt('more').text()).rejects.toMatchObject({ code: 'budget_exceeded' });
  });
});

describe('a response', () => {
  test(
    'is cut where more content comes after its usage went beyond',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const source$ = cold<Said>('-x----2---y-4-w-z--|', letters);
      const result = '            -(Sx)-2---y-4-w-#';
      const response = withBudget(modelOf('a', source$), { maxTokens: 4 }).prompt('Hi', { scheduler });
      expectObservable(lettersOf(response)).toBe(result, undefined, 'budget_exceeded');
      expectSubscriptions(source$.subscriptions).toBe('^---------------!');
    }),
  );

  test('that is cut has what there is as its partial', async () => {
    const source$ = from<Said[]>(['x', letters[3], 'y']);
    const { error, events } = await outcomeOf(withBudget(modelOf('a', source$), { maxTokens: 2 }));
    expect(events.map(({ type }) => type)).toEqual(['start', 'text', 'usage']);
    expect(error).toMatchObject({
      code: 'budget_exceeded',
      partial: { messages: [{ parts: [{ text: 'x' }] }], usage: { output: 3 }, status: 'failed' },
    });
  });

  test(
    'that is complete by then stays complete',
    marbles(({ cold, scheduler, expectObservable }) => {
      const source$ = cold<Said>('-x----4-f-|', letters);
      const result = '            -(Sx)-4-f-|';
      const response = withBudget(modelOf('a', source$), { maxTokens: 3 }).prompt('Hi', { scheduler });
      expectObservable(lettersOf(response)).toBe(result);
    }),
  );

  test(
    'is not cut by what others spend, but by its own next usage',
    marbles(({ cold, scheduler, expectObservable }) => {
      const a$ = cold<Said>(' -x--------y--1--z|', letters);
      const b$ = cold<Said>(' ------(4|)', letters);
      const resultA = '       -(Sx)-----y--1--#';
      const resultB = '       ------(S4f|)';
      const budget = new Budget({ maxTokens: 4 });
      const [a, b] = [modelOf('a', a$), modelOf('b', b$)].map((model) => withBudget(model, budget));
      expectObservable(lettersOf(a!.prompt('Hi', { scheduler }))).toBe(resultA, undefined, 'budget_exceeded');
      expectObservable(lettersOf(b!.prompt('Hi', { scheduler }))).toBe(resultB);
    }),
  );
});

describe('what is counted', () => {
  test('is the last usage of each response, of all models and of responses side by side', () => {
    const budget = new Budget({ maxTokens: 100 });
    const sources = [new Subject<Said>(), new Subject<Said>()] as const;
    const [a, b] = sources.map((source, index) => withBudget(modelOf(String(index), source), budget));
    a!.prompt('Hi').subscribe();
    b!.prompt('Hi').subscribe();
    sources[0].next(letters[1]);
    sources[1].next(letters[2]);
    sources[0].next(letters[3]);
    expect(budget.spent).toEqual({ tokens: 5, costUsd: 0 });
    expect(budget.isExhausted).toBe(false);
    sources[1].next({ type: 'usage', usage: { input: 90, output: 7 } });
    expect(budget.spent.tokens).toBe(100);
    expect(budget.isExhausted).toBe(true);
  });

  test('is what aborted and failed responses had reported, too', async () => {
    const budget = new Budget({ maxTokens: 100 });
    const aborted = withBudget(modelOf('a', concat(of(letters[2], 'x'), NEVER)), budget);
    aborted.prompt('Hi').pipe(take(3)).subscribe();
    const failed = withBudget(
      modelOf(
        'b',
        concat(
          of(letters[3]),
          throwError(() => broken),
        ),
      ),
      budget,
    );
    await expect(failed.prompt('Hi').text()).rejects.toMatchObject({ code: 'truncated' });
    expect(budget.spent.tokens).toBe(5);
  });

  test('is each run of a response', () => {
    const budget = new Budget({ maxTokens: 100 });
    const response = withBudget(modelOf('a', of(letters[2])), budget).prompt('Hi');
    response.subscribe();
    response.subscribe();
    expect(budget.spent.tokens).toBe(4);
  });

  test('is dollars by the prices of the model that was asked', async () => {
    const prices: Readonly<Record<string, number>> = { cheap: 0.01, dear: 0.5 };
    const budget = new Budget({ maxCostUsd: 1, costUsd: (usage, model) => tokensOf(usage) * prices[model]! });
    const usages = () => from<Said[]>([letters[1], letters[2]]);
    await withBudget(modelOf('cheap', usages()), budget).prompt('Hi').text();
    expect(budget.spent).toEqual({ tokens: 2, costUsd: 0.02 });
    await withBudget(modelOf('dear', usages()), budget).prompt('Hi').text();
    expect(budget.spent.costUsd).toBeCloseTo(1.02);
    await expect(withBudget(modelOf('cheap', usages()), budget).prompt('Hi').text()).rejects.toThrow(
      'the budget is spent: 1.02 of 1 US dollars; give it a new one with a higher limit',
    );
  });

  test.each([-100, NaN, Infinity, '5' as never, null as never])('is not changed by a count of %s', async (input) => {
    const budget = new Budget({ maxTokens: 4 });
    const usage: Said = { type: 'usage', usage: { input, output: 2 } };
    await withBudget(modelOf('a', from([usage, usage, 'x'])), budget)
      .prompt('Hi')
      .text();
    expect(budget.spent.tokens).toBe(2);
  });

  test('is held against each limit', async () => {
    const model = withBudget(modelOf('a', of(letters[4])), { maxTokens: 4, maxCostUsd: 9, costUsd: tokensOf });
    await model.prompt('Hi').text();
    await expect(model.prompt('Hi').text()).rejects.toThrow('4 of 4 tokens, 4 of 9 US dollars');
  });

  test.each([
    [
      'throws',
      () => {
        throw new TypeError('no price');
      },
      'no price',
    ],
    ['gives no number', () => NaN, 'costUsd gave NaN for model "a", not a number of dollars from 0 up'],
    ['gives money back', () => -1, 'costUsd gave -1 for model "a", not a number of dollars from 0 up'],
    ['knows no end', () => Infinity, 'costUsd gave Infinity for model "a", not a number of dollars from 0 up'],
    [
      'gives nothing',
      () => undefined as never,
      'costUsd gave undefined for model "a", not a number of dollars from 0 up',
    ],
  ])('ends the response when the price function %s', async (_, costUsd, message) => {
    const source$ = from<Said[]>(['x', letters[3], 'y']);
    const { error, events } = await outcomeOf(withBudget(modelOf('a', source$), { maxCostUsd: 1, costUsd }));
    expect(error).toMatchObject({ code: 'invalid_input', message });
    expect(events.map(({ type }) => type)).toEqual(['start', 'text']);
  });
});

describe('with a retry', () => {
  const attempts = () => {
    const model = countingModel((_, index) =>
      index === 0
        ? concat(
            of(letters[3]),
            throwError(() => overloaded),
          )
        : from<Said[]>(['x', letters[2]]),
    );
    return { model, budget: new Budget({ maxTokens: 4 }) };
  };

  test('around it every attempt needs something left', async () => {
    const { model, budget } = attempts();
    const retrying = withRetry(withBudget(model, budget), { initialDelayMs: 0 });
    expect(await retrying.prompt('Hi').usage()).toEqual({ output: 5 });
    expect(budget.spent.tokens).toBe(5);
    const tight = attempts();
    const poor = withRetry(withBudget(tight.model, { maxTokens: 3 }), { initialDelayMs: 0 });
    await expect(poor.prompt('Hi').text()).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(tight.model.requests).toHaveLength(1);
  });

  test('within it all attempts are counted as one response', async () => {
    const { model, budget } = attempts();
    const limited = withBudget(withRetry(model, { initialDelayMs: 0 }), budget);
    expect(await limited.prompt('Hi').usage()).toEqual({ output: 5 });
    expect(budget.spent.tokens).toBe(5);
    const tight = attempts();
    const poor = withBudget(withRetry(tight.model, { initialDelayMs: 0 }), { maxTokens: 3 });
    // The second attempt is made, and is cut at its first content.
    await expect(poor.prompt('Hi').text()).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(tight.model.requests).toHaveLength(2);
  });
});

test('a model whose budget is spent makes room for the next of a fallback', async () => {
  const dear = withBudget(modelOf('dear', of('x', letters[4])), { maxTokens: 4 });
  const model = withFallback([dear, modelOf('cheap', of('y'))]);
  expect(await model.prompt('Hi').text()).toBe('x');
  expect(await model.prompt('Hi').result()).toMatchObject({ text: 'y', resolved_model: 'cheap' });
});

test('the same events come through as without', async () => {
  const said = from(Object.values<Said>(letters));
  const plain = await lastValueFrom(modelOf('a', said).prompt('Hi').pipe(toArray()));
  const limited = await lastValueFrom(withBudget(modelOf('a', said), { maxTokens: 100 }).prompt('Hi').pipe(toArray()));
  const withoutIds = (events: readonly StreamEvent[]) =>
    events.map((event) => (event.type === 'start' ? { ...event, id: '', datetime_utc: '' } : event));
  expect(withoutIds(limited)).toEqual(withoutIds(plain));
});

test.each<[BudgetOptions, string]>([
  [{}, 'a budget has a limit: give it maxTokens, maxCostUsd or both'],
  [{ maxTokens: -1 }, 'maxTokens of a budget is a number from 0 up, not -1'],
  [{ maxTokens: NaN }, 'maxTokens of a budget is a number from 0 up, not NaN'],
  [{ maxCostUsd: 1 }, 'a budget in dollars needs costUsd, a function from usage to dollars'],
])('a budget of %p is refused', (options, message) => {
  expect(() => new Budget(options)).toThrow(message);
  expect(() => withBudget(modelOf('a', NEVER), options)).toThrow(message);
});

describe('over HTTP', () => {
  let server: TestServer;
  afterEach(() => server.close());

  test('a provider that tells its input first is cut off at once when that is too much', async () => {
    const events = [start(), ...block(0, { type: 'text', text: '' }, text('Hello'))];
    server = await startServer({ pieces: [streamOf(events)], atEnd: 'stay' });
    const claude = anthropic({ model: 'claude', apiKey: 'k', baseUrl: server.url, maxRetries: 0 });
    const budget = new Budget({ maxTokens: 3 });
    const { error } = await outcomeOf(withBudget(claude, budget));
    expect(error).toMatchObject({ code: 'budget_exceeded', partial: { usage: { input: 3, output: 1 } } });
    expect(budget.spent.tokens).toBe(4);
    await expect((await server.request(0)).closed).resolves.toBe('aborted');
  });

  test('one that tells its usage at the end gives its last answer whole', async () => {
    const events = [start({ usage: {} }), ...block(0, { type: 'text', text: '' }, text('Hello')), ...end('end_turn')];
    server = await startServer({ pieces: [streamOf(events)] });
    const claude = anthropic({ model: 'claude', apiKey: 'k', baseUrl: server.url, maxRetries: 0 });
    const limited = withBudget(claude, { maxTokens: 3 });
    expect(await limited.prompt('Hi').text()).toBe('Hello');
    expect((await outcomeOf(limited)).error?.code).toBe('budget_exceeded');
    expect(server.requests).toHaveLength(1);
  });
});
