// A function between a response and its model.
import { concat, EMPTY, from, map, NEVER, Observable, of, take, tap, throwError, VirtualTimeScheduler } from 'rxjs';
import {
  defineModel,
  LlmError,
  wrapModel,
  type Middleware,
  type ModelContext,
  type ModelRequest,
  type StreamEvent,
} from 'rxllm';
import * as z from 'zod';
import { countingModel } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';
import { outcomeOf } from '../support/outcome.ts';

const passOn: Middleware = (request, next) => next(request);
const echo = () => countingModel((_, index) => of(`answer ${index}`));
const assistant = (text: string) => [{ role: 'assistant', parts: [{ type: 'text', text }] }];

describe('wrapModel', () => {
  test('gives the function the request and where it comes from', async () => {
    const seen: [ModelRequest, ModelContext][] = [];
    const model = wrapModel(echo(), (request, next, context) => {
      seen.push([request, context]);
      return next(request);
    });
    const scheduler = new VirtualTimeScheduler();
    const schema = { type: 'object' } as const;
    const tools = [{ name: 'add' }];
    await model.prompt('Hi', { key: 'k', scheduler, tools, schema, stream: false, options: { temperature: 1 } }).text();
    const [[request, context] = []] = seen;
    expect(request).toMatchObject({
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }],
      tools,
      schema,
      stream: false,
      options: { temperature: 1 },
    });
    expect(context).toEqual({ key: 'k', scheduler, tools });
  });

  test('calls it once a run, when it is subscribed', async () => {
    const inner = echo();
    let calls = 0;
    const response = wrapModel(inner, (request, next) => {
      calls += 1;
      return next(request);
    }).prompt('Hi');
    expect(calls).toBe(0);
    expect(record(response).end).toBe('complete');
    expect(record(response).end).toBe('complete');
    expect(calls).toBe(2);
    // The first run that ended well is the one that helpers use.
    expect(await response.text()).toBe('answer 0');
    expect([calls, inner.requests.length]).toEqual([2, 2]);
  });

  test('makes a model with the same facts, and leaves the other as it was', async () => {
    const options = z.object({ depth: z.number().optional() });
    const model = defineModel({
      id: 'm',
      provider: 'p',
      capabilities: { tools: false },
      options,
      stream: () => of('Hi'),
    });
    const wrapped = wrapModel(model, () => of('Bye'));
    expect(wrapped).toMatchObject({ id: 'm', provider: 'p', capabilities: { tools: false }, options });
    expect(() => wrapped.prompt('Hi', { tools: [{ name: 'add' }] })).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
    expect(await wrapped.prompt('Hi').text()).toBe('Bye');
    expect(await wrapped.conversation().prompt('Hi').text()).toBe('Bye');
    expect(await model.prompt('Hi').text()).toBe('Hi');
  });

  test('keeps the type of the options', () => {
    const options = z.object({ depth: z.number() });
    const model = wrapModel(defineModel({ id: 'm', options, stream: () => of('Hi') }), passOn);
    model.prompt('Hi', { options: { depth: 1 } });
    // @ts-expect-error: the options are typed by the schema.
    expect(() => model.prompt('Hi', { options: { depth: 'deep' } })).toThrow(LlmError);
  });

  test('lets it change the request; the JSON of the response says what was asked', async () => {
    const inner = echo();
    const model = wrapModel(inner, (request, next) => next({ ...request, system: 'Be polite.', stream: false }));
    const response = model.prompt('Hi');
    await response.text();
    expect(inner.requests).toMatchObject([{ system: 'Be polite.', stream: false }]);
    expect(response.toJSON().prompt).toEqual({ messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hi' }] }] });
  });

  test('lets it ask as often as it likes, or not at all', async () => {
    const inner = echo();
    const twice = wrapModel(inner, (request, next) => {
      const answer$ = next(request);
      return concat(answer$, of(' and '), answer$);
    });
    expect(await twice.prompt('Hi').text()).toBe('answer 0 and answer 1');
    expect(inner.requests).toHaveLength(2);
    expect(
      await wrapModel(inner, () => of('from memory'))
        .prompt('Hi')
        .text(),
    ).toBe('from memory');
    expect(inner.requests).toHaveLength(2);
  });

  test('sends nothing before what it was given is subscribed', () => {
    const inner = echo();
    record(
      wrapModel(inner, (request, next) => {
        next(request);
        return EMPTY;
      }).prompt('Hi'),
    );
    expect(inner.requests).toEqual([]);
  });

  test('gives it text events for strings, and events without indexes; subscribers see both indexes', () => {
    const model = defineModel({ id: 'm', stream: () => from(['a', { type: 'text', chunk: 'b' } as const]) });
    const seen: StreamEvent[] = [];
    const wrapped = wrapModel(model, (request, next) =>
      next(request).pipe(
        tap((event) => seen.push(event)),
        map((event) => ('chunk' in event ? event.chunk.toUpperCase() : event)),
      ),
    );
    const { values } = record(wrapped.prompt('Hi'));
    expect(seen).toEqual([
      { type: 'text', chunk: 'a' },
      { type: 'text', chunk: 'b' },
    ]);
    expect(values).toMatchObject([
      { type: 'start' },
      { type: 'text', chunk: 'A', part_index: 0, message_index: 0 },
      { type: 'text', chunk: 'B', part_index: 0, message_index: 0 },
      { type: 'finish' },
    ]);
  });

  test('runs the outer function first', async () => {
    const inner = echo();
    const say =
      (name: string): Middleware =>
      (request, next) =>
        next({ ...request, system: `${request.system ?? ''}${name}` }).pipe(
          map((event) => (event.type === 'text' ? { ...event, chunk: `${event.chunk} ${name}` } : event)),
        );
    const model = wrapModel(wrapModel(inner, say('inner')), say('outer'));
    expect(await model.prompt('Hi').text()).toBe('answer 0 inner outer');
    expect(inner.requests).toMatchObject([{ system: 'outerinner' }]);
  });

  test('ends the request when the response is left', () => {
    const inner = countingModel(() => NEVER);
    const subscription = wrapModel(wrapModel(inner, passOn), passOn).prompt('Hi').subscribe();
    expect(inner.running()).toBe(1);
    subscription.unsubscribe();
    expect(inner.running()).toBe(0);
  });

  test('ends a request that emits without end when its subscriber has enough', () => {
    let emitted = 0;
    const endless = defineModel({
      id: 'm',
      stream: () =>
        new Observable<string>((subscriber) => {
          while (!subscriber.closed) subscriber.next(String((emitted += 1)));
        }),
    });
    const twice = wrapModel(wrapModel(endless, passOn), passOn);
    expect(record(twice.prompt('Hi').pipe(take(2))).end).toBe('complete');
    expect(emitted).toBe(1);
    const first = wrapModel(endless, (request, next) => next(request).pipe(take(1)));
    expect(record(first.prompt('Hi')).end).toBe('complete');
    expect(emitted).toBe(2);
  });
});

