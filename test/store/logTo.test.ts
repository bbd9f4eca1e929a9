// logTo: which responses are kept, once each, and that nothing but the end waits for it.
import { jest } from '@jest/globals';
import { concat, EMPTY, from, map, NEVER, of, retry, Subject, take, throwError, type Observable } from 'rxjs';
import { LlmError, type LlmResponse, type ResponseJSON, type StreamEvent, type Tool, user } from 'rxllm';
import { accumulateText, text } from 'rxllm/operators';
import { fromJSON } from 'rxllm/serialization';
import { createLog, logTo, memoryAdapter, type Log, type LogAdapter } from 'rxllm/store';
import { fakeModel } from 'rxllm/testing';
import { calls, playTurns } from '../support/chains.ts';
import { events, marbles } from '../support/marbles.ts';
import { countingModel } from '../support/models.ts';
import { all, idsOf, turnOf } from './turns.ts';

const resolved: StreamEvent = { ...events.s, resolved_model: 'counting-2026' };
const broken = new Error('the disk is gone');

let log: Log;
beforeEach(() => {
  log = createLog(memoryAdapter());
});

/** Resolves when the condition holds, however many turns of the event loop that takes. */
async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    if (turns === 100_000) throw new Error('what is waited for does not come');
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Everything that the log has, the oldest first. */
async function kept(): Promise<readonly (ResponseJSON | undefined)[]> {
  await log.idle();
  const ids = await idsOf(log.list());
  return Promise.all(ids.toReversed().map((id) => log.response(id)));
}

/** Writes down what a subscriber sees. */
function seenBy(source: Observable<StreamEvent>): string[] {
  const seen: string[] = [];
  source.subscribe({
    next: (event) => seen.push(event.type === 'text' ? event.chunk : event.type),
    error: (error: LlmError) => seen.push(`# ${error.code}`),
    complete: () => seen.push('|'),
  });
  return seen;
}

/** An adapter that keeps nothing. */
function failing(): LogAdapter {
  return { ...memoryAdapter(), append: () => Promise.reject(broken) };
}

/** An adapter that keeps what it is given when it is told. */
function waiting(): LogAdapter & { readonly keep: (() => void)[] } {
  const memory = memoryAdapter();
  const keep: (() => void)[] = [];
  const append: LogAdapter['append'] = (turn, messages) =>
    new Promise<void>((resolve) => {
      keep.push(() => resolve(memory.append(turn, messages)));
    });
  return { ...memory, append, keep };
}

