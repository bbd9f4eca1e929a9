// A shared response: one run, the same sequence and the same end for everybody.
import { concat, config, from, map, NEVER, Observable, of, range, Subject, take, throwError, toArray } from 'rxjs';
import { LlmError, type LiveResponse, type StreamEvent } from 'rxllm';
import { text } from 'rxllm/operators';
import { callEvents, countingModel } from '../support/models.ts';
import { marbles } from '../support/marbles.ts';

/** What a subscriber gets, as it gets it. */
function record(source: Observable<StreamEvent>) {
  const seen: unknown[] = [];
  const subscription = source.subscribe({
    next: (event) => seen.push(event),
    error: (error: LlmError) => seen.push(error),
    complete: () => seen.push('complete'),
  });
  return { seen, subscription };
}

describe('share', () => {
  test('gives three that overlap, one of which leaves early, and one after the end the same sequence of one run', () => {
    const source$ = new Subject<string>();
    const model = countingModel(() => source$);
    const live = model.prompt('Hi').share();
    const first = record(live);
    source$.next('a');
    const second = record(live);
    const leaver = record(live);
    leaver.subscription.unsubscribe();
    source$.next('b');
    source$.complete();
    const late = record(live);
    expect(model.requests).toHaveLength(1);
    expect(first.seen).toHaveLength(5);
    expect(second.seen).toEqual(first.seen);
    expect(late.seen).toEqual(first.seen);
    expect(leaver.seen).toEqual(first.seen.slice(0, 2));
  });

  test.each(['abort', 'keep', { graceMs: 5 }] as const)('runs a synchronous model once with onEmpty %j', (onEmpty) => {
    const model = countingModel(() => from(['a', 'b']));
    const live = model.prompt('Hi').share({ onEmpty });
    const runs = [record(live), record(live), record(live)];
    expect(model.requests).toHaveLength(1);
    expect(runs.map(({ seen }) => seen.at(-1))).toEqual(['complete', 'complete', 'complete']);
  });

  test('aborts when the last subscriber leaves, and later ones get the same abort', () => {
    const model = countingModel(() => concat(of('a'), NEVER));
    const live = model.prompt('Hi').share();
    record(live).subscription.unsubscribe();
    expect(model.running()).toBe(0);
    const { seen } = record(live);
    expect(seen).toEqual([
      expect.objectContaining({ type: 'start' }),
      expect.objectContaining({ chunk: 'a' }),
      expect.objectContaining({ code: 'aborted', partial: expect.objectContaining({ status: 'aborted' }) }),
    ]);
    expect(model.requests).toHaveLength(1);
  });

  test('goes on without subscribers when told to keep', async () => {
    const source$ = new Subject<string>();
    const model = countingModel(() => source$);
    const live = model.prompt('Hi').share({ onEmpty: 'keep' });
    record(live).subscription.unsubscribe();
    source$.next('kept');
    source$.complete();
    expect(await live.text()).toBe('kept');
    expect(model.requests).toHaveLength(1);
  });

  test(
    'waits for graceMs before it aborts, and goes on when somebody comes back in time',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source$ = cold('               a---b---c---d---e---(f|)');
      const live = countingModel(() => source$)
        .prompt('Hi')
        .share({ onEmpty: { graceMs: 6 } });
      const text$ = live.pipe(text());
      expectObservable(text$, '            ^----!').toBe('              a---b');
      expectObservable(text$, '            ---------^--!').toBe('              ---------(abc)');
      expectSubscriptions(source$.subscriptions).toBe('^-----------------!');
    }),
  );

  test('gives everybody the same order, also what one of them causes while it is being served', () => {
    const source$ = new Subject<string>();
    const live = countingModel(() => source$)
      .prompt('Hi')
      .share();
    live.pipe(text()).subscribe({
      next: (chunk) => (chunk === 'a' ? source$.next('b') : live.abort()),
      error: () => undefined,
    });
    const texts: string[] = [];
    live.text$.subscribe({ next: (value) => texts.push(value), error: () => undefined });
    const second = record(live);
    source$.next('a');
    const late = record(live);
    expect(second.seen).toEqual(late.seen);
    expect(late.seen).toEqual([
      expect.objectContaining({ type: 'start' }),
      expect.objectContaining({ chunk: 'a' }),
      expect.objectContaining({ chunk: 'b' }),
      expect.objectContaining({ code: 'aborted' }),
    ]);
    expect(texts.at(-1)).toBe('ab');
  });

  test('a view misses nothing that its own first value causes', () => {
    const source$ = new Subject<string>();
    const live = countingModel(() => source$)
      .prompt('Hi')
      .share();
    live.subscribe();
    const texts: string[] = [];
    live.text$.subscribe((value) => {
      texts.push(value);
      if (value === '') source$.next('a');
    });
    expect(texts).toEqual(['', 'a']);
  });

  test('a view that has enough stops a synchronous source', () => {
    let produced = 0;
    const live = countingModel(() => range(0, 1000).pipe(map(() => `${(produced += 1)} `)))
      .prompt('Hi')
      .share();
    live.text$.pipe(take(3)).subscribe();
    expect(produced).toBeLessThan(5);
  });

  test('somebody who looks and leaves before anything began has ended nothing', async () => {
    const model = countingModel(() => of('Hi'));
    const live = model.prompt('Hi').share();
    live.text$.pipe(take(1)).subscribe();
    expect(model.requests).toHaveLength(0);
    expect(await live.text()).toBe('Hi');
  });

  test('is held by each new subscriber anew, when a reply kept it alive in between', () => {
    const source$ = new Subject<string>();
    const model = countingModel(() => source$);
    const response = model.prompt('Hi');
    const live = response.share();
    const first = live.subscribe();
    const reply = response.reply('more').subscribe();
    first.unsubscribe();
    const second = record(live);
    reply.unsubscribe();
    expect(model.running()).toBe(1);
    source$.next('still there');
    expect(second.seen.at(-1)).toMatchObject({ chunk: 'still there' });
  });

  test('aborted before it began, it sends nothing, and has nothing to reply to', async () => {
    const model = countingModel(() => of('x'));
    const live = model.prompt('Hi').reply('more').share();
    live.abort('changed my mind');
    const { seen } = record(live);
    expect(seen).toEqual([expect.objectContaining({ code: 'aborted' })]);
    await expect(live.reply('and?').text()).rejects.toMatchObject({ code: 'aborted' });
    expect(model.requests).toHaveLength(0);
  });

  test('of a reply whose parent failed, it says what its error says and is not replied to', async () => {
    const model = countingModel(() =>
      concat(
        of('half'),
        throwError(() => new LlmError('connection', 'gone')),
      ),
    );
    const live = model.prompt('first').reply('second').share();
    await expect(live.text()).rejects.toMatchObject({ code: 'connection' });
    expect(live.toJSON()).toMatchObject({
      prompt: { messages: [{ role: 'user' }] },
      messages: [{ parts: [{ text: 'half' }] }],
    });
    await expect(live.reply('third').text()).rejects.toMatchObject({ code: 'connection' });
    expect(model.requests).toHaveLength(1);
  });

  test('ends also when the teardown of the model throws', () => {
    const failing = new Observable<string>(() => () => {
      throw new Error('teardown');
    });
    const live = countingModel(() => failing)
      .prompt('Hi')
      .share();
    const { seen } = record(live);
    expect(() => live.abort()).toThrow('teardown');
    expect(seen.at(-1)).toMatchObject({ code: 'aborted' });
  });

  test.each([['now'], [{}], [{ graceMs: -1 }], [{ graceMs: Number.NaN }]])('refuses onEmpty %j', (onEmpty) => {
    const response = countingModel(() => of('x')).prompt('Hi');
    expect(() => response.share({ onEmpty: onEmpty as 'keep' })).toThrow(
      /onEmpty is "abort", "keep" or \{graceMs\}, not/,
    );
  });

  test('shared again it is the same run, and new options are refused', () => {
    const model = countingModel(() => of('x'));
    const live = model.prompt('Hi').share();
    record(live);
    record(live.share());
    expect(model.requests).toHaveLength(1);
    expect(() => live.share({ onEmpty: 'keep' })).toThrow(/has one run for all already/);
  });

  test('settles the response that it shares', async () => {
    const model = countingModel(() => of('Hi'));
    const response = model.prompt('Hi');
    await response.share().text();
    expect(response.toJSON().messages).toEqual(await response.messages());
    expect(model.requests).toHaveLength(1);
  });

  test('abort() ends it for everybody with what had arrived', async () => {
    const model = countingModel(() => concat(of('so far'), NEVER));
    const live = model.prompt('Hi').share();
    const { seen } = record(live);
    live.abort('the user pressed stop');
    expect(seen.at(-1)).toMatchObject({ code: 'aborted', message: 'the response was aborted: the user pressed stop' });
    expect(live.toJSON()).toMatchObject({ status: 'aborted', messages: [{ parts: [{ text: 'so far' }] }] });
    await expect(live.text()).rejects.toMatchObject({ code: 'aborted' });
    expect(model.running()).toBe(0);
    expect(model.requests).toHaveLength(1);
  });

  test('a reply to an aborted one goes on from the partial', async () => {
    const model = countingModel((_, index) => (index === 0 ? concat(of('One, two'), NEVER) : of('three')));
    const live = model.prompt('Count').share();
    live.subscribe({ error: () => undefined });
    live.abort();
    expect(await live.reply('Go on').text()).toBe('three');
    expect(model.requests[1]!.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  });

  test('a subscriber that throws harms nobody else', async () => {
    const live = countingModel(() => from(['a', 'b']))
      .prompt('Hi')
      .share({ onEmpty: 'keep' });
    const reported = new Promise<unknown>((resolve) => {
      config.onUnhandledError = resolve;
    });
    live.pipe(take(1)).subscribe(() => {
      throw new Error('mine');
    });
    const other = record(live);
    expect(other.seen.at(-1)).toBe('complete');
    expect(await reported).toMatchObject({ message: 'mine' });
    config.onUnhandledError = null;
  });
});

