// withFallback: who is asked when, and what comes of it.
import { concat, EMPTY, from, lastValueFrom, NEVER, of, Subject, take, tap, throwError, toArray } from 'rxjs';
import { anthropic } from 'rxllm/anthropic';
import { LlmError, withFallback, withRetry, type LlmErrorCode, type Message, type StreamEvent } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { block, end, start, streamOf as anthropicStream, text } from '../providers/anthropic/events.ts';
import { delta, done, finish, streamOf } from '../providers/openai-chat/chunks.ts';
import { marbles } from '../support/marbles.ts';
import { countingModel } from '../support/models.ts';
import { outcomeOf } from '../support/outcome.ts';
import { startServer, type Answer, type TestServer } from '../support/servers.ts';
import { broken, letters, lettersOf, modelOf, overloaded, type Said } from './letters.ts';

const failing = (error: unknown, ...before: Said[]) =>
  concat(
    from(before),
    throwError(() => error),
  );

const textsOf = (messages: readonly Message[] = []) =>
  messages.flatMap(({ parts }) => parts.map((part) => (part.type === 'text' ? part.text : part.type)));

describe('before content', () => {
  test(
    'one after the other is asked, in order, as soon as the one before has failed',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('--#', letters, overloaded);
      const b$ = cold<Said>('  ---#', letters, overloaded);
      const c$ = cold<Said>('     -x----y---|', letters);
      const d$ = cold<Said>('     -x|', letters);
      const result = '       ------(Cx)-y---(f|)';
      const model = withFallback([modelOf('a', a$), modelOf('b', b$), modelOf('c', c$), modelOf('d', d$)]);
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(a$.subscriptions).toBe('^-!');
      expectSubscriptions(b$.subscriptions).toBe('--^--!');
      expectSubscriptions(c$.subscriptions).toBe('-----^---------!');
      expectSubscriptions(d$.subscriptions).toBe([]);
    }),
  );

  test(
    'what a failed one had said of itself is taken back when the next has something to say; its usage is not',
    marbles(({ cold, scheduler, expectObservable }) => {
      const a$ = cold<Said>('-v-3-#', letters, overloaded);
      const b$ = cold<Said>('     --2---x-----|', letters);
      const result = '       -V-3---5---(RB5x)(f|)';
      const model = withFallback([modelOf('a', a$), modelOf('b', b$)]);
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
    }),
  );

  test.each<LlmErrorCode>(['overloaded', 'auth', 'bad_request', 'not_found', 'unsupported', 'aborted', 'truncated'])(
    'another is asked after %s',
    async (code) => {
      const model = withFallback([modelOf('a', failing(new LlmError(code, 'no'))), modelOf('b', of('x'))]);
      expect(await model.prompt('Hi').text()).toBe('x');
    },
  );

  test.each([
    ['that errors with something else', modelOf('a', failing(new TypeError('oops')))],
    [
      'that throws when it is asked',
      modelOf('a', NEVER, {
        stream() {
          throw new TypeError('oops');
        },
      }),
    ],
    ['that emits what is no event', modelOf('a', from([null as never]))],
    ['that emits what is no event, and fails then', modelOf('a', failing(overloaded, undefined as never))],
  ])('another is asked after one %s', async (_, first) => {
    const counting = countingModel(() => of('x'));
    expect(await withFallback([first, counting]).prompt('Hi').text()).toBe('x');
    expect(counting.requests).toHaveLength(1);
  });

  test('nobody else is asked after an error that is not worth it', async () => {
    const isWorthAnother = ({ code }: LlmError) => code === 'overloaded';
    const counting = countingModel(() => of('x'));
    const refuse = new LlmError('auth', 'wrong key', { status: 401 });
    const { error } = await outcomeOf(
      withFallback([modelOf('a', failing(overloaded)), modelOf('b', failing(refuse)), counting], { isWorthAnother }),
    );
    expect(error).toMatchObject({ code: 'auth', message: '2 models failed: a: too much to do; b: wrong key' });
    expect(
      (await outcomeOf(withFallback([modelOf('b', failing(refuse)), counting], { isWorthAnother }))).error,
    ).toEqual(refuse);
    expect(counting.requests).toHaveLength(0);
  });

  test('a function that throws while it judges an error is the error', async () => {
    const isWorthAnother = () => {
      throw new TypeError('no idea');
    };
    const counting = countingModel(() => of('x'));
    const { error } = await outcomeOf(withFallback([modelOf('a', failing(overloaded)), counting], { isWorthAnother }));
    expect(error).toMatchObject({ code: 'invalid_input', message: 'no idea' });
    expect(counting.requests).toHaveLength(0);
  });
});

