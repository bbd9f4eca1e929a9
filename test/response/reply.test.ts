// Replies: lazy, on the whole history, and no tool ever runs twice.
import { concat, from, NEVER, of, retry, throwError, VirtualTimeScheduler } from 'rxjs';
import { defineModel, LlmError, PauseChain, user, type StreamEvent, type Tool } from 'rxllm';
import { text } from 'rxllm/operators';
import { fromJSON } from 'rxllm/serialization';
import { outline } from '../support/chains.ts';
import { marbles } from '../support/marbles.ts';
import { callEvents, countingModel } from '../support/models.ts';

function countingTool(name = 'add') {
  const calls: unknown[] = [];
  const tool: Tool = {
    name,
    run: (args) => {
      calls.push(args);
      return `${name} ran ${calls.length} times`;
    },
  };
  return { tool, calls };
}

describe('reply', () => {
  test('sends nothing until it is subscribed, then runs its parent first', async () => {
    const model = countingModel((_, index) => of(`answer ${index}`));
    const reply = model.prompt('one').reply('two');
    expect(model.requests).toHaveLength(0);
    expect(await reply.text()).toBe('answer 1');
    expect(model.requests).toHaveLength(2);
    expect(model.requests[1]!.messages).toEqual([
      user('one'),
      { role: 'assistant', parts: [{ type: 'text', text: 'answer 0' }] },
      user('two'),
    ]);
  });

  test('that is left while its parent runs lets go of the parent', () => {
    const model = countingModel(() => NEVER);
    const reply = model.prompt('one').reply('two').subscribe();
    expect(model.running()).toBe(1);
    reply.unsubscribe();
    expect(model.running()).toBe(0);
  });

  test('chains: the grandparent runs once for every branch', async () => {
    const model = countingModel((_, index) => of(`answer ${index}`));
    const first = model.prompt('one');
    const second = first.reply('two');
    await Promise.all([second.reply('left').text(), second.reply('right').text()]);
    expect(model.requests).toHaveLength(4);
  });

  test('runs a tool once, whatever retries and branches there are', async () => {
    const { tool, calls } = countingTool();
    const model = countingModel((_, index) => {
      if (index === 0) return from(callEvents('add', { a: 1 }, 'c1'));
      return index < 3
        ? concat(
            of('x'),
            throwError(() => new LlmError('overloaded', 'busy')),
          )
        : of('done');
    });
    const response = model.prompt('add', { tools: [tool] });
    const seen: string[] = [];
    await new Promise<void>((resolve, reject) => {
      response
        .reply()
        .pipe(retry(2))
        .subscribe({ next: (event) => seen.push(event.type), complete: resolve, error: reject });
    });
    await response.reply('another branch').text();
    expect(calls).toEqual([{ a: 1 }]);
    expect(model.requests).toHaveLength(5);
    expect(seen.filter((type) => type === 'start')).toHaveLength(3);
    expect(model.requests.at(-1)!.messages.slice(1)).toEqual([
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'add', arguments: { a: 1 }, tool_call_id: 'c1' }] },
      { role: 'tool', parts: [{ type: 'tool_result', name: 'add', output: 'add ran 1 times', tool_call_id: 'c1' }] },
      user('another branch'),
    ]);
  });

  test('gives a tool a copy of the arguments', async () => {
    const model = countingModel((_, index) => (index === 0 ? from(callEvents('add', { a: 1 }, 'c1')) : of('ok')));
    const greedy: Tool = { name: 'add', run: (args) => (args.a = 99) };
    const response = model.prompt('add', { tools: [greedy] });
    await response.reply().text();
    expect(await response.toolCalls()).toMatchObject([{ arguments: { a: 1 } }]);
    expect(model.requests[1]!.messages[1]).toMatchObject({ parts: [{ arguments: { a: 1 } }] });
  });

  test('is sent by the scheduler and with the tools of its parent, as they were when it was made', async () => {
    const schedulers: unknown[] = [];
    const model = defineModel({
      id: 'm',
      stream: (_, { scheduler }) => {
        schedulers.push(scheduler);
        return of('x');
      },
    });
    const scheduler = new VirtualTimeScheduler();
    await model.prompt('one', { scheduler }).reply('two').text();
    expect(schedulers).toEqual([scheduler, scheduler]);
    const tools: Tool[] = [];
    const counting = countingModel(() => of('x'));
    const response = counting.prompt('one', { tools });
    tools.push({ name: 'late' });
    await response.reply('two').text();
    expect(counting.requests.map((request) => request.tools)).toEqual([[], []]);
  });

  test('runs the calls again only for another set of tools', async () => {
    const { tool, calls } = countingTool();
    const other = countingTool();
    const model = countingModel((_, index) => (index === 0 ? from(callEvents('add', {}, 'c1')) : of('ok')));
    const response = model.prompt('add', { tools: [tool] });
    await response.reply().text();
    await response.reply('', { tools: [other.tool] }).text();
    await response.reply('', { tools: [other.tool] }).text();
    expect([calls.length, other.calls.length]).toEqual([1, 1]);
  });

  test('pauses where a tool does: what there is can be gone on from, and what has run is not run again', async () => {
    const ran: string[] = [];
    let isOpen = false;
    const look: Tool = { name: 'look', run: () => `${ran.push('look')}` };
    const ask: Tool = {
      name: 'ask',
      run() {
        ran.push('ask');
        if (!isOpen) throw new PauseChain('nobody is there');
        return 'yes';
      },
    };
    const asked = [...callEvents('look', {}, 'c1'), ...callEvents('ask', {}, 'c2')];
    const model = countingModel((_, index) => (index === 0 ? from(asked) : of('done')));
    const response = model.prompt('Hi', { tools: [look, ask] });
    const error = await response
      .reply()
      .text()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'paused', message: 'nobody is there', partial: { status: 'failed' } });
    const partial = (error as LlmError).partial!;
    expect(outline([...partial.prompt.messages, ...partial.messages])).toEqual([
      'user: Hi',
      'assistant: look(c1), ask(c2)',
      'tool: 1',
    ]);
    isOpen = true;
    expect(await response.reply().text()).toBe('done');
    expect(
      await fromJSON(partial, { model })
        .chain('', { tools: [look, ask] })
        .text(),
    ).toBe('done');
    expect(ran).toEqual(['look', 'ask', 'ask', 'ask']);
    expect(outline(model.requests[1]!.messages).at(-1)).toBe('tool: 1, yes');
  });

  test('stays synchronous with tools that are', () => {
    const { tool } = countingTool();
    const model = countingModel((_, index) => (index === 0 ? from(callEvents('add', {}, 'c1')) : of('ok')));
    const seen: string[] = [];
    model
      .prompt('add', { tools: [tool] })
      .reply()
      .subscribe(({ type }) => seen.push(type));
    expect(seen).toEqual(['start', 'text', 'finish']);
  });

  test(
    'runs in virtual time: parent, tool and reply, and an unsubscription in between',
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const [n, a] = callEvents('add', {}, 'c1') as [StreamEvent, StreamEvent];
      const parent$ = cold<StreamEvent>('        --n-a-|', { n, a });
      const answer$ = cold('                           ---x--y|');
      const model = countingModel((_, index) => (index === 0 ? parent$ : answer$));
      const reply = model.prompt('add', { tools: [countingTool().tool] }).reply();
      expectObservable(reply.pipe(text())).toBe('---------x--y|');
      expectObservable(reply.pipe(text()), '     ---------------^-----!').toBe('---------------  ---x');
      expectSubscriptions(parent$.subscriptions).toBe('^-----!');
      expectSubscriptions(answer$.subscriptions).toBe(['------^------!', '---------------^-----!']);
    }),
  );

  test('awaits tools side by side and keeps the results in call order', async () => {
    const order: string[] = [];
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const slow: Tool = {
      name: 'slow',
      run: async () => {
        await gate;
        order.push('slow');
        return 1;
      },
    };
    const fast: Tool = {
      name: 'fast',
      run: async () => {
        order.push('fast');
        open();
        return { two: [2] };
      },
    };
    const model = countingModel((_, index) =>
      index === 0 ? from([...callEvents('slow', {}, 'c1'), ...callEvents('fast', {}, 'c2')]) : of('ok'),
    );
    await model
      .prompt('go', { tools: [slow, fast] })
      .reply()
      .text();
    expect(order).toEqual(['fast', 'slow']);
    expect(model.requests[1]!.messages[2]!.parts).toMatchObject([
      { name: 'slow', output: '1' },
      { name: 'fast', output: '{"two":[2]}' },
    ]);
  });

  test.each([
    ['unknown', '{}', { output: 'Error: tool "unknown" does not exist' }],
    ['fails', '{}', { output: 'Error: no such city', exception: 'RangeError: no such city' }],
    ['rejects', '{}', { output: 'Error: later', exception: 'Error: later' }],
    ['bodiless', '{}', { output: 'Error: tool "bodiless" has no implementation' }],
    ['fails', '{"a":', { output: 'Error: the arguments are not valid JSON: "{\\"a\\":"' }],
    ['fails', '[1]', { output: 'Error: the arguments must be a JSON object, not [1]' }],
    ['nothing', '', { output: 'null' }],
    ['cyclic', '{}', { output: expect.stringMatching(/^Error: Converting circular structure/) }],
    ['broken', '{}', { output: 'Error: a broken thenable' }],
    ['throwsNothing', '{}', { output: 'Error: {}', exception: 'Error: {}' }],
  ])('makes a result the model can read of a call to %s(%s)', async (name, args, expected) => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    const brokenThenable = {};
    Reflect.set(brokenThenable, 'then', () => {
      throw new Error('a broken thenable');
    });
    const tools: Tool[] = [
      {
        name: 'fails',
        run: () => {
          throw new RangeError('no such city');
        },
      },
      { name: 'rejects', run: () => Promise.reject(new Error('later')) },
      { name: 'bodiless' },
      { name: 'nothing', run: () => undefined },
      { name: 'cyclic', run: () => cycle },
      { name: 'broken', run: () => brokenThenable },
      {
        name: 'throwsNothing',
        run: () => {
          throw Object.create(null);
        },
      },
    ];
    const model = countingModel((_, index) =>
      index > 0
        ? of('ok')
        : from([
            { type: 'tool_call_name' as const, chunk: name, tool_call_id: 'c1' },
            { type: 'tool_call_args' as const, chunk: args, tool_call_id: 'c1' },
          ]),
    );
    await model.prompt('go', { tools }).reply().text();
    expect(model.requests[1]!.messages[2]!.parts[0]).toMatchObject(expected);
  });

  test('fails as its parent does, and a retry runs the parent again', async () => {
    const model = countingModel((_, index) =>
      index === 0
        ? concat(
            of('half'),
            throwError(() => new LlmError('connection', 'gone')),
          )
        : of(`answer ${index}`),
    );
    const reply = model.prompt('one').reply('two');
    await expect(reply.text()).rejects.toMatchObject({
      code: 'connection',
      partial: { messages: [{ parts: [{ text: 'half' }] }] },
    });
    expect(await reply.text()).toBe('answer 2');
  });

  test('refuses bad arguments at the call', () => {
    const model = countingModel(() => of('x'));
    const response = model.prompt('one');
    expect(() => response.reply(['nonsense'] as never)).toThrow(/messages\[0\] is "nonsense", not a message/);
    expect(() => response.reply('x', { tools: [{ name: 'a' }, { name: 'a' }] })).toThrow(/two tools are called "a"/);
  });
});
