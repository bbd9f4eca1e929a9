// The helpers of a response, and which run they use.
import { concat, from, lastValueFrom, NEVER, of, Subject, takeWhile, throwError, toArray, type Observable } from 'rxjs';
import { defineModel, LlmError, type StreamEvent } from 'rxllm';
import { callEvents, countingModel } from '../support/models.ts';

describe('helpers', () => {
  test('share one run, and a reply adds one of its own', async () => {
    const model = countingModel(() => from(['Hel', 'lo']));
    const response = model.prompt('Hi');
    const [text, messages] = await Promise.all([response.text(), response.messages()]);
    expect(text).toBe('Hello');
    expect(messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'Hello' }] }]);
    expect(model.requests).toHaveLength(1);
    await response.reply('more').text();
    expect(model.requests).toHaveLength(2);
  });

  test('use the run that settled the response', async () => {
    const model = countingModel((_, index) => of(`answer ${index}`));
    const response = model.prompt('Hi');
    response.subscribe();
    response.subscribe();
    expect(await response.text()).toBe('answer 0');
    expect(response.toJSON().messages).toEqual(await response.messages());
    expect(model.requests).toHaveLength(2);
  });

  test('join the oldest run in flight, and hold it when its subscriber leaves', async () => {
    const source$ = new Subject<string>();
    const model = countingModel(() => source$);
    const response = model.prompt('Hi');
    const subscription = response.subscribe();
    const text = response.text();
    source$.next('Hel');
    subscription.unsubscribe();
    expect(model.running()).toBe(1);
    source$.next('lo');
    source$.complete();
    expect(await text).toBe('Hello');
    expect(model.requests).toHaveLength(1);
  });

  test('that wait for one run get the outcome of another that settles first, and so does a reply', async () => {
    const sources = [new Subject<string>(), new Subject<string>()];
    const model = countingModel((_, index) => sources[index] ?? of('reply'));
    const response = model.prompt('Hi');
    response.subscribe();
    const text = response.text();
    const reply = response.reply('more').text();
    response.subscribe();
    sources[1]!.next('B');
    sources[1]!.complete();
    expect(await text).toBe('B');
    expect(await reply).toBe('reply');
    sources[0]!.next('A');
    sources[0]!.complete();
    expect(await response.text()).toBe('B');
    expect(model.requests[2]!.messages[1]).toMatchObject({ parts: [{ text: 'B' }] });
  });

  test('let go of the run that they waited for when another has settled the response', async () => {
    const model = countingModel((_, index) => (index === 0 ? NEVER : of('B')));
    const response = model.prompt('Hi');
    const text = response.text();
    response.subscribe();
    expect(await text).toBe('B');
    expect(model.running()).toBe(0);
  });

  test('reject with the error of the run that they waited for, and the next one starts anew', async () => {
    const model = countingModel((_, index) => (index === 0 ? throwError(() => new Error('no luck')) : of('fine')));
    const response = model.prompt('Hi');
    await expect(response.text()).rejects.toMatchObject({ code: 'provider_error', message: 'no luck' });
    expect(() => response.toJSON()).toThrow(expect.objectContaining({ code: 'not_run' }));
    expect(await response.text()).toBe('fine');
  });

  test('toJSON refuses before the response has run, and says what to do', () => {
    const response = countingModel(() => NEVER).prompt('Hi');
    response.subscribe().unsubscribe();
    expect(() => response.toJSON()).toThrow(/not run to its end; subscribe, or await text\(\)/);
  });

  test('give calls for the client, usage and the whole result', async () => {
    const model = countingModel(() =>
      from([
        { type: 'reasoning' as const, chunk: 'hm' },
        'So: ',
        ...callEvents('add', { a: 1 }, 'c1'),
        { type: 'tool_call_name' as const, chunk: 'search', tool_call_id: 's1', server_executed: true },
        { type: 'usage' as const, usage: { input: 3 } },
        { type: 'usage' as const, usage: { input: 3, output: 5 } },
      ]),
    );
    const response = model.prompt('Hi');
    expect(await response.toolCalls()).toEqual([
      { type: 'tool_call', name: 'add', arguments: { a: 1 }, tool_call_id: 'c1' },
    ]);
    expect(await response.usage()).toEqual({ input: 3, output: 5 });
    expect(await response.result()).toMatchObject({
      model: 'counting',
      text: 'So: ',
      reasoning: 'hm',
      finish: { reason: 'tool_calls' },
      usage: { input: 3, output: 5 },
    });
    expect(model.requests).toHaveLength(1);
  });

  test('say that events do not fit together, which the stream itself passes on', async () => {
    const model = countingModel(() => from(['a', { type: 'reasoning' as const, chunk: 'b', part_index: 0 }]));
    const response = model.prompt('Hi');
    await expect(response.messages()).rejects.toMatchObject({ code: 'assembly' });
    expect(await response.text()).toBe('a');
  });
});