describe('when all have failed', () => {
  const first = new LlmError('rate_limited', 'slow down', { status: 429, retryAfterMs: 9000 });
  const second = new LlmError('overloaded', 'busy', { status: 529, retryAfterMs: 4000 });
  const last = new LlmError('auth', 'wrong key', { status: 401 });

  test('the error is the last one and tells of all of them', async () => {
    const models = [modelOf('b', failing(second)), modelOf('c', failing(last))];
    const { error } = await outcomeOf(withFallback([modelOf('a', failing(first)), ...models]));
    expect(error).toMatchObject({
      code: 'auth',
      message: '3 models failed: a: slow down; b: busy; c: wrong key',
      status: 401,
      retryable: true,
      retryAfterMs: 4000,
      cause: [first, second, last],
      partial: { model: 'a', status: 'failed', messages: [] },
    });
  });

  test('it is not worth a retry when none of the errors is', async () => {
    const { error } = await outcomeOf(withFallback([modelOf('a', failing(last)), modelOf('b', failing(last))]));
    expect(error?.retryable).toBe(false);
    expect(error).not.toHaveProperty('retryAfterMs');
  });

  test('the error of an only model is its own', async () => {
    const { error } = await outcomeOf(withFallback([modelOf('a', failing(first))]));
    expect(error).toMatchObject({ message: 'slow down', code: 'rate_limited' });
    expect(error?.cause).toBeUndefined();
  });

  test('usage counts all of them', async () => {
    const models = [modelOf('b', failing(second, letters[2]))] as const;
    const { error } = await outcomeOf(withFallback([modelOf('a', failing(first, letters[1])), ...models]));
    expect(error?.partial?.usage).toEqual({ output: 3 });
  });
});

