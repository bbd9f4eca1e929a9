// What withFallback, withHedge and withRace have in common: a model that stands for several is one as any other.
import * as fc from 'fast-check';
import { from, NEVER, Observable, of, Subject, takeUntil, throwError, VirtualTimeScheduler } from 'rxjs';
import {
  defineModel,
  LlmError,
  withBudget,
  withFallback,
  withHedge,
  withRace,
  withRetry,
  type Model,
  type ModelContext,
  type ModelRequest,
  type SeveralModels,
  type StandardSchema,
  type StreamEvent,
  type Usage,
} from 'rxllm';
import { fromJSON } from 'rxllm/serialization';
import { z } from 'zod';
import { numRuns } from '../support/arbitraries.ts';
import { callEvents, countingModel } from '../support/models.ts';
import { outcomeOf } from '../support/outcome.ts';
import { broken, letters, modelOf, overloaded, tokensOf, type Said } from './letters.ts';

const kinds = [
  ['withFallback', <Options>(models: SeveralModels<Options>) => withFallback(models)],
  ['withHedge', <Options>(models: SeveralModels<Options>) => withHedge(models, { afterMs: 1000 })],
  ['withRace', <Options>(models: SeveralModels<Options>) => withRace(models)],
] as const;

const refusing = (id: string) =>
  modelOf(
    id,
    throwError(() => overloaded),
  );

