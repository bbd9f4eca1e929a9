// Tools that ask a model themselves.
import { concat, from, map, NEVER, of, throwError } from 'rxjs';
import { LlmError, tool, type StreamEvent } from 'rxllm';
import { idleTimeout, ofType, text } from 'rxllm/operators';
import { marbles } from '../support/marbles.ts';
import { callEvents, countingModel } from '../support/models.ts';
import { caller, doing, eventsOfCall, progressOf, resultOf, told } from './oneCall.ts';

const expert = () => countingModel(() => of('It is', ' 42.'));

/** Calls the tool `u` once, having said something, then answers. */
const agent = () =>
  countingModel((_, index) => (index === 0 ? from(['Let me see', ...callEvents('u', {}, 'c2')]) : of('It is 42.')));
const inner = tool({ name: 'u', run: () => of(1, 2) });

describe('a response that a tool gives back', () => {
  test('gives its text as the result, and its events with the id of the call', async () => {
    const events = await eventsOfCall(doing(() => expert().prompt('?')));
    expect(events).toMatchObject([
      { type: 'nested', path: ['c1'], event: { type: 'start', model: 'counting' } },
      { type: 'nested', path: ['c1'], event: { type: 'text', chunk: 'It is' } },
      { type: 'nested', path: ['c1'], event: { type: 'text', chunk: ' 42.' } },
      { type: 'nested', path: ['c1'], event: { type: 'finish' } },
      { type: 'tool_output', result: { output: 'It is 42.' } },
    ]);
  });

  test.each<[string, () => unknown]>([
    ['after a while', () => Promise.resolve(expert().prompt('?'))],
    ['by an async function', async () => expert().prompt('?')],
    ['shared', () => expert().prompt('?').share()],
  ])('%s is one no less', async (_, run) => {
    expect(await resultOf(doing(run))).toMatchObject({ output: 'It is 42.' });
    expect(await progressOf(doing(run))).toEqual([]);
  });

  test('after progress is one no less', async () => {
    const made = doing(async function* () {
      yield 'asking';
      return expert().prompt('?');
    });
    expect(await eventsOfCall(made)).toMatchObject([
      { type: 'tool_progress', value: 'asking' },
      { type: 'nested' },
      { type: 'nested' },
      { type: 'nested' },
      { type: 'nested' },
      { type: 'tool_output', result: { output: 'It is 42.' } },
    ]);
  });

  test.each<[string, () => unknown]>([
    ['a prompt', () => expert().prompt('?').pipe(idleTimeout(60_000))],
    ['a prompt, after a while', () => Promise.resolve(expert().prompt('?').pipe(idleTimeout(60_000)))],
    [
      'a chain',
      () =>
        agent()
          .chain('?', { tools: [inner] })
          .pipe(idleTimeout(60_000)),
    ],
  ])('is one no less where it is piped: %s', async (_, run) => {
    const events = await eventsOfCall(doing(run));
    expect(events[0]).toMatchObject({ type: 'nested', path: ['c1'], event: { type: 'start' } });
    expect(events.at(-2)).toMatchObject({ type: 'nested', path: ['c1'], event: { type: 'finish' } });
    expect(events.at(-1)).toMatchObject({ type: 'tool_output', result: { output: 'It is 42.' } });
    expect(events.filter(({ type }) => type === 'tool_progress')).toEqual([]);
  });

  test('that is piped into other values is an Observable of values like any other', async () => {
    const made = doing(() => expert().prompt('?').pipe(text()));
    expect(await eventsOfCall(made)).toMatchObject([
      { type: 'tool_progress', value: 'It is' },
      { type: 'tool_output', result: { output: ' 42.' } },
    ]);
  });

  test('is none where values only look like its events', async () => {
    const run = () => of({ type: 'start' }, { type: 'start', id: 'x' }, { type: 'text', chunk: 'so' });
    expect(await eventsOfCall(doing(run))).toMatchObject([
      { type: 'tool_progress', value: { type: 'start' } },
      { type: 'tool_progress', value: { type: 'start', id: 'x' } },
      { type: 'tool_output', result: { output: '{"type":"text","chunk":"so"}' } },
    ]);
  });

  test.each([
    ['no event', null, 'the tool gave null among the events of a response'],
    ['text', 'so', 'the tool gave "so" among the events of a response'],
    ['an event that is broken', { type: 'text' }, expect.stringMatching(/^an event of type "text" has no chunk/)],
  ])('among whose events is %s leaves an error', async (_, value, message) => {
    const made = doing(() => concat(expert().prompt('?'), of(value)));
    const { output } = await resultOf(made);
    expect(output.replace('Error: ', '')).toEqual(message);
  });

  test('of a chain gives the text of its last turn', async () => {
    const events = await eventsOfCall(doing(() => agent().chain('?', { tools: [inner] })));
    expect(events.at(-1)).toMatchObject({ type: 'tool_output', result: { output: 'It is 42.' } });
    expect(events.slice(0, -1).map((event) => event.type === 'nested' && event.event.type)).toContain('tool_progress');
  });

  test('in a chain in a chain has both calls in its path', async () => {
    const asking = tool({ name: 'u', run: () => expert().prompt('?') });
    const events = await eventsOfCall(doing(() => agent().chain('?', { tools: [asking] })));
    const deep = events.filter((event) => event.type === 'nested' && event.path.length === 2);
    expect(deep).toMatchObject([
      { path: ['c1', 'c2'], event: { type: 'start' } },
      { path: ['c1', 'c2'], event: { type: 'text' } },
      { path: ['c1', 'c2'], event: { type: 'text' } },
      { path: ['c1', 'c2'], event: { type: 'finish' } },
    ]);
  });

  test('that begins anew gives the text of its last attempt', async () => {
    const flaky = countingModel(() => from<(StreamEvent | string)[]>(['It w', { type: 'reset' }, 'It is 42.']));
    expect(await resultOf(doing(() => flaky.prompt('?')))).toMatchObject({ output: 'It is 42.' });
  });

  test('of a chain whose last turn begins anew gives the text of its last attempt', async () => {
    const flaky = countingModel((_, index) =>
      from<(StreamEvent | string)[]>(
        index === 0 ? ['Let me see', ...callEvents('u', {}, 'c2')] : ['It w', { type: 'reset' }, 'It is 42.'],
      ),
    );
    const made = doing(() => flaky.chain('?', { tools: [inner] }));
    expect(await resultOf(made)).toMatchObject({ output: 'It is 42.' });
  });

  test('that fails is an error that the model can read', async () => {
    const broken = countingModel(() =>
      concat(
        of('It'),
        throwError(() => new LlmError('overloaded', 'too busy')),
      ),
    );
    expect(await resultOf(doing(() => broken.prompt('?')))).toMatchObject({
      output: 'Error: too busy',
      exception: 'LlmError: too busy',
    });
  });

  test.each<[string, () => unknown]>([
    ['given back', () => agent().chain('?', { tools: [tool({ name: 'u', needsApproval: true, run: () => 1 })] })],
    [
      'awaited',
      () =>
        agent()
          .chain('?', { tools: [tool({ name: 'u', needsApproval: true, run: () => 1 })] })
          .text(),
    ],
  ])('of a chain that pauses pauses this one too: %s', async (_, run) => {
    const error = await new Promise((resolve) => told(doing(run)).subscribe({ error: resolve }));
    expect(error).toMatchObject({ code: 'paused', message: 'a call of tool "u" waits for approval' });
  });

  test('is stopped with the chain', () => {
    const silent = countingModel(() => NEVER);
    const subscription = told(doing(() => silent.prompt('?'))).subscribe();
    expect(silent.running()).toBe(1);
    subscription.unsubscribe();
    expect(silent.running()).toBe(0);
  });

  test(
    'is seen as it happens',
    marbles(({ cold, scheduler, expectObservable }) => {
      const expert$ = countingModel(() => cold('--a-----b|'));
      const made = doing(() => expert$.prompt('?', { scheduler }));
      const chain = caller().chain('Hi', { tools: [made], scheduler });
      const seen$ = chain.pipe(
        ofType('nested', 'tool_output'),
        map((event) => (event.type === 'nested' ? event.event.type : event.type)),
      );
      expectObservable(seen$).toBe('--(sa)--b(fo|)', {
        s: 'start',
        a: 'text',
        b: 'text',
        f: 'finish',
        o: 'tool_output',
      });
    }),
  );
});