describe('after content', () => {
  test(
    'the error is final, with what there is as its partial',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('--x----#', letters, broken);
      const b$ = cold<Said>('-y|', letters);
      const result = '       --(Ax)-#';
      const response = withFallback([modelOf('a', a$), modelOf('b', b$)]).prompt('Hi', { scheduler });
      let partial: unknown;
      const kept$ = response.pipe(tap({ error: (error: LlmError) => (partial = error.partial) }));
      expectObservable(lettersOf(kept$)).toBe(result, undefined, 'truncated');
      expectSubscriptions(b$.subscriptions).toBe([]);
      scheduler.schedule(() => {
        expect(partial).toMatchObject({ status: 'truncated', messages: [{ parts: [{ type: 'text', text: 'x' }] }] });
      }, 20);
    }),
  );

  test(
    '"restart" takes it back when the next one has something to put in its place',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('--x----3--#', letters, broken);
      const b$ = cold<Said>('          ---#', letters, overloaded);
      const c$ = cold<Said>('             ---y---------|', letters);
      const result = '       --(Ax)-3--------(RC3y)----(f|)';
      const models = [modelOf('b', b$), modelOf('c', c$)];
      const model = withFallback([modelOf('a', a$), ...models], { afterContent: 'restart' });
      expectObservable(lettersOf(model.prompt('Hi', { scheduler }))).toBe(result);
      expectSubscriptions(a$.subscriptions).toBe('^---------!');
      expectSubscriptions(b$.subscriptions).toBe('----------^--!');
      expectSubscriptions(c$.subscriptions).toBe('-------------^------------!');
    }),
  );

  test('"restart" keeps the id of the response, and says which model it is now', async () => {
    const model = withFallback([modelOf('a', failing(broken, 'x')), modelOf('b', of('y'))], {
      afterContent: 'restart',
    });
    const response = model.prompt('Hi');
    const events = await lastValueFrom(response.pipe(toArray()));
    expect(events.map(({ type }) => type)).toEqual(['start', 'text', 'reset', 'start', 'text', 'finish']);
    const [first, second] = events.filter((event) => event.type === 'start');
    expect(first).toMatchObject({ model: 'a', resolved_model: 'a' });
    expect(second).toEqual({ ...first, resolved_model: 'b' });
    expect(await response.result()).toMatchObject({ id: first?.id, model: 'a', resolved_model: 'b', text: 'y' });
  });

  test.each([
    ['begins with a start that does not say', [letters.s, 'y']],
    ['has something else to say first', [letters.w, letters.s, 'y']],
    ['begins anew', [letters.w, letters.v, letters.R, 'y']],
  ] satisfies [string, Said[]][])('"restart" says so also of a model that %s', async (_, said) => {
    const b = modelOf('b', from<Said[]>(said));
    const model = withFallback([modelOf('a', failing(broken, 'x')), b], { afterContent: 'restart' });
    expect(await model.prompt('Hi').result()).toMatchObject({ resolved_model: 'b', text: 'y' });
  });

  test('"restart" takes it back also where the next one has nothing to say', async () => {
    const model = withFallback([modelOf('a', failing(broken, 'x')), modelOf('b', EMPTY)], { afterContent: 'restart' });
    expect(await model.prompt('Hi').result()).toMatchObject({ resolved_model: 'b', text: '', messages: [] });
  });

  test('"continue" sends the next one what there is, and joins the text', async () => {
    const rest = countingModel(() => from<Said[]>([letters[2], 'is 42.']));
    const first = modelOf('a', failing(broken, letters[3], 'The answer '));
    const response = withFallback([first, rest], { afterContent: 'continue' }).prompt('What is it?');
    const events = await lastValueFrom(response.pipe(toArray()));
    expect(events.map(({ type }) => type)).toEqual(['start', 'usage', 'text', 'usage', 'text', 'finish']);
    expect(rest.requests[0]?.messages).toMatchObject([
      { role: 'user', parts: [{ text: 'What is it?' }] },
      { role: 'assistant', parts: [{ text: 'The answer ' }] },
      { role: 'user', parts: [{ text: expect.stringContaining('Continue exactly where it ends') }] },
    ]);
    const { messages, resolved_model, usage } = await response.result();
    expect(messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'The answer is 42.' }] }]);
    // It says who began.
    expect(resolved_model).toBe('a');
    expect(usage).toEqual({ output: 5 });
    // The turn is what was asked, not what it took.
    expect(response.toJSON().prompt.messages).toHaveLength(1);
  });

  test('"continue" goes on from one to the next', async () => {
    const third = countingModel(() => of('z'));
    const model = withFallback([modelOf('a', failing(broken, 'x')), modelOf('b', failing(broken, 'y')), third], {
      afterContent: 'continue',
    });
    expect(await model.prompt('Hi').text()).toBe('xyz');
    expect(textsOf(third.requests[0]?.messages).slice(0, 2)).toEqual(['Hi', 'xy']);
  });

  test('"continue" begins anew where there are thoughts only', async () => {
    const whole = countingModel(() => of('x'));
    const model = withFallback([modelOf('a', failing(broken, letters.r)), whole], { afterContent: 'continue' });
    expect(await model.prompt('Hi').result()).toMatchObject({ text: 'x', reasoning: '' });
    expect(whole.requests[0]?.messages).toHaveLength(1);
  });

  test('"continue" begins anew with a schema: nobody goes on within a JSON text', async () => {
    const whole = countingModel(() => of('{"a":1}'));
    const model = withFallback([modelOf('a', failing(broken, '{"a"')), whole], { afterContent: 'continue' });
    const schema = { type: 'object', properties: { a: { type: 'number' } } } as const;
    expect(await model.prompt('Hi', { schema }).text()).toBe('{"a":1}');
    expect(textsOf(whole.requests[0]?.messages)).toEqual(['Hi']);
  });

  test.each(['restart', 'continue'] as const)('"%s" asks nobody else once a call may have been run', async (mode) => {
    const counting = countingModel(() => of('y'));
    const call = [letters.n, { type: 'part_end', part_index: 0 }] satisfies StreamEvent[];
    const { error } = await outcomeOf(
      withFallback([modelOf('a', failing(broken, ...call)), counting], { afterContent: mode }),
    );
    expect(error?.code).toBe('truncated');
    expect(counting.requests).toHaveLength(0);
  });

  test.each([undefined, 'restart', 'continue'] as const)(
    'what breaks after the finish changes nothing (%s)',
    async (mode) => {
      const counting = countingModel(() => of('y'));
      const first = modelOf('a', failing(broken, 'x', letters.f));
      expect(await withFallback([first, counting], { afterContent: mode }).prompt('Hi').text()).toBe('x');
      expect(
        await withFallback([modelOf('a', failing(broken, letters.f)), counting])
          .prompt('Hi')
          .text(),
      ).toBe('');
      expect(counting.requests).toHaveLength(0);
    },
  );
});