describe.each(kinds)('%s', (name, combine) => {
  test('has the id, the provider and the options of the first', () => {
    const options: StandardSchema = z.object({});
    const model = combine([modelOf('a', NEVER, { provider: 'acme', options }), modelOf('b', NEVER)]);
    expect(model).toMatchObject({ id: 'a', provider: 'acme' });
    expect(model.options).toBe(options);
    expect(model).not.toHaveProperty('capabilities');
  });

  test('sends the whole request, and the scheduler', async () => {
    const seen: [ModelRequest, ModelContext][] = [];
    const second = modelOf('b', NEVER, {
      stream(request, context) {
        seen.push([request, context]);
        return of('x');
      },
    });
    const scheduler = new VirtualTimeScheduler();
    const schema = { type: 'object' } as const;
    const done = combine([refusing('a'), second])
      .prompt('Hi', { scheduler, schema, hideReasoning: true, raw: true, stream: false, system: 'Be brief.' })
      .text();
    scheduler.flush();
    await done;
    expect(seen).toHaveLength(1);
    expect(seen[0]?.[0]).toMatchObject({
      schema,
      hideReasoning: true,
      raw: true,
      stream: false,
      options: {},
      tools: [],
    });
    expect(seen[0]?.[0].messages).toMatchObject([{ role: 'system' }, { role: 'user' }]);
    expect(seen[0]?.[1]).toEqual({ scheduler });
  });

  test('takes no key, because it would be shown to all of the providers', async () => {
    const models = [countingModel(() => of('x')), countingModel(() => of('y'))] as const;
    const { error } = await outcomeOf(combine(models), { key: 'sk-secret' });
    expect(error).toMatchObject({
      code: 'unsupported',
      message: `a prompt to several models (${name}) takes no key; give each model its own, as apiKey`,
      retryable: false,
    });
    expect(models.map(({ requests }) => requests.length)).toEqual([0, 0]);
  });

  test('checks the options for each model, and only once for the one that gave them', async () => {
    // It does not take its own output.
    const turned: StandardSchema<{ max_tokens: string }> = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate(value) {
          const { max_tokens } = value as { readonly max_tokens?: unknown };
          return typeof max_tokens === 'string'
            ? { value: { max_tokens: Number(max_tokens) } as never }
            : { issues: [{ message: 'no string' }] };
        },
      },
    };
    const seen: unknown[] = [];
    const first = defineModel({
      id: 'a',
      options: turned,
      stream(request) {
        seen.push(request.options);
        return throwError(() => overloaded);
      },
    });
    const second = countingModel(() => of('x'));
    const strict = { ...second, id: 'b', options: z.strictObject({ top_p: z.number().optional() }) };
    const { error } = await outcomeOf(combine([first, strict]), { options: { max_tokens: '7' } });
    expect(seen).toEqual([{ max_tokens: 7 }]);
    expect(error).toMatchObject({
      code: 'invalid_input',
      message: expect.stringMatching(/^2 models failed: a: too much to do; b: .*options of model "b".*max_tokens/),
    });
    expect(second.requests).toHaveLength(0);
    const fitting = { ...second, id: 'c', options: z.strictObject({ max_tokens: z.number().transform((n) => n * 2) }) };
    expect(
      await combine([first, strict, fitting])
        .prompt('Hi', { options: { max_tokens: '7' } })
        .text(),
    ).toBe('x');
    expect(second.requests[0]?.options).toEqual({ max_tokens: 14 });
  });

  test('asks no model for what it cannot do', async () => {
    const counting = countingModel(() => of('x'));
    const without = {
      ...counting,
      id: 'a',
      capabilities: { tools: false, schema: false, attachments: false },
    } as const;
    const able = countingModel(() => of('y'));
    const model = combine([without, able]);
    const tools = [{ name: 'add', run: () => 1 }];
    expect(await model.prompt('Hi', { tools }).text()).toBe('y');
    expect(await model.prompt('Hi', { schema: { type: 'object' } }).text()).toBe('y');
    const attachments = [{ url: 'https://a.example/a.png', type: 'image/png' }];
    expect(await model.prompt('Hi', { attachments }).text()).toBe('y');
    expect(counting.requests).toHaveLength(0);
    const { error } = await outcomeOf(combine([without, { ...without, id: 'b' }]), { tools });
    expect(error).toMatchObject({
      code: 'unsupported',
      message: '2 models failed: a: model "a" does not take tools; b: model "b" does not take tools',
    });
  });

  test('does what a response does: helpers, JSON, replies, sharing, conversations', async () => {
    const second = countingModel((_, index) => of(`answer ${index}`, letters[index === 0 ? 1 : 2]));
    const model = combine([refusing('a'), second]);
    const response = model.prompt('Hi');
    expect(await response.text()).toBe('answer 0');
    expect(await response.result()).toMatchObject({ model: 'a', resolved_model: 'counting', usage: { output: 1 } });
    expect(response.toJSON()).toMatchObject({ model: 'a', messages: [{ parts: [{ text: 'answer 0' }] }] });
    expect(await response.reply('more').text()).toBe('answer 1');
    expect(second.requests[1]?.messages).toHaveLength(3);
    const live = model.prompt('Hi').share();
    const seen: string[] = [];
    live.text$.subscribe((text) => seen.push(text));
    expect(await live.text()).toBe('answer 2');
    expect(seen.at(-1)).toBe('answer 2');
    const conversation = model.conversation();
    await conversation.prompt('one').text();
    await conversation.prompt('two').text();
    expect(second.requests.at(-1)?.messages).toHaveLength(3);
    const restored = fromJSON(JSON.stringify(response), { model });
    expect(await restored.reply('more').text()).toBe('answer 5');
  });

  test('runs tools once, whoever asked for them', async () => {
    let ran = 0;
    const tools = [{ name: 'add', run: () => (ran += 1) }];
    const second = countingModel((_, index) => (index === 0 ? from(callEvents('add', {}, 'c1')) : of('done')));
    expect(
      await combine([refusing('a'), second])
        .prompt('Hi', { tools })
        .reply()
        .text(),
    ).toBe('done');
    expect(ran).toBe(1);
  });

  test('has the options of the first by type', () => {
    const first = defineModel({
      id: 'a',
      options: z.object({ max_tokens: z.number().optional() }),
      stream: () => of('x'),
    });
    const second = defineModel({ id: 'b', options: z.object({ top_p: z.number().optional() }), stream: () => of('y') });
    const model: Model<{ max_tokens?: number | undefined }> = combine([first, second]);
    model.prompt('Hi', { options: { max_tokens: 5 } });
    // @ts-expect-error: it is an option of the second.
    model.prompt('Hi', { options: { top_p: 1 } });
    // @ts-expect-error: somebody has to be asked.
    expect(() => combine([])).toThrow(`${name} takes a list of models, at least one`);
  });

  test.each([[undefined], ['demo'], [[null]], [['demo']], [[modelOf('a', NEVER), {}]]])('refuses %j', (models) => {
    expect(() => combine(models as never)).toThrow(
      expect.objectContaining({ code: 'invalid_input', message: `${name} takes a list of models, at least one` }),
    );
  });
});