describe('logTo keeps', () => {
  test('a response that is done, with the model that answered and how long it took', async () => {
    const source$ = new Subject<StreamEvent | string>();
    const response = countingModel(() => source$).prompt('Hi');
    const earliest = Date.now();
    const done = all(response.pipe(logTo(log, { thread: 't', tools: ['add'] })));
    const begun = Date.now();
    source$.next(resolved);
    source$.next('Hello');
    await until(() => Date.now() > begun);
    const ending = Date.now();
    source$.complete();
    const latest = Date.now();
    expect((await done).map(({ type }) => type)).toEqual(['start', 'text', 'finish']);
    expect(await kept()).toEqual([response.toJSON()]);
    const [turn] = await all(log.list());
    const { duration_ms = NaN, ...details } = turn!.details!;
    expect(turn!.thread).toBe('t');
    expect(details).toEqual({ resolved_model: 'counting-2026', tools: ['add'] });
    expect(duration_ms).toBeGreaterThanOrEqual(ending - begun);
    expect(duration_ms).toBeLessThanOrEqual(latest - earliest);
  });

  test.each([
    ['failed', new Error('no luck'), 'provider_error'],
    ['failed', new LlmError('rate_limited', 'too many'), 'rate_limited'],
    ['truncated', new LlmError('truncated', 'cut off'), 'truncated'],
  ] as const)('a response that %s, as far as it came', async (status, error, code) => {
    const model = countingModel(() =>
      concat(
        of('Hel'),
        throwError(() => error),
      ),
    );
    const seen = seenBy(model.prompt('Hi').pipe(logTo(log)));
    await until(() => seen.length === 3);
    expect(seen).toEqual(['start', 'Hel', `# ${code}`]);
    expect(await kept()).toMatchObject([{ status, messages: [{ parts: [{ text: 'Hel' }] }] }]);
  });

  test('a response whose subscriber left, as far as it came', async () => {
    const model = countingModel(() => concat(of('Hel', 'lo'), NEVER));
    model.prompt('Hi').pipe(logTo(log)).subscribe().unsubscribe();
    expect(model.running()).toBe(0);
    expect(await kept()).toMatchObject([{ status: 'aborted', messages: [{ parts: [{ text: 'Hello' }] }] }]);
  });

  test('a response whose subscriber left before anything came', async () => {
    const model = countingModel(() => NEVER);
    model.prompt('Hi').pipe(logTo(log)).subscribe().unsubscribe();
    const [json] = await kept();
    expect(json).toMatchObject({ status: 'aborted', messages: [], prompt: { messages: [{ role: 'user' }] } });
  });

  test('a response whose subscriber left while it was being subscribed', async () => {
    const model = countingModel(() => from(['a', 'b', 'c']));
    expect(await all(model.prompt('Hi').pipe(logTo(log), text(), take(2)))).toEqual(['a', 'b']);
    expect(await kept()).toMatchObject([{ status: 'aborted', messages: [{ parts: [{ text: 'ab' }] }] }]);
  });

  test('a response that a helper goes on with when its subscriber leaves, when it ends', async () => {
    const source$ = new Subject<string>();
    const response = countingModel(() => source$).prompt('Hi');
    const subscription = response.pipe(logTo(log)).subscribe();
    const whole = response.text();
    source$.next('Hel');
    subscription.unsubscribe();
    source$.next('lo');
    expect(await kept()).toEqual([]);
    source$.complete();
    expect(await whole).toBe('Hello');
    expect(await kept()).toEqual([response.toJSON()]);
  });

  test('each run of a response, and none that nobody asked to keep', async () => {
    const sources = [new Subject<string>(), new Subject<string>(), new Subject<string>()];
    const response = countingModel((_, index) => sources[index]!).prompt('Hi');
    seenBy(response);
    const seen = [1, 2].map(() => seenBy(response.pipe(logTo(log))));
    for (const [at, source$] of sources.entries()) source$.next(`answer ${at}`);
    for (const source$ of sources.toReversed()) source$.complete();
    await until(() => seen.every((list) => list.includes('|')));
    const texts = (await kept()).map((json) => json?.messages[0]?.parts[0]);
    expect(texts).toMatchObject([{ text: 'answer 1' }, { text: 'answer 2' }]);
  });

  test('each try of a response that is tried again', async () => {
    const model = countingModel((_, index) => (index < 2 ? throwError(() => new Error('no luck')) : of('fine')));
    expect(await all(model.prompt('Hi').pipe(logTo(log), retry(2), text()))).toEqual(['fine']);
    expect((await kept()).map((json) => json?.status)).toEqual(['failed', 'failed', undefined]);
  });

  test('a chain as one turn, with the names of the tools that were called', async () => {
    const add: Tool = { name: 'add', run: () => 'sum' };
    const response = playTurns(calls('add', 'c1', 'c2'), ['All done']).chain('Hi', { tools: [add] });
    await all(response.pipe(logTo(log)));
    expect(await kept()).toEqual([response.toJSON()]);
    const [turn] = await all(log.list({ tool: 'add' }));
    expect(turn).toMatchObject({ calls: ['add'], messages: [{}, { role: 'tool' }, {}] });
  });

  test('a reply on the history of its response', async () => {
    const response = playTurns(['one'], ['two']).prompt('Hi');
    await all(response.pipe(logTo(log, { thread: 't' })));
    const reply = response.reply('And?');
    await all(reply.pipe(logTo(log, { thread: 't' })));
    expect(await kept()).toEqual([response.toJSON(), reply.toJSON()]);
    const [newest] = await all(log.list());
    expect(newest).toMatchObject({ parent: response.toJSON().id, prompt: [{ role: 'user' }] });
  });

  test('of a reply whose response failed, what came of that', async () => {
    const failed = countingModel(() =>
      concat(
        of('Hel'),
        throwError(() => broken),
      ),
    ).prompt('Hi');
    const seen = seenBy(failed.reply('And?').pipe(logTo(log)));
    await until(() => seen.length > 0);
    expect(seen).toEqual(['# provider_error']);
    expect(await kept()).toMatchObject([
      { status: 'failed', prompt: { messages: [user('Hi')] }, messages: [{ parts: [{ text: 'Hel' }] }] },
    ]);
  });

  test('a response from JSON, whatever its end, as it was and without a duration', async () => {
    const model = countingModel(() => EMPTY);
    const done = turnOf(1);
    const failed = turnOf(2, { status: 'failed' });
    const { id: _, ...nameless } = turnOf(3);
    expect(seenBy(fromJSON(done, { model }).pipe(logTo(log)))).toEqual(['start', 'answer 1', 'part_end', 'finish']);
    const seen = [failed, nameless].map((json) => seenBy(fromJSON(json, { model }).pipe(logTo(log))));
    await until(() => seen.every((list) => list.some((word) => word === '|' || word.startsWith('#'))));
    expect(seen.map((list) => list.at(-1))).toEqual(['# provider_error', '|']);
    expect(await kept()).toEqual([done, failed, nameless]);
    expect((await all(log.list())).map(({ details }) => details)).toEqual([undefined, undefined, undefined]);
  });
});