describe('wrapModel gives LlmErrors', () => {
  const foreign = new TypeError('oops');
  const fail = () => {
    throw foreign;
  };
  const own = new LlmError('rate_limited', 'slowly', { retryAfterMs: 5 });

  test.each<[string, () => unknown, object]>([
    ['of an error of the stream', () => throwError(() => foreign), { code: 'provider_error', cause: foreign }],
    ['of one that is thrown', fail, { code: 'provider_error', cause: foreign }],
    ['of what is no Observable', () => Promise.resolve('Hi'), { code: 'bad_response' }],
    ['of what is no event', () => of(7), { code: 'bad_response' }],
    ['as they are', () => throwError(() => own), { code: 'rate_limited', retryAfterMs: 5 }],
  ])('to the function: %s', async (_, stream, expected) => {
    const model = defineModel({ id: 'm', stream: stream as () => Observable<string> });
    let seen: unknown;
    const wrapped = wrapModel(model, (request, next) => next(request).pipe(tap({ error: (error) => (seen = error) })));
    const { error } = await outcomeOf(wrapped);
    expect(seen).toBeInstanceOf(LlmError);
    expect(seen).toMatchObject(expected);
    expect(seen).not.toHaveProperty('partial');
    expect(error).toMatchObject({ ...expected, partial: { model: 'm', status: 'failed' } });
  });

  test.each<[string, () => unknown, object]>([
    ['that is thrown', fail, { code: 'provider_error', message: 'oops', cause: foreign }],
    [
      'of its stream',
      () =>
        concat(
          of('Hi'),
          throwError(() => foreign),
        ),
      { code: 'provider_error', cause: foreign },
    ],
    ['because it gives no Observable', () => undefined, { code: 'bad_response' }],
  ])('to the subscriber for an error of the function: %s', async (_, middleware, expected) => {
    const { error } = await outcomeOf(wrapModel(echo(), middleware as Middleware));
    expect(error).toMatchObject({ ...expected, partial: { status: 'failed' } });
  });

  test('with what had arrived, whatever the function made of it', async () => {
    const model = countingModel(() =>
      concat(
        of('Hi'),
        throwError(() => own),
      ),
    );
    const loud = wrapModel(model, (request, next) =>
      next(request).pipe(
        map((event) => (event.type === 'text' ? { ...event, chunk: event.chunk.toUpperCase() } : event)),
      ),
    );
    expect((await outcomeOf(loud)).error?.partial?.messages).toEqual(assistant('HI'));
  });
});
