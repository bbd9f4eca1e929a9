// withHedge and withRace: who is asked when, who gives the answer, and what becomes of the others.
import {
  concat,
  from,
  lastValueFrom,
  NEVER,
  Observable,
  of,
  Subject,
  take,
  throwError,
  toArray,
  VirtualTimeScheduler,
} from 'rxjs';
import { anthropic } from 'rxllm/anthropic';
import { LlmError, withHedge, withRace, withRetry, type Model } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { start, streamOf as anthropicStream } from '../providers/anthropic/events.ts';
import { delta, done, finish, streamOf } from '../providers/openai-chat/chunks.ts';
import { startFaultServer, type FaultServer, type Step } from '../support/faultServer.ts';
import { marbles } from '../support/marbles.ts';
import { countingModel } from '../support/models.ts';
import { outcomeOf } from '../support/outcome.ts';
import { broken, letters, lettersOf, modelOf, overloaded, type Said } from './letters.ts';

const failure = () => throwError(() => overloaded);

describe('withHedge', () => {
  test(
    'asks one alone that begins its answer in time',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('---x---------y-|', letters);
      const b$ = cold<Said>('    --y|', letters);
      const result = '       ---(Ax)------y-(f|)';
      const model = withHedge([modelOf('a', a$), modelOf('b', b$)], { afterMs: 4 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(a$.subscriptions).toBe('^--------------!');
      expectSubscriptions(b$.subscriptions).toBe([]);
    }),
  );

  test(
    'asks another one each `afterMs` without content; the first that begins stops the others',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('------------x|', letters);
      const b$ = cold<Said>('   ------y------|', letters);
      const c$ = cold<Said>('      -----z|', letters);
      const d$ = cold<Said>('         -z|', letters);
      const result = '       ---------(By)---(f|)';
      const models = [modelOf('b', b$), modelOf('c', c$)];
      const model = withHedge([modelOf('a', a$), ...models], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(a$.subscriptions).toBe('^--------!');
      expectSubscriptions(b$.subscriptions).toBe('---^------------!');
      expectSubscriptions(c$.subscriptions).toBe('------^--!');
      expectSubscriptions(d$.subscriptions).toBe([]);
    }),
  );

  test(
    'takes the first one although it is late, when it is the first to begin',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('-----x------|', letters);
      const b$ = cold<Said>('   ---y|', letters);
      const result = '       -----(Ax)---(f|)';
      const model = withHedge([modelOf('a', a$), modelOf('b', b$)], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(b$.subscriptions).toBe('---^-!');
    }),
  );

  test(
    'asks the next at once when one fails, and waits anew from there',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('--#', letters, overloaded);
      const b$ = cold<Said>('  ----------y|', letters);
      const c$ = cold<Said>('       --z-----|', letters);
      const result = '       ---------(Cz)--(f|)';
      const models = [modelOf('b', b$), modelOf('c', c$)];
      const model = withHedge([modelOf('a', a$), ...models], { afterMs: 5 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(a$.subscriptions).toBe('^-!');
      expectSubscriptions(b$.subscriptions).toBe('--^------!');
      expectSubscriptions(c$.subscriptions).toBe('-------^-------!');
    }),
  );

  test(
    'asks nobody else any more when one fails and another is still being asked, but the next',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('------#', letters, overloaded);
      const b$ = cold<Said>('    --------y----|', letters);
      const c$ = cold<Said>('      ----#', letters, overloaded);
      const result = '       ------------(By)-(f|)';
      const models = [modelOf('b', b$), modelOf('c', c$)];
      const model = withHedge([modelOf('a', a$), ...models], { afterMs: 4 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(b$.subscriptions).toBe('----^------------!');
      expectSubscriptions(c$.subscriptions).toBe('------^---!');
    }),
  );

  test(
    'asks one more at a time, also when the first fails at once',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const b$ = cold<Said>('----------------', letters);
      const c$ = cold<Said>('    ------------', letters);
      const d$ = cold<Said>('        -z---|', letters);
      const result = '       ---------(Dz)(f|)';
      const models = [modelOf('b', b$), modelOf('c', c$), modelOf('d', d$)];
      const model = withHedge([modelOf('a', failure()), ...models], { afterMs: 4 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(b$.subscriptions).toBe('^--------!');
      expectSubscriptions(c$.subscriptions).toBe('----^----!');
      expectSubscriptions(d$.subscriptions).toBe('--------^----!');
    }),
  );

  test('waits with one timer, which goes when the answer begins, or nobody wants it any more', () => {
    const scheduler = new VirtualTimeScheduler();
    const a$ = new Subject<Said>();
    const model = withHedge([modelOf('a', a$), modelOf('b', NEVER), modelOf('c', NEVER)], { afterMs: 1e12 });
    model.prompt('Hi', { scheduler }).subscribe();
    // What a timer can wait for at once.
    expect(scheduler.actions.map(({ delay }) => delay)).toEqual([2 ** 31 - 1]);
    a$.next('x');
    expect(scheduler.actions).toEqual([]);
    const subscription = model.prompt('Hi', { scheduler }).subscribe();
    expect(scheduler.actions).toHaveLength(1);
    subscription.unsubscribe();
    expect(scheduler.actions).toEqual([]);
  });

  test.each([
    ['one, when the first fails at once', 1, [modelOf('a', failure()), modelOf('b', NEVER), modelOf('c', NEVER)]],
    ['none, when the first answers at once', 0, [modelOf('a', concat(of('x'), NEVER)), modelOf('b', NEVER)]],
    ['none, when nobody is left to ask', 0, [modelOf('a', NEVER)]],
  ] satisfies [string, number, [Model, ...Model[]]][])('has as many timers as it needs: %s', (_, count, models) => {
    const scheduler = new VirtualTimeScheduler();
    withHedge(models, { afterMs: 5 }).prompt('Hi', { scheduler }).subscribe();
    expect(scheduler.actions).toHaveLength(count);
  });

  test('holds nothing of what was taken back before the answer began', async () => {
    const said: Said[] = [letters.v, letters.w, letters.R, 'x'];
    const events = await lastValueFrom(
      withRace([modelOf('a', from(said))])
        .prompt('Hi')
        .pipe(toArray()),
    );
    expect(events.map(({ type }) => type)).toEqual(['start', 'text', 'finish']);
    expect(events[0]).toMatchObject({ resolved_model: 'a' });
  });

  test(
    'takes neither a start nor usage nor raw messages for the beginning of an answer',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('-v-w-s-3------------x|', letters);
      const b$ = cold<Said>('   --s-w------2---y--------|', letters);
      const result = '       -------(S3)---5---(wy)-----(f|)';
      const model = withHedge([modelOf('a', a$), modelOf('b', b$)], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(a$.subscriptions).toBe('^-----------------!');
      expectSubscriptions(b$.subscriptions).toBe('---^-----------------------!');
    }),
  );

  test.each([
    ['text', 'x'],
    ['reasoning', 'r'],
    ['a tool call', 'n'],
    ['an attachment', 'a'],
    ['a finish', 'f'],
  ] as const)('takes %s for the beginning of an answer', (_, letter) => {
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('-----', letters);
      const b$ = cold<Said>(`   --${letter}---|`, letters);
      const result = `       -----(B${letter})${letter === 'f' ? '|' : '(f|)'}`;
      const model = withHedge([modelOf('a', a$), modelOf('b', b$)], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(a$.subscriptions).toBe('^----!');
    })();
  });

  test(
    'takes an answer that is complete without a word',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('--|', letters);
      const b$ = cold<Said>('   --|', letters);
      const model = withHedge([modelOf('a', a$), modelOf('b', b$)], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe('--(Af|)');
      expectSubscriptions(b$.subscriptions).toBe([]);
    }),
  );

  test(
    'may ask the same model twice',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const first$ = cold<Said>(' ---------x|', letters);
      const second$ = cold<Said>('    -y-----|', letters);
      const result = '            -----(Cy)--(f|)';
      const answers = [first$, second$];
      const model = countingModel((_, index) => answers[index] ?? NEVER);
      expectObservable(lettersOf(withHedge([model, model], { afterMs: 4 }).prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(first$.subscriptions).toBe('^----!');
      expectSubscriptions(second$.subscriptions).toBe('----^------!');
    }),
  );

  test(
    'errors when the one that has begun fails: it is too late for the others',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('-----', letters);
      const b$ = cold<Said>('   -x-----#', letters, broken);
      const c$ = cold<Said>('      -z|', letters);
      const result = '       ----(Bx)--#';
      const models = [modelOf('b', b$), modelOf('c', c$)];
      const model = withHedge([modelOf('a', a$), ...models], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result, undefined, 'truncated');
      expectSubscriptions(a$.subscriptions).toBe('^---!');
      expectSubscriptions(c$.subscriptions).toBe([]);
    }),
  );

  test(
    'errors when all have failed, once there is nobody left',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('--1---------#', letters, overloaded);
      const b$ = cold<Said>('   -----2-#', letters, broken);
      const result = '       --(S1)--3---#';
      const model = withHedge([modelOf('a', a$), modelOf('b', b$)], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result, undefined, 'overloaded');
      expectSubscriptions(a$.subscriptions).toBe('^-----------!');
      expectSubscriptions(b$.subscriptions).toBe('---^------!');
    }),
  );

  test(
    'stops all of them, and its timer, when it is unsubscribed',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('-----------x|', letters);
      const b$ = cold<Said>('   -----------x|', letters);
      const c$ = cold<Said>('      -----------x|', letters);
      const unsub = '        ----!';
      const models = [modelOf('b', b$), modelOf('c', c$)];
      const model = withHedge([modelOf('a', a$), ...models], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler })), unsub).toBe('-');
      expectSubscriptions(a$.subscriptions).toBe('^---!');
      expectSubscriptions(b$.subscriptions).toBe('---^!');
      expectSubscriptions(c$.subscriptions).toBe([]);
    }),
  );

  test(
    'counts what the others had cost, also when the answer tells its usage once more',
    marbles(({ cold, scheduler, expectObservable }) => {
      const a$ = cold<Said>('-3----', letters);
      const b$ = cold<Said>('   --1-x-----2---|', letters);
      const result = '       -(S3)4-x-----5---(f|)';
      const model = withHedge([modelOf('a', a$), modelOf('b', b$)], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
    }),
  );

  test(
    'counts them, too, when the one that answers begins anew',
    marbles(({ cold, scheduler, expectObservable }) => {
      const a$ = cold<Said>('-3----', letters);
      const b$ = cold<Said>('   ---1-R---2---x---R------y---|', letters);
      const result = '       -(S3)-4-----5---x---(RS3)--y---(f|)';
      const model = withHedge([modelOf('a', a$), modelOf('b', b$)], { afterMs: 3 });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
    }),
  );

  test('says in the end which model it was, also when another one had said something first', async () => {
    const model = withRace([modelOf('a', concat(of(letters[1]), NEVER)), modelOf('b', of('x'))]);
    expect(await model.prompt('Hi').result()).toMatchObject({ model: 'a', resolved_model: 'b', text: 'x' });
  });

  test('tells of all that failed', async () => {
    const waits = (code: 'rate_limited' | 'auth', retryAfterMs?: number) =>
      modelOf(
        code,
        throwError(() => new LlmError(code, 'no', retryAfterMs === undefined ? {} : { retryAfterMs })),
      );
    const { error } = await outcomeOf(withHedge([waits('rate_limited', 7000), waits('auth')], { afterMs: 1000 }));
    expect(error).toMatchObject({
      code: 'auth',
      message: '2 models failed: rate_limited: no; auth: no',
      retryable: true,
      retryAfterMs: 7000,
      cause: [{ code: 'rate_limited' }, { code: 'auth' }],
    });
  });

  test('lets a model that retries do so, and counts that as no content', async () => {
    const first = countingModel((_, index) => (index === 0 ? concat(of(letters.v), failure()) : of('x')));
    const second = countingModel(() => of('y'));
    const model = withHedge([withRetry(first, { initialDelayMs: 0 }), second], { afterMs: 60_000 });
    expect(await model.prompt('Hi').text()).toBe('x');
    expect(second.requests).toHaveLength(0);
  });

  test.each([-1, NaN, Infinity, '5'])('refuses to wait %p', (afterMs) => {
    expect(() => withHedge([modelOf('a', NEVER)], { afterMs: afterMs as number })).toThrow(
      /afterMs of withHedge is a number of milliseconds from 0 up, not /,
    );
  });
});