/** What a model does with one request. */
interface Script {
  readonly events: readonly { readonly at: number; readonly event: Said }[];
  readonly end: { readonly at: number; readonly how: 'complete' | 'error' | 'never' };
}

/** One request of a model: when it was asked and when it was over, and what it had reported. */
interface Asked {
  readonly model: number;
  readonly at: number;
  over: number | undefined;
  usage: Usage | undefined;
}

const script: fc.Arbitrary<Script> = fc
  .record({
    // In fives, because chance meetings are where things break.
    gaps: fc.array(fc.constantFrom(0, 0, 1, 5, 5, 10, 30), { minLength: 1, maxLength: 8 }),
    kinds: fc.array(fc.constantFrom('text', 'text', 'reasoning', 'usage', 'start', 'raw', 'finish'), { maxLength: 7 }),
    how: fc.constantFrom<Script['end']['how']>('complete', 'complete', 'error', 'error', 'never'),
  })
  .map(({ gaps, kinds: types, how }) => {
    let now = 0;
    const at = (index: number) => (now += gaps[index % gaps.length]!);
    // Only the last may be the finish.
    const until = types.indexOf('finish');
    const all = until < 0 ? types : types.slice(0, until + 1);
    const events = all.map((type, index) => ({ at: at(index), event: toEvent(type, index) }));
    return { events, end: { at: at(all.length), how } };
  });

function toEvent(type: string, index: number): StreamEvent {
  if (type === 'usage') return { type, usage: { output: index + 1 } };
  if (type === 'start') return letters.v;
  if (type === 'raw') return letters.w;
  if (type === 'finish') return letters.f;
  return { type: type === 'text' ? 'text' : 'reasoning', chunk: '' };
}

/** A model that plays the script; what it says tells who it is. */
function play(
  model: number,
  { events, end }: Script,
  scheduler: VirtualTimeScheduler,
  onAsked: (request: Asked) => void,
): Model {
  const answer$ = new Observable<Said>((subscriber) => {
    const request: Asked = { model, at: scheduler.now(), over: undefined, usage: undefined };
    onAsked(request);
    const steps = [
      ...events.map(({ at, event }) => ({
        at,
        step: () => {
          if (typeof event === 'object' && event.type === 'usage') request.usage = event.usage;
          const isContent = typeof event === 'object' && (event.type === 'text' || event.type === 'reasoning');
          subscriber.next(isContent ? { ...event, chunk: String(model) } : event);
        },
      })),
      {
        at: end.at,
        step: () => {
          if (end.how === 'complete') subscriber.complete();
          if (end.how === 'error') subscriber.error(model % 2 === 0 ? overloaded : broken);
        },
      },
    ];
    // What comes at once comes synchronously.
    for (const { at, step } of steps) {
      if (subscriber.closed) break;
      if (at === 0) step();
      else subscriber.add(scheduler.schedule(step, at));
    }
    subscriber.add(() => (request.over = scheduler.now()));
  });
  return modelOf(`m${model}`, answer$);
}