test.each([undefined, 'restart', 'continue'] as const)('content that is none is the end of it (%s)', async (mode) => {
  const odd = JSON.parse('{"type":"text"}') as StreamEvent;
  const { error } = await outcomeOf(
    withFallback([modelOf('a', failing(broken, odd)), modelOf('b', of('y'))], { afterContent: mode }),
  );
  expect(error).toMatchObject({ code: 'bad_response', message: expect.stringContaining('has no chunk') });
});

describe('nobody is asked any more', () => {
  test(
    'when the response is unsubscribed',
    marbles(({ cold, scheduler, expectObservable, expectSubscriptions }) => {
      const a$ = cold<Said>('--#', letters, overloaded);
      const b$ = cold<Said>('  --x---y--|', letters);
      const unsub = '        ------!';
      const result = '       ----(Bx)';
      const response = withFallback([modelOf('a', a$), modelOf('b', b$)]).prompt('Hi', { scheduler });
      expectObservable(lettersOf(response), unsub).toBe(result);
      expectSubscriptions(a$.subscriptions).toBe('^-!');
      expectSubscriptions(b$.subscriptions).toBe('--^---!');
    }),
  );

  test('when a subscriber leaves in the middle of a model that then fails, all synchronously', () => {
    const counting = countingModel(() => of('y'));
    const first = modelOf('a', failing(overloaded, letters.v));
    withFallback([first, counting]).prompt('Hi').pipe(take(1)).subscribe();
    expect(counting.requests).toHaveLength(0);
  });

  test('when a subscriber leaves while it is asked whether it is worth it', () => {
    const counting = countingModel(() => of('y'));
    const a$ = new Subject<Said>();
    const isWorthAnother = () => {
      subscription.unsubscribe();
      return true;
    };
    const subscription = withFallback([modelOf('a', a$), counting], { isWorthAnother })
      .prompt('Hi')
      .subscribe();
    a$.error(overloaded);
    expect(counting.requests).toHaveLength(0);
  });
});

test('a model that retries does so before the next is asked', async () => {
  const first = countingModel((_, index) => (index < 2 ? failing(overloaded) : of('x')));
  const second = countingModel(() => of('y'));
  const retrying = withRetry(first, { maxRetries: 1, initialDelayMs: 0 });
  expect(await withFallback([retrying, second]).prompt('Hi').text()).toBe('y');
  expect(first.requests).toHaveLength(2);
});

test('all of them are asked again by a retry around them', async () => {
  const first = countingModel(() => failing(new LlmError('auth', 'no')));
  const second = countingModel((_, index) => (index === 0 ? failing(overloaded) : of('y')));
  const model = withRetry(withFallback([first, second]), { initialDelayMs: 0 });
  expect(await model.prompt('Hi').text()).toBe('y');
  expect([first.requests.length, second.requests.length]).toEqual([2, 2]);
});