describe('withRace', () => {
  test(
    'asks all at once; the first that begins gives the answer and stops the others',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('-----x|', letters);
      const b$ = cold<Said>('---y------|', letters);
      const c$ = cold<Said>('-#', letters, overloaded);
      const result = '       ---(By)---(f|)';
      const model = withRace([modelOf('a', a$), modelOf('b', b$), modelOf('c', c$)]);
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(a$.subscriptions).toBe('^--!');
      expectSubscriptions(b$.subscriptions).toBe('^---------!');
      expectSubscriptions(c$.subscriptions).toBe('^!');
    }),
  );

  test(
    'errors when all have failed',
    marbles(({ cold, scheduler, expectObservable }) => {
      const a$ = cold<Said>('---#', letters, overloaded);
      const b$ = cold<Said>('-#', letters, broken);
      const model = withRace([modelOf('a', a$), modelOf('b', b$)]);
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe('---(S#)', undefined, 'overloaded');
    }),
  );

  test('asks nobody else when the first answers synchronously', () => {
    const second = countingModel(() => of('y'));
    const types: string[] = [];
    withRace([modelOf('a', from(['x', 'x'])), second])
      .prompt('Hi')
      .subscribe(({ type }) => types.push(type));
    expect(types).toEqual(['start', 'text', 'text', 'finish']);
    expect(second.requests).toHaveLength(0);
  });

  test('asks the next when the first fails synchronously, and once', () => {
    const second = countingModel(() => of('y'));
    const third = countingModel(() => of('z'));
    let text = '';
    withRace([modelOf('a', failure()), second, third])
      .prompt('Hi')
      .subscribe((event) => (text += event.type === 'text' ? event.chunk : ''));
    expect(text).toBe('y');
    expect([second.requests.length, third.requests.length]).toEqual([1, 0]);
  });

  test('takes one that emits no event for one that failed, whatever it does then', async () => {
    const odd = [null, 'x'] as unknown[] as Said[];
    const alone = await outcomeOf(withRace([modelOf('a', from(odd))]));
    expect(alone.error).toMatchObject({ code: 'bad_response', message: 'model "a" emitted null, no event' });
    const failing$ = concat(
      from(odd),
      throwError(() => overloaded),
    );
    expect(
      await withRace([modelOf('a', failing$), modelOf('b', of('y'))])
        .prompt('Hi')
        .text(),
    ).toBe('y');
  });

  test('asks nobody else when a subscriber leaves in the middle of a model, all synchronously', () => {
    const second = countingModel(() => of('y'));
    const first = modelOf('a', concat(of(letters[1]), failure()));
    withRace([first, second]).prompt('Hi').pipe(take(1)).subscribe();
    expect(second.requests).toHaveLength(0);
  });

  test('is won by one alone, also when stopping one wakes another', async () => {
    const woken = new Subject<Said>();
    const waking = new Observable<Said>(() => () => woken.next('w'));
    const winner = new Subject<Said>();
    const outcome = outcomeOf(withRace([modelOf('a', waking), modelOf('b', woken), modelOf('c', winner)]));
    winner.next('x');
    winner.complete();
    expect((await outcome).messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'x' }] }]);
  });

  test('fails when one that is stopped throws', async () => {
    const throwing = new Observable<Said>(() => () => {
      throw new TypeError('cannot stop');
    });
    const stopped = countingModel(() => NEVER);
    const { error } = await outcomeOf(withRace([modelOf('a', throwing), stopped, modelOf('c', of('x'))]));
    expect(error).toMatchObject({ code: 'provider_error', message: expect.stringContaining('cannot stop') });
    expect(stopped.running()).toBe(0);
  });
});