const wrappers: Readonly<Record<string, (models: readonly [Model, ...Model[]], afterMs: number) => Model>> = {
  fallback: (models) => withFallback(models),
  restart: (models) => withFallback(models, { afterContent: 'restart' }),
  continue: (models) => withFallback(models, { afterContent: 'continue' }),
  hedge: (models, afterMs) => withHedge(models, { afterMs }),
  race: (models) => withRace(models),
  'hedge of fallbacks': ([first, ...others], afterMs) => withHedge([withFallback([first, ...others])], { afterMs }),
  'fallback in a retry': (models) => withRetry(withFallback(models), { maxRetries: 1, initialDelayMs: 5 }),
  'hedge in a budget': (models, afterMs) => withBudget(withHedge(models, { afterMs }), { maxTokens: 15 }),
};

test.each(Object.entries(wrappers))('laws of one response, whatever its models do: %s', (kind, wrap) => {
  fc.assert(
    fc.property(
      fc.array(script, { minLength: 1, maxLength: 4 }),
      fc.constantFrom(0, 1, 5, 10, 25),
      fc.option(fc.constantFrom(0, 1, 5, 10, 15, 20, 40, 60), { nil: undefined }),
      fc.option(fc.nat(6), { nil: undefined }),
      (scripts, afterMs, leaveAt, leaveAfter) => {
        const scheduler = new VirtualTimeScheduler();
        const asked: Asked[] = [];
        const said: StreamEvent[] = [];
        const ends: string[] = [];
        let endedAt: number | undefined;
        const leave$ = new Subject<void>();
        const end = (how: string) => {
          ends.push(how);
          endedAt ??= scheduler.now();
        };
        const models = scripts.map((each, index) =>
          play(index, each, scheduler, (request) => {
            expect(endedAt).toBeUndefined();
            asked.push(request);
          }),
        );
        leave$.subscribe(() => (endedAt ??= scheduler.now()));
        if (leaveAt !== undefined) scheduler.schedule(() => leave$.next(), leaveAt);
        wrap(models as [Model, ...Model[]], afterMs)
          .prompt('Hi', { scheduler })
          .pipe(takeUntil(leave$))
          .subscribe({
            next(event) {
              said.push(event);
              if (said.length === leaveAfter) leave$.next();
            },
            error: () => end('error'),
            complete: () => end('complete'),
          });
        scheduler.flush();

        expect(ends.length).toBeLessThanOrEqual(1);
        let usage: Usage | undefined;
        for (const event of said) {
          if (event.type === 'reset') usage = undefined;
          if (event.type === 'usage') ({ usage } = event);
        }
        const lastReset = said.findLastIndex(({ type }) => type === 'reset');
        const counted = said.slice(lastReset + 1);
        // One start, first; one finish, last.
        expect(counted.flatMap(({ type }, at) => (type === 'start' ? at : []))).toEqual(counted.length > 0 ? [0] : []);
        const finishes = said.flatMap(({ type }, at) => (type === 'finish' ? at : []));
        expect(finishes).toEqual(said.at(-1)?.type === 'finish' ? [said.length - 1] : []);
        const speakers = new Set(counted.flatMap((event) => ('chunk' in event ? event.chunk : [])));
        if (kind !== 'continue') expect(speakers.size).toBeLessThanOrEqual(1);

        if (endedAt !== undefined) {
          for (const { at, over } of asked) {
            expect(at).toBeLessThanOrEqual(endedAt);
            expect(over).toBeLessThanOrEqual(endedAt);
          }
        }
        const sum = asked.reduce((tokens, { usage: own }) => tokens + (own ? tokensOf(own) : 0), 0);
        const told = usage ? tokensOf(usage) : 0;
        // Who leaves between a reset and the usage after it, or a start and the usage that caused it, is told less.
        if (said.length === leaveAfter) expect(told).toBeLessThanOrEqual(sum);
        else expect(told).toBe(sum);
      },
    ),
    { numRuns },
  );
});

test('an error of one that nobody waits for any more is nobody’s', async () => {
  const late = modelOf('a', new Observable<Said>((subscriber) => () => subscriber.error(new LlmError('auth', 'no'))));
  expect(
    await withRace([late, modelOf('b', of('x'))])
      .prompt('Hi')
      .text(),
  ).toBe('x');
});