test('one fallback may stand in another', async () => {
  const inner = withFallback([modelOf('a', failing(overloaded)), modelOf('b', failing(broken, 'x'))]);
  const model = withFallback([inner, modelOf('c', of('z'))], { afterContent: 'restart' });
  expect(await model.prompt('Hi').result()).toMatchObject({ model: 'a', resolved_model: 'c', text: 'z' });
});

test('a mode that there is not is refused', () => {
  const options = JSON.parse('{"afterContent":"again"}') as object;
  expect(() => withFallback([modelOf('a', NEVER)], options)).toThrow(
    'afterContent is "restart" or "continue", not "again"',
  );
});

describe('over HTTP', () => {
  let server: TestServer;
  afterEach(() => server.close());

  const half = block(0, { type: 'text', text: '' }, text('Hel')).slice(0, -1);
  const claude: Answer = { pieces: [anthropicStream([start(), ...half])] };
  const whole: Answer = {
    pieces: [
      streamOf([
        delta({ content: 'Hello' }),
        finish('stop'),
        { id: 'chatcmpl-1', choices: [], usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 } },
      ]) + done,
    ],
  };

  async function models(answers: { readonly claude: Answer; readonly gpt: Answer }) {
    server = await startServer((path) => (path.includes('messages') ? answers.claude : answers.gpt));
    return [
      anthropic({ model: 'claude', apiKey: 'secret-of-a', baseUrl: `${server.url}/v1`, maxRetries: 0 }),
      openaiChat({ model: 'gpt', apiKey: 'secret-of-b', baseUrl: server.url, maxRetries: 0 }),
    ] as const;
  }

  test('a server that refuses is followed by another, with the key of its own', async () => {
    const model = withFallback(await models({ claude: { status: 529 }, gpt: whole }));
    const result = await model.prompt('Hi').result();
    expect(result).toMatchObject({ model: 'claude', resolved_model: 'served', text: 'Hello' });
    expect(result.usage).toMatchObject({ input: 10, output: 20 });
    const [first, second] = server.requests;
    expect(JSON.stringify(first?.headers)).not.toContain('secret-of-b');
    expect(JSON.stringify(second?.headers)).not.toContain('secret-of-a');
    await expect(second?.closed).resolves.toBe('finished');
  });

  test('an answer that is cut off is given anew by another, and costs what both have cost', async () => {
    const model = withFallback(await models({ claude: { ...claude, atEnd: 'destroy' }, gpt: whole }), {
      afterContent: 'restart',
    });
    const result = await model.prompt('Hi').result();
    expect(result.text).toBe('Hello');
    expect(result.usage).toMatchObject({ input: 3 + 10, output: 1 + 20 });
  });

  test('one that is cut off is continued by another', async () => {
    const rest = [start(), ...block(0, { type: 'text', text: '' }, text('lo')), ...end('end_turn')];
    server = await startServer((path) =>
      path.startsWith('/v1') ? { ...claude, atEnd: 'destroy' } : { pieces: [anthropicStream(rest)] },
    );
    const at = (place: string) => anthropic({ model: 'm', apiKey: 'k', baseUrl: server.url + place, maxRetries: 0 });
    const response = withFallback([at('/v1'), at('/v2')], { afterContent: 'continue' }).prompt('Hi');
    expect(await response.messages()).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'Hello' }] }]);
    expect(await response.usage()).toMatchObject({ input: 6, output: 6 });
    expect(server.requests[1]?.json).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant', content: [{ text: 'Hel' }] }, { role: 'user' }],
    });
  });

  test('unsubscribing closes the connection of the one that answers', async () => {
    const model = withFallback(await models({ claude: { status: 500 }, gpt: { ...claude, atEnd: 'stay' } }));
    const subscription = model.prompt('Hi').subscribe();
    const { closed, played } = await server.request(1);
    await played;
    subscription.unsubscribe();
    await expect(closed).resolves.toBe('aborted');
  });
});