describe('over HTTP', () => {
  let server: FaultServer;
  afterEach(() => server.close());

  const head = { do: 'head', contentType: 'text/event-stream' } as const;
  const content = [delta({ content: 'Hel' }), delta({ content: 'lo' }), finish('stop')];
  const usage = {
    id: 'chatcmpl-1',
    choices: [],
    usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
  };
  const whole: readonly Step[] = [head, { do: 'send', bytes: streamOf([...content, usage]) + done }, { do: 'end' }];

  /** Models `a`, `b`, …, each a server of its own by its path. */
  async function models(...scripts: (readonly Step[])[]) {
    server = await startFaultServer(({ path }) => scripts[Number(path.split('/')[1])] ?? []);
    const [first, ...others] = scripts.map((_, index) =>
      openaiChat({ model: `gpt-${index}`, baseUrl: `${server.url}/${index}`, maxRetries: 0 }),
    );
    return [first!, ...others] as const;
  }
  const requestOf = (index: number) => server.request(({ path }) => path.startsWith(`/${index}/`));

  test('the connections of the others are closed, also of one that has not answered yet', async () => {
    const comment: Step = { do: 'send', bytes: ': still there\n\n' };
    const model = withHedge(await models([{ do: 'stay' }], [head, comment, { do: 'stay' }], whole), {
      afterMs: 5,
    });
    expect(await model.prompt('Hi').result()).toMatchObject({
      text: 'Hello',
      resolved_model: 'served',
      usage: { input: 10, output: 20 },
    });
    for (const index of [0, 1]) await expect((await requestOf(index)).closed).resolves.not.toBe('server');
    expect((await requestOf(2)).isAnswered).toBe(true);
  });

  test('the connection of the one that answers is read to its end, and serves the next request', async () => {
    const model = withRace(await models(whole));
    for (let count = 0; count < 6; count += 1) expect(await model.prompt('Hi').text()).toBe('Hello');
    // One may not be back yet when the next is asked.
    expect(new Set(server.requests.map(({ port }) => port)).size).toBeLessThanOrEqual(2);
  });

  test('what the others had cost by then is in the usage of the answer', async () => {
    server = await startFaultServer(({ path }) =>
      path.startsWith('/v1')
        ? [head, { do: 'send', bytes: anthropicStream([start()]) }, { do: 'stay' }]
        : [head, { do: 'gate' }, ...whole.slice(1)],
    );
    const claude = anthropic({ model: 'claude', apiKey: 'k', baseUrl: `${server.url}/v1`, maxRetries: 0 });
    const gpt = openaiChat({ model: 'gpt', baseUrl: server.url, maxRetries: 0 });
    const response = withRace([claude, gpt]).prompt('Hi').share();
    const asked = server.request(({ path }) => !path.startsWith('/v1'));
    response.subscribe(({ type }) => {
      if (type === 'usage') void asked.then((request) => request.go());
    });
    expect((await response.result()).usage).toMatchObject({ input: 3 + 10, output: 1 + 20 });
    await expect((await server.request(({ path }) => path.startsWith('/v1'))).closed).resolves.not.toBe('server');
  });

  test('unsubscribing closes the connections of all', async () => {
    const model = withRace(await models([{ do: 'stay' }], [head, { do: 'stay' }]));
    const subscription = model.prompt('Hi').subscribe();
    const requests = await Promise.all([requestOf(0), requestOf(1)]);
    subscription.unsubscribe();
    for (const { closed } of requests) await expect(closed).resolves.not.toBe('server');
  });
});