describe('a run ends in one of four states, each with what had arrived', () => {
  const partial = { messages: [{ role: 'assistant', parts: [{ type: 'text', text: 'so far' }] }] };
  const endWith = (error: unknown) =>
    countingModel(() =>
      concat(
        of('so far'),
        throwError(() => error),
      ),
    ).prompt('Hi');

  test.each([
    ['failed', 'provider_error', new Error('boom')],
    ['failed', 'rate_limited', new LlmError('rate_limited', 'slow down', { status: 429, retryAfterMs: 2000 })],
    ['truncated', 'truncated', new LlmError('truncated', 'cut')],
    ['aborted', 'aborted', new LlmError('aborted', 'stopped')],
  ])('%s (%s)', async (status, code, thrown) => {
    const error: LlmError = await endWith(thrown)
      .text()
      .then(
        () => {
          throw new Error('it must fail');
        },
        (reason: LlmError) => reason,
      );
    expect(error).toBeInstanceOf(LlmError);
    expect(error).toMatchObject({ code, message: thrown.message, partial: { ...partial, status, model: 'counting' } });
    expect(error.partial).toMatchObject({ prompt: { messages: [{ role: 'user' }] }, id: expect.any(String) });
    if (thrown instanceof LlmError) expect(error).toMatchObject({ retryable: thrown.retryable });
    else expect(error.cause).toBe(thrown);
  });

  test('a call whose arguments had not ended is apart from the messages', async () => {
    const model = countingModel(() =>
      concat(
        from([
          ...callEvents('done', {}, 'c1'),
          { type: 'part_end' as const, part_index: 0 },
          { type: 'tool_call_name' as const, chunk: 'half', tool_call_id: 'c2' },
          { type: 'tool_call_args' as const, chunk: '{"a":', tool_call_id: 'c2' },
        ]),
        throwError(() => new LlmError('truncated', 'cut')),
      ),
    );
    await expect(model.prompt('Hi').text()).rejects.toMatchObject({
      partial: {
        messages: [
          { role: 'assistant', parts: [{ type: 'tool_call', name: 'done', arguments: {}, tool_call_id: 'c1' }] },
        ],
        incomplete: [{ name: 'half', arguments_raw: '{"a":', tool_call_id: 'c2' }],
      },
    });
  });

  test('a run whose subscriber leaves after finish is done: nothing was missing', () => {
    const finish: StreamEvent = { type: 'finish', reason: 'stop' };
    const response = countingModel(() => concat(from(['Hi', finish]), NEVER)).prompt('Hi');
    response.pipe(takeWhile(({ type }) => type !== 'finish')).subscribe();
    expect(response.toJSON()).toMatchObject({ messages: [{ parts: [{ text: 'Hi' }] }] });
    expect(response.toJSON()).not.toHaveProperty('status');
  });

  test('events after finish do not count', async () => {
    const finish: StreamEvent = { type: 'finish', reason: 'stop' };
    const response = countingModel(() => from(['Hi', finish, ' there', finish])).prompt('Hi');
    const events = await lastValueFrom(response.pipe(toArray()));
    expect(events.map(({ type }) => type)).toEqual(['start', 'text', 'finish']);
    expect(await response.text()).toBe('Hi');
  });

  test('an error after finish changes nothing: the answer was complete', async () => {
    const finish: StreamEvent = { type: 'finish', reason: 'stop' };
    const late = throwError(() => new LlmError('truncated', 'cut'));
    const response = countingModel(() => concat(from(['Hi', finish]), late)).prompt('Hi');
    expect(await response.text()).toBe('Hi');
    expect(await lastValueFrom(response)).toEqual(finish);
  });

  test.each([
    ['null', () => from([null]), /null/],
    ['an event without its chunk', () => of({ type: 'text' }), /an event of type "text" has no chunk/],
  ])('%s from a model fails the run', async (_what, source, message) => {
    const model = countingModel(source as () => Observable<StreamEvent>);
    await expect(model.prompt('Hi').text()).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringMatching(message),
      partial: { status: 'failed' },
    });
  });

  test.each([
    ['an object without a prototype', Object.create(null), '{}'],
    ['a plain object', { reason: 'x' }, '{"reason":"x"}'],
    ['a string', 'no luck', 'no luck'],
  ])('%s that is thrown becomes the message', async (_what, thrown: unknown, message) => {
    await expect(endWith(thrown).text()).rejects.toMatchObject({ code: 'provider_error', message, cause: thrown });
  });

  test('a model whose stream() gives no Observable is told what it gave', async () => {
    const model = defineModel({ id: 'wrong', stream: async () => 'Hi' } as never);
    await expect(model.prompt('Hi').text()).rejects.toMatchObject({
      code: 'bad_response',
      message: expect.stringMatching(/stream\(\) of model "wrong" returned a Promise, not an Observable/),
    });
  });

  test('usage without counts is no usage, for helpers and JSON alike', async () => {
    const usage: StreamEvent = { type: 'usage', usage: { details: { reasoning: 3 } } };
    const response = countingModel(() => from(['Hi', usage])).prompt('Hi');
    expect(await response.usage()).toBeUndefined();
    expect(response.toJSON()).not.toHaveProperty('usage');
  });

  test('a model that throws when it is called fails the run', async () => {
    const model = countingModel(() => {
      throw new TypeError('bad model');
    });
    await expect(model.prompt('Hi').text()).rejects.toMatchObject({ code: 'provider_error', message: 'bad model' });
  });
});
