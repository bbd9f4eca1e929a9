// A turn that begins anew: retries, fallbacks and hedges around the model of a chain.
import { concat, from, NEVER, of, throwError, timer, map } from 'rxjs';
import {
  foldMessages,
  LlmError,
  withFallback,
  withHedge,
  withRetry,
  type LiveResponse,
  type Model,
  type StreamEvent,
  type Tool,
} from 'rxllm';
import { accumulateReasoning, accumulateText, collectMessages, collectText } from 'rxllm/operators';
import { calls, outline, playTurns, resultsOf, timeline } from '../support/chains.ts';
import { marbles } from '../support/marbles.ts';
import { countingModel } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

const echo: Tool = { name: 'echo', run: ({ id }) => `echo ${id as string}` };
const used = (input: number, output: number): StreamEvent => ({ type: 'usage', usage: { input, output } });
const cut = throwError(() => new LlmError('truncated', 'cut'));
const thought = (chunk: string): StreamEvent => ({ type: 'reasoning', chunk });

/** A chain whose second turn says `Half` at first, and then what counts. */
const restarting: Readonly<Record<string, () => Model>> = {
  'by the model': () =>
    playTurns(
      [thought('Hm. '), 'Look:', ...calls('echo', 'c1'), used(1, 1)],
      [thought('Er. '), 'Half', used(2, 2), { type: 'reset' }, thought('Ah. '), 'So.', used(4, 4)],
    ),
  'by withRetry': () =>
    withRetry(
      playTurns(
        [thought('Hm. '), 'Look:', ...calls('echo', 'c1'), used(1, 1)],
        concat(from([thought('Er. '), 'Half', used(2, 2)]), cut),
        [thought('Ah. '), 'So.', used(4, 4)],
      ),
      { afterContent: 'restart', initialDelayMs: 0 },
    ),
  'by withFallback': () => {
    const good = [thought('Ah. '), 'So.', used(4, 4)];
    const first = playTurns(
      [thought('Hm. '), 'Look:', ...calls('echo', 'c1'), used(1, 1)],
      concat(from([thought('Er. '), 'Half', used(2, 2)]), cut),
    );
    return withFallback([first, playTurns(good)], { afterContent: 'restart' });
  },
};

describe.each(Object.entries(restarting))('a second turn that begins anew %s', (name, make) => {
  const paid = name === 'by the model' ? { input: 5, output: 5 } : { input: 7, output: 7 };

  async function run(): Promise<{ readonly live: LiveResponse; readonly events: readonly StreamEvent[] }> {
    const live = make()
      .chain('Hi', { tools: [echo] })
      .share();
    await live.text();
    return { live, events: record(live).values as StreamEvent[] };
  }

  test('takes back only itself', async () => {
    const { live, events } = await run();
    const { messages, usage } = live.toJSON();
    expect(outline(messages)).toEqual([
      'assistant: reasoning, Look:, echo(c1)',
      'tool: echo c1',
      'assistant: reasoning, So.',
    ]);
    expect(foldMessages(events)).toEqual(messages);
    expect(usage).toEqual(paid);
    expect(events.filter(({ type }) => type === 'reset')).toHaveLength(1);
  });

  test('loses neither the text nor the reasoning of the turn before', async () => {
    const { live, events } = await run();
    const result = await live.result();
    expect([result.text, result.reasoning]).toEqual(['Look: So.', 'Hm. Ah. ']);
    expect(record(from(events).pipe(collectText())).values).toEqual(['Look: So.']);
    expect(record(from(events).pipe(accumulateText())).values.slice(-4)).toEqual(['', 'Look:', 'Look: ', 'Look: So.']);
    expect(record(from(events).pipe(accumulateReasoning())).values.slice(-3)).toEqual(['', 'Hm. ', 'Hm. Ah. ']);
    expect(record(from(events).pipe(collectMessages())).values).toEqual([live.toJSON().messages]);
  });

  test('runs no tool again', async () => {
    const ran: unknown[] = [];
    const tool: Tool = { name: 'echo', run: ({ id }) => ran.push(id) };
    await make()
      .chain('Hi', { tools: [tool] })
      .text();
    expect(ran).toEqual(['c1']);
  });

  test('is the same to whoever comes late, and to a view', async () => {
    const { live, events } = await run();
    expect(record(live).values).toEqual(events);
    expect(record(live.messages$).values).toEqual([live.toJSON().messages]);
  });
});