describe('logTo keeps a shared response', () => {
  let source$: Subject<string>;
  let model: ReturnType<typeof countingModel>;
  beforeEach(() => {
    source$ = new Subject();
    model = countingModel(() => source$);
  });

  test('once for several subscribers, and not again for one who comes after its end', async () => {
    const response = model.prompt('Hi').share();
    const seen = [1, 2, 3].map(() => seenBy(response.pipe(logTo(log))));
    source$.next('Hello');
    source$.complete();
    await until(() => seen.every((list) => list.includes('|')));
    const late = seenBy(response.pipe(logTo(log)));
    await until(() => late.includes('|'));
    expect(late).toEqual(['start', 'Hello', 'finish', '|']);
    expect(await kept()).toEqual([response.toJSON()]);
    expect(model.requests).toHaveLength(1);
  });

  test('when it ends, although the one who logs it has left', async () => {
    const response = model.prompt('Hi').share();
    const subscription = response.pipe(logTo(log)).subscribe();
    const other = seenBy(response);
    source$.next('Hel');
    subscription.unsubscribe();
    expect(await kept()).toEqual([]);
    source$.next('lo');
    source$.complete();
    expect(other).toEqual(['start', 'Hel', 'lo', 'finish', '|']);
    expect(await kept()).toEqual([response.toJSON()]);
    expect(response.toJSON().messages).toMatchObject([{ parts: [{ text: 'Hello' }] }]);
  });

  test('when it ends, although the one who logs it has left before anything came', async () => {
    const response = model.prompt('Hi').share();
    const subscription = response.pipe(logTo(log)).subscribe();
    seenBy(response);
    subscription.unsubscribe();
    source$.next('Hello');
    source$.complete();
    expect(await kept()).toEqual([response.toJSON()]);
  });

  test('that is aborted, for everybody or by the last who leaves', async () => {
    const first = model.prompt('Hi').share();
    const seen = seenBy(first.pipe(logTo(log)));
    source$.next('Hel');
    first.abort();
    await until(() => seen.includes('# aborted'));
    model.prompt('Hi').share().pipe(logTo(log)).subscribe().unsubscribe();
    expect(await kept()).toMatchObject([{ status: 'aborted' }, { status: 'aborted', messages: [] }]);
  });

  test('that ended before anybody logged it', async () => {
    const response = model.prompt('Hi').share();
    seenBy(response);
    source$.complete();
    await all(response.pipe(logTo(log)));
    expect(await kept()).toEqual([response.toJSON()]);
    expect((await all(log.list()))[0]?.details).toBeUndefined();
  });
});