describe('the streams of a shared response', () => {
  const model = countingModel(() =>
    from([{ type: 'reasoning' as const, chunk: 'hm' }, 'Hel', 'lo', ...callEvents('add', { a: 1 }, 'c1')]),
  );

  test('are the same Observable at every access', () => {
    const live: LiveResponse = model.prompt('Hi').share();
    expect(live.text$).toBe(live.text$);
    expect(live.state$).toBe(live.state$);
  });

  test('give what there is so far', () => {
    const live = model.prompt('Hi').share();
    const all = <T>(source: Observable<T>) => {
      let values: T[] = [];
      source.pipe(toArray()).subscribe((list) => (values = list));
      return values;
    };
    expect(all(live.text$)).toEqual(['', 'Hel', 'Hello']);
    expect(all(live.text$)).toEqual(['Hello']);
    expect(all(live.reasoning$)).toEqual(['hm']);
    expect(all(live.toolCalls$)).toEqual([
      [{ type: 'tool_call', name: 'add', arguments: { a: 1 }, tool_call_id: 'c1' }],
    ]);
    expect(all(live.messages$).at(-1)).toEqual(live.toJSON().messages);
    expect(all(live.state$)).toEqual([{ status: 'done', messages: live.toJSON().messages }]);
    const states = all(model.prompt('Hi').share().state$);
    expect(states[0]).toEqual({ status: 'running', messages: [] });
    expect(states.at(-1)).toEqual({ status: 'done', messages: live.toJSON().messages });
  });

  test('the state ends with the error as a value', () => {
    const failing = countingModel(() => concat(of('a'), new Subject<string>()));
    const live = failing.prompt('Hi').share();
    const states: unknown[] = [];
    live.state$.subscribe({ next: (state) => states.push(state), complete: () => states.push('complete') });
    live.abort();
    expect(states.slice(-2)).toEqual([
      {
        status: 'aborted',
        messages: [{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }],
        error: expect.objectContaining({ code: 'aborted' }),
      },
      'complete',
    ]);
  });
});