describe('a first turn that begins anew', () => {
  test('keeps what had joined it', () => {
    const model = playTurns(['Half', { type: 'reset' }, 'Whole']);
    const response = model.chain('Hi', { input$: of('And?') });
    record(response);
    expect(outline(response.toJSON().messages)).toEqual(['user: And?', 'assistant: Whole']);
  });

  test('keeps the results of a history that was resumed', () => {
    const model = playTurns(['Half', { type: 'reset' }, 'Whole']);
    const history = [
      { role: 'user', parts: [{ type: 'text', text: 'Hi' } as const] },
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'echo', arguments: { id: 1 } } as const] },
    ];
    const response = model.chain(history, { tools: [echo] });
    record(response);
    expect(outline(response.toJSON().messages)).toEqual(['tool: echo 1', 'assistant: Whole']);
  });
});

describe('a chain of a model that asks several times', () => {
  test('adds up what failed requests have cost, in each turn', async () => {
    const model = countingModel((_, index) => {
      const busy = concat(
        of(used(1, 0)),
        throwError(() => new LlmError('overloaded', 'busy')),
      );
      if (index % 2 === 0) return busy;
      return from(index < 3 ? [...calls('echo', 'c1'), used(10, 1)] : ['done', used(20, 2)]);
    });
    const response = withRetry(model, { initialDelayMs: 0 }).chain('Hi', { tools: [echo] });
    expect(await response.usage()).toEqual({ input: 32, output: 3 });
    expect(model.requests).toHaveLength(4);
  });

  test('goes on with the text of a turn that breaks off', async () => {
    const model = playTurns(calls('echo', 'c1'), concat(of('Half '), cut), ['whole']);
    const retried = withRetry(model, { afterContent: 'continue', initialDelayMs: 0 });
    const response = retried.chain('Hi', { tools: [echo] });
    expect(await response.text()).toBe('Half whole');
    expect(outline(await response.messages()).at(-1)).toBe('assistant: Half whole');
  });

  test(
    'hedges each turn: who is slow is stopped, and the chain goes on with the winner',
    marbles(({ cold, scheduler, flush }) => {
      const slow = countingModel(() => concat(timer(20).pipe(map(() => 'slow'))));
      const fast = playTurns(calls('echo', 'c1'), cold<StreamEvent>('--(t|)', { t: { type: 'text', chunk: 'fast' } }));
      const response = withHedge([slow, fast], { afterMs: 5 }).chain('Hi', { tools: [echo], scheduler });
      const lines = timeline(response, scheduler);
      flush();
      expect(lines).toEqual([
        '0 turn 1',
        '5 end 1',
        '5 c1: echo c1',
        '5 turn 2',
        '12 fast',
        '12 end 2',
        '12 finish unknown',
        '12 |',
      ]);
      expect([slow.requests.length, slow.running(), fast.running()]).toEqual([2, 0, 0]);
    }),
  );

  test('is left down to the last of them', () => {
    const models = [playTurns(NEVER), playTurns(NEVER)] as const;
    const subscription = withHedge(models, { afterMs: 0 })
      .chain('Hi', { tools: [echo] })
      .subscribe();
    expect(models.map((model) => model.running())).toEqual([1, 1]);
    subscription.unsubscribe();
    expect(models.map((model) => model.running())).toEqual([0, 0]);
  });

  test('gives what there is where a later turn fails for good', () => {
    const model = playTurns(calls('echo', 'c1'), concat(of('Half'), cut));
    const response = model.chain('Hi', { tools: [echo] }).share();
    const { end } = record(response);
    expect(end).toMatchObject({ code: 'truncated', partial: { status: 'truncated' } });
    expect(outline(response.toJSON().messages)).toEqual(['assistant: echo(c1)', 'tool: echo c1', 'assistant: Half']);
    expect(resultsOf(response.toJSON().messages)).toHaveLength(1);
  });
});