describe('logTo lets events pass', () => {
  test('at once, and completes when the turn is kept', async () => {
    const adapter = waiting();
    log = createLog(adapter);
    const source$ = new Subject<string>();
    const seen = seenBy(
      countingModel(() => source$)
        .prompt('Hi')
        .pipe(logTo(log)),
    );
    source$.next('Hello');
    expect(seen).toEqual(['start', 'Hello']);
    source$.complete();
    await until(() => adapter.keep.length === 1);
    expect(seen).toEqual(['start', 'Hello', 'finish']);
    adapter.keep[0]!();
    await until(() => seen.length > 3);
    expect(seen.at(-1)).toBe('|');
    expect(await kept()).toHaveLength(1);
  });

  test('at once, and errors when the turn is kept', async () => {
    const adapter = waiting();
    log = createLog(adapter);
    const seen = seenBy(
      countingModel(() => throwError(() => broken))
        .prompt('Hi')
        .pipe(logTo(log)),
    );
    await until(() => adapter.keep.length === 1);
    expect(seen).toEqual(['start']);
    adapter.keep[0]!();
    await until(() => seen.length > 1);
    expect(seen).toEqual(['start', '# provider_error']);
  });

  test(
    'in the frames in which they come',
    marbles(({ expectObservable, scheduler }) => {
      const model = fakeModel(['-a--b|', '-a--b|']);
      const response = model.prompt('Hi', { scheduler });
      // Promises wait for no virtual time, so the end comes after all frames.
      expectObservable(response.pipe(logTo(log), accumulateText())).toBe('-a--b', { a: 'a', b: 'ab' });
      expectObservable(response.pipe(logTo(log), text()), '^-!').toBe('-a');
    }),
  );
});

describe('logTo that cannot keep the turn', () => {
  let source: LlmResponse;
  let told: LlmError[];
  const onError = (error: LlmError) => void told.push(error);
  const warning = 'LogWarning: a turn is not in the log: the disk is gone';
  beforeEach(() => {
    log = createLog(failing());
    told = [];
    source = countingModel(() => of('Hello')).prompt('Hi');
  });

  test('errors with storage where nobody else is told', async () => {
    const failure = { code: 'storage', message: 'the disk is gone', cause: broken };
    await expect(all(source.pipe(logTo(log)))).rejects.toMatchObject(failure);
  });

  test('tells onError, and ends as the response does', async () => {
    expect(await all(source.pipe(logTo(log, { onError }), text()))).toEqual(['Hello']);
    expect(told).toMatchObject([{ code: 'storage', cause: broken }]);
  });

  test('errors as the response does, and tells onError or warns', async () => {
    const failed = countingModel(() => throwError(() => new Error('no luck'))).prompt('Hi');
    await expect(all(failed.pipe(logTo(log, { onError })))).rejects.toMatchObject({ message: 'no luck' });
    expect(told).toMatchObject([{ code: 'storage' }]);
    const warned = nextWarning();
    await expect(all(failed.pipe(logTo(log)))).rejects.toMatchObject({ message: 'no luck' });
    expect(await warned).toBe(warning);
  });

  test('tells onError or warns where the subscriber has left', async () => {
    const endless = countingModel(() => NEVER).prompt('Hi');
    endless.pipe(logTo(log, { onError })).subscribe().unsubscribe();
    await until(() => told.length > 0);
    expect(told).toMatchObject([{ code: 'storage' }]);
    const warned = nextWarning();
    endless.pipe(logTo(log)).subscribe().unsubscribe();
    expect(await warned).toBe(warning);
  });

  test('tells onError or warns where the subscriber leaves while it waits', async () => {
    source.pipe(logTo(log, { onError })).subscribe().unsubscribe();
    await until(() => told.length > 0);
    expect(told).toHaveLength(1);
    const warned = nextWarning();
    source.pipe(logTo(log)).subscribe().unsubscribe();
    expect(await warned).toBe(warning);
  });

  test('refuses a thread that cannot be one in the same way', async () => {
    const failure = { code: 'invalid_input', message: expect.stringContaining('the name of a thread') as string };
    await expect(all(source.pipe(logTo(log, { thread: '..' })))).rejects.toMatchObject(failure);
  });
});

test('logTo refuses to come after another operator', () => {
  const response = countingModel(() => EMPTY).prompt('Hi');
  const piped = response.pipe(map((event) => event));
  const message = 'logTo() comes first in the pipe of a response: behind another operator nobody knows the prompt';
  expect(() => piped.pipe(logTo(log))).toThrow(expect.objectContaining({ code: 'invalid_input', message }));
});

/** What the process is warned of next, which nobody else needs to see. */
function nextWarning(): Promise<string> {
  return new Promise((resolve) => {
    const spy = jest.spyOn(process, 'emitWarning').mockImplementation((message, type) => {
      resolve(`${typeof type === 'string' ? type : ''}: ${String(message)}`);
      spy.mockRestore();
    });
  });
}
