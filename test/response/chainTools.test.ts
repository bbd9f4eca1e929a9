// Tools in a chain: when they run, what of them is seen, and what the model is told.
import {
  concat,
  concatMap,
  from,
  map,
  NEVER,
  Observable,
  of,
  retry,
  Subject,
  take,
  takeWhile,
  throwError,
  timer,
} from 'rxjs';
import { attachment, LlmError, PauseChain, toolOutput, user, type StreamEvent, type Tool } from 'rxllm';
import { idleTimeout } from 'rxllm/operators';
import { calls, outline, playTurns, resultsOf, timeline } from '../support/chains.ts';
import { marbles } from '../support/marbles.ts';
import { callEvents } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

/** A tool that takes as many milliseconds as its argument says. */
const wait: Tool = { name: 'wait', run: ({ id }) => timer(Number(id)).pipe(map(() => 'waited')) };
const echo: Tool = { name: 'echo', run: ({ id }) => `echo ${id as string}` };

describe('tools of a chain', () => {
  test(
    'run side by side: results are seen as they come, and stand in the order of the calls',
    marbles(({ scheduler, flush }) => {
      const model = playTurns(calls('wait', '5', '2'));
      const response = model.chain('Hi', { tools: [wait], scheduler });
      const lines = timeline(response, scheduler);
      flush();
      const last = ['5 turn 2', '5 done', '5 end 2', '5 finish unknown', '5 |'];
      expect(lines).toEqual(['0 turn 1', '0 end 1', '2 2: waited', '5 5: waited', ...last]);
      expect(resultsOf(model.requests[1]!.messages).map((result) => result.tool_call_id)).toEqual(['5', '2']);
      expect(resultsOf(response.toJSON().messages).map((result) => result.tool_call_id)).toEqual(['5', '2']);
    }),
  );

  test(
    'run no more at a time than may, in the order of the calls',
    marbles(({ scheduler, flush }) => {
      const model = playTurns(calls('wait', '5', '2', '4', '1'));
      let running = 0;
      let most = 0;
      const counted: Tool = {
        ...wait,
        run: ({ id }) =>
          new Observable((subscriber) => {
            most = Math.max(most, (running += 1));
            subscriber.add(() => (running -= 1));
            return timer(Number(id)).subscribe(subscriber);
          }),
      };
      const lines = timeline(model.chain('Hi', { tools: [counted], concurrency: 2, scheduler }), scheduler);
      flush();
      expect(lines.filter((line) => /: /.test(line))).toEqual(['2 2: 0', '5 5: 0', '6 4: 0', '6 1: 0']);
      expect([most, running]).toEqual([2, 0]);
    }),
  );

  test.each([1, 4])(
    'are as many as the model likes, also where thousands end at once behind what takes its time: %i at a time',
    (concurrency) => {
      marbles(({ scheduler, flush }) => {
        const slow = ['2', '3', '4', '5'].slice(0, concurrency);
        const quick = Array.from({ length: 5000 }, (_, index) => `c${index}`);
        const model = playTurns([...calls('wait', ...slow), ...calls('echo', ...quick)]);
        const response = model.chain('Hi', { tools: [wait, echo], concurrency, scheduler });
        const lines = timeline(response, scheduler);
        flush();
        expect(lines.at(-1)).toBe(`${slow.at(-1)} |`);
        expect(resultsOf(response.toJSON().messages).map(({ output }) => output)).toEqual([
          ...slow.map(() => 'waited'),
          ...quick.map((id) => `echo ${id}`),
        ]);
      })();
    },
  );

  test(
    'may try again by themselves, with what RxJS has for it',
    marbles(({ scheduler, flush }) => {
      const model = playTurns(calls('flaky', 'c1'));
      let runs = 0;
      const flaky: Tool = {
        name: 'flaky',
        run: () =>
          timer(10).pipe(
            concatMap(() => ((runs += 1) < 3 ? throwError(() => new Error('down')) : of('up'))),
            retry({ count: 2, delay: 100 }),
          ),
      };
      const lines = timeline(model.chain('Hi', { tools: [flaky], scheduler }), scheduler);
      flush();
      expect(runs).toBe(3);
      expect(lines[2]).toBe('230 c1: up');
    }),
  );

  test.each([
    [29_000, '29000 |'],
    [31_000, '30000 # idle_timeout'],
  ])('are silence to an idleTimeout of 30 s while they say nothing: %i ms', (ms, end) => {
    marbles(({ scheduler, flush }) => {
      const model = playTurns(calls('wait', String(ms)));
      let aborted = false;
      const watched: Tool = {
        name: 'wait',
        run: (args, context) => {
          context.signal.addEventListener('abort', () => (aborted = true));
          return wait.run?.(args, context);
        },
      };
      const chain = model.chain('Hi', { tools: [watched], scheduler });
      const lines = timeline(chain.pipe(idleTimeout(30_000, { scheduler })), scheduler);
      flush();
      expect(lines.at(-1)).toBe(end);
      expect([aborted, model.running()]).toEqual([ms > 30_000, 0]);
    })();
  });

  test(
    'are no silence while they tell how far they are',
    marbles(({ scheduler, flush }) => {
      const model = playTurns(calls('slow', 'c1'));
      const slow: Tool = { name: 'slow', run: () => timer(20_000, 20_000).pipe(take(3)) };
      const chain = model.chain('Hi', { tools: [slow], scheduler });
      const lines = timeline(chain.pipe(idleTimeout(30_000, { scheduler })), scheduler);
      flush();
      expect(lines.slice(2, 5)).toEqual(['20000 progress 0', '40000 progress 1', '60000 c1: 2']);
      expect(lines.at(-1)).toBe('60000 |');
    }),
  );

  test('are stopped when the chain is left: the signal is aborted and the Observable unsubscribed', () => {
    const stopped: string[] = [];
    const hanging: Tool = {
      name: 'hang',
      run: ({ id }, { signal }) =>
        new Observable(() => {
          signal.addEventListener('abort', () => stopped.push(`signal of ${id as string}`));
          return () => stopped.push(id as string);
        }),
    };
    const model = playTurns(calls('hang', 'c1', 'c2'));
    const subscription = model.chain('Hi', { tools: [hanging] }).subscribe();
    expect(stopped).toEqual([]);
    subscription.unsubscribe();
    expect(stopped.toSorted()).toEqual(['c1', 'c2', 'signal of c1', 'signal of c2']);
    expect(model.requests).toHaveLength(1);
  });

  test('are not begun, and nothing is asked, when the chain is left as it tells of the end of the turn', () => {
    let asked = 0;
    const tool: Tool = { name: 'echo', run: () => (asked += 1) };
    const model = playTurns(calls('echo', 'c1'));
    const chain = model.chain('Hi', { tools: [tool], stopWhen: () => (asked += 1) < 0 });
    const seen = record(chain.pipe(takeWhile(({ type }) => type !== 'turn_end')));
    expect([seen.end, asked, model.requests.length]).toEqual(['complete', 0, 1]);
  });

  test('that do not exist, or cannot be run, are results that the model can read', () => {
    const model = playTurns([...calls('nowhere', 'c1'), ...calls('bare', 'c2')]);
    record(model.chain('Hi', { tools: [{ name: 'bare' }] }));
    expect(resultsOf(model.requests[1]!.messages)).toEqual([
      {
        type: 'tool_result',
        name: 'nowhere',
        output: 'Error: tool "nowhere" does not exist',
        tool_call_id: 'c1',
        exception: 'UnknownTool: tool "nowhere" does not exist',
      },
      {
        type: 'tool_result',
        name: 'bare',
        output: 'Error: tool "bare" has no implementation',
        tool_call_id: 'c2',
        exception: 'UnknownTool: tool "bare" has no implementation',
      },
    ]);
  });

  test('answer calls that have no ids, each its own', () => {
    const call = (n: number): StreamEvent[] => [
      { type: 'tool_call_name', chunk: 'echo' },
      { type: 'tool_call_args', chunk: JSON.stringify({ id: n }) },
    ];
    const model = playTurns([...call(1), ...call(2)]);
    const response = model.chain('Hi', { tools: [echo] });
    record(response);
    expect(outline(response.toJSON().messages)).toEqual([
      'assistant: echo(), echo()',
      'tool: echo 1, echo 2',
      'assistant: done',
    ]);
  });

  test('run again where a model uses an id twice', () => {
    const model = playTurns(callEvents('echo', { id: 1 }, 'call_0'), callEvents('echo', { id: 2 }, 'call_0'));
    const response = model.chain('Hi', { tools: [echo] });
    record(response);
    expect(resultsOf(response.toJSON().messages).map(({ output }) => output)).toEqual(['echo 1', 'echo 2']);
  });

  test('leave alone what the provider runs itself', () => {
    const server = { tool_call_id: 's1', server_executed: true };
    const model = playTurns([
      { type: 'tool_call_name', chunk: 'echo', ...server },
      { type: 'tool_call_args', chunk: '{"id":0}', ...server },
      { type: 'tool_result', chunk: 'from the server', tool_name: 'echo', ...server },
      ...calls('echo', 'c1'),
    ]);
    const response = model.chain('Hi', { tools: [echo] });
    record(response);
    expect(resultsOf(response.toJSON().messages).map(({ output }) => output)).toEqual(['from the server', 'echo c1']);
    expect(model.requests).toHaveLength(2);
  });

  test('find their calls where an answer has several messages', () => {
    const call = (tool_call_id: string, message_index: number): StreamEvent => ({
      type: 'tool_call_name',
      chunk: 'echo',
      tool_call_id,
      message_index,
    });
    const model = playTurns([call('c1', 1), call('c2', 3)]);
    const response = model.chain('Hi', { tools: [{ name: 'echo', run: (_, context) => context.call.tool_call_id }] });
    record(response);
    expect(outline(response.toJSON().messages)).toEqual([
      'assistant: echo(c1)',
      'assistant: echo(c2)',
      'tool: c1, c2',
      'assistant: done',
    ]);
    expect(outline(model.requests[1]!.messages).slice(1)).toEqual(outline(response.toJSON().messages).slice(0, -1));
  });

  test('bring files in a message of the user after the results', () => {
    const file = attachment({ url: 'https://x.test/a.png', type: 'image/png' });
    const draw: Tool = { name: 'draw', run: () => toolOutput('drawn', { attachments: [file] }) };
    const model = playTurns([...calls('draw', 'c1'), ...calls('echo', 'c2')]);
    const response = model.chain('Hi', { tools: [draw, echo] }).share();
    const { values } = record(response);
    const { messages } = response.toJSON();
    expect(messages.slice(1, 3)).toEqual([
      {
        role: 'tool',
        parts: [
          { type: 'tool_result', name: 'draw', output: 'drawn', tool_call_id: 'c1' },
          { type: 'tool_result', name: 'echo', output: 'echo c2', tool_call_id: 'c2' },
        ],
      },
      user(file),
    ]);
    expect(model.requests[1]!.messages.slice(1)).toEqual(messages.slice(0, 3));
    // Whoever watches sees them with the result.
    expect(values.find((event) => (event as StreamEvent).type === 'tool_output')).toMatchObject({
      result: { attachments: [file.attachment] },
    });
  });

  test('bring their files before what the user said meanwhile', () => {
    const file = attachment({ url: 'https://x.test/a.png' });
    const input$ = new Subject<string>();
    const run = () => {
      input$.next('And?');
      return toolOutput('drawn', { attachments: [file] });
    };
    const model = playTurns(calls('draw', 'c1'));
    record(model.chain('Hi', { tools: [{ name: 'draw', run }], input$ }));
    expect(model.requests[1]!.messages.slice(-2)).toEqual([user(file), user('And?')]);
  });

  test('keep their files where the chain ends before the next turn', () => {
    const file = attachment({ url: 'https://x.test/a.png' });
    const draw: Tool = { name: 'draw', run: () => toolOutput('drawn', { attachments: [file] }) };
    const hang: Tool = { name: 'hang', run: () => NEVER };
    const response = playTurns([...calls('draw', 'c1'), ...calls('hang', 'c2')])
      .chain('Hi', { tools: [draw, hang] })
      .share();
    record(response);
    response.abort();
    expect(resultsOf(response.toJSON().messages)).toEqual([
      { type: 'tool_result', name: 'draw', output: 'drawn', tool_call_id: 'c1', attachments: [file.attachment] },
    ]);
  });
});

describe('hooks of a chain', () => {
  const two = () => playTurns(calls('echo', 'c1', 'c2'));

  test('are called around each call, and waited for', async () => {
    const log: string[] = [];
    const later = async (line: string) => {
      await Promise.resolve();
      log.push(line);
    };
    const model = two();
    await model
      .chain('Hi', {
        tools: [{ ...echo, run: ({ id }) => void log.push(`run ${id as string}`) }],
        concurrency: 1,
        beforeCall: (call) => later(`before ${call.tool_call_id}`),
        afterCall: (call) => later(`after ${call.tool_call_id}`),
      })
      .text();
    expect(log).toEqual(['before c1', 'run c1', 'after c1', 'before c2', 'run c2', 'after c2']);
  });

  test('may cancel a call and change a result', () => {
    const model = two();
    record(
      model.chain('Hi', {
        tools: [echo],
        beforeCall: ({ tool_call_id }) => of(tool_call_id === 'c1' ? { cancel: 'not this one' } : undefined),
        afterCall: (_call, _tool, result) => ({ ...result, output: result.output.toUpperCase() }),
      }),
    );
    expect(resultsOf(model.requests[1]!.messages).map(({ output }) => output)).toEqual([
      'Cancelled: not this one',
      'ECHO C2',
    ]);
  });

  test.each(['beforeCall', 'afterCall'] as const)(
    'end the chain where %s throws; what has begun comes to its end and is kept',
    (hook) => {
      marbles(({ scheduler, flush }) => {
        const model = playTurns([...calls('wait', '5'), ...calls('echo', 'c1', 'c2')]);
        const ran: unknown[] = [];
        const response = model
          .chain('Hi', {
            tools: [wait, { ...echo, run: ({ id }) => ran.push(id) }],
            scheduler,
            [hook]: ({ tool_call_id }: { tool_call_id?: string }) => {
              if (tool_call_id === 'c1') throw new Error('no');
            },
          })
          .share();
        const lines = timeline(response, scheduler);
        flush();
        const hasRun = hook === 'afterCall';
        const own = hasRun ? ['0 c1: 1'] : [];
        expect(lines).toEqual(['0 turn 1', '0 end 1', ...own, '5 5: waited', '5 # provider_error']);
        expect(ran).toEqual(hasRun ? ['c1'] : []);
        expect(outline(response.toJSON().messages)).toEqual([
          'assistant: wait(5), echo(c1), echo(c2)',
          hasRun ? 'tool: waited, 1' : 'tool: waited',
        ]);
      })();
    },
  );

  test.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['pauses', () => throwError(() => new PauseChain('ask Ada')) as never],
    ['errors with nothing', () => throwError(() => undefined) as never],
    ['gives back what is no result', () => 'no' as never],
  ])('take no result away: where afterCall %s, the tool does not run again in a chain that goes on', (_, afterCall) => {
    const ran: unknown[] = [];
    const tools = [{ ...echo, run: ({ id }: { id?: unknown }) => ran.push(id) }];
    const response = playTurns(calls('echo', 'c1')).chain('Hi', { tools, afterCall }).share();
    expect(record(response).end).toBeInstanceOf(LlmError);
    const resumed = response.chain('', { tools });
    expect(record(resumed).end).toBe('complete');
    expect(ran).toEqual(['c1']);
    expect(outline(resumed.toJSON().prompt.messages)).toEqual(['user: Hi', 'assistant: echo(c1)', 'tool: 1']);
  });

  test.each([
    ['{"cancel":true}', { cancel: true }],
    ['{"cancel":{}}', { cancel: new Error('x') }],
    ['{}', {}],
    ['false', false],
    ['true', true],
    ['"no"', 'no'],
    ['0', Promise.resolve(0)],
    ['"last"', of(undefined, 'last')],
  ])('end the chain, and nothing runs, where beforeCall gives back what is no verdict: %s', async (shown, verdict) => {
    let runs = 0;
    const tools = [{ ...echo, run: () => (runs += 1) }];
    const chain = two().chain('Hi', { tools, beforeCall: () => verdict as never });
    await expect(chain.text()).rejects.toMatchObject({
      code: 'invalid_input',
      message: `beforeCall gave back ${shown} for a call of tool "echo"; give back { cancel: 'why' } to cancel it, and nothing to let it run`,
    });
    expect(runs).toBe(0);
  });

  test.each<[string, unknown]>([
    ['"other"', 'other'],
    ['false', false],
    ['{"output":"other"}', { output: 'other' }],
    ['{"type":"tool_result","name":"echo","output":{"a":1}}', { type: 'tool_result', name: 'echo', output: { a: 1 } }],
    ['"later"', Promise.resolve('later')],
  ])('end the chain where afterCall gives back what is no result: %s', async (shown, verdict) => {
    const chain = two().chain('Hi', { tools: [echo], concurrency: 1, afterCall: () => verdict as never });
    await expect(chain.text()).rejects.toMatchObject({
      code: 'invalid_input',
      message: `afterCall gave back ${shown} for a call of tool "echo"; give back { ...result, output: 'text' } to change the result, and nothing to leave it`,
      partial: { messages: [{ role: 'assistant' }, { role: 'tool', parts: [{ output: 'echo c1' }] }] },
    });
  });

  test('leave all as it is where they give back null, or an Observable without values', () => {
    for (const nothing of [null, of()]) {
      const hook = () => nothing as never;
      const model = two();
      record(model.chain('Hi', { tools: [echo], beforeCall: hook, afterCall: hook }));
      expect(resultsOf(model.requests[1]!.messages).map(({ output }) => output)).toEqual(['echo c1', 'echo c2']);
    }
  });

  test('cannot make a result that of another call', () => {
    const model = playTurns([
      ...calls('echo', 'c1'),
      { type: 'tool_call_name', chunk: 'echo' },
      { type: 'tool_call_args', chunk: '{"id":2}' },
    ]);
    record(
      model.chain('Hi', {
        tools: [echo],
        afterCall: () => ({ type: 'tool_result', name: 'other', output: 'x', tool_call_id: 'other', exception: 'e' }),
      }),
    );
    expect(resultsOf(model.requests[1]!.messages)).toEqual([
      { type: 'tool_result', name: 'echo', output: 'x', tool_call_id: 'c1', exception: 'e' },
      { type: 'tool_result', name: 'echo', output: 'x', exception: 'e' },
    ]);
  });
});

describe('eager tools', () => {
  const eager: Tool = { ...echo, eager: true };

  test(
    'begin when their call is complete, while the answer goes on; results come after it',
    marbles(({ cold, scheduler, flush }) => {
      const [name, args] = callEvents('wait', { id: '2' }, 'c1') as [StreamEvent, StreamEvent];
      const turn = cold<StreamEvent>('nae-------(t|)', {
        n: name,
        a: args,
        e: { type: 'part_end', part_index: 0 },
        t: { type: 'text', chunk: 'so' },
      });
      const begun: number[] = [];
      const tool: Tool = {
        ...wait,
        eager: true,
        run: (args_, context) => {
          begun.push(scheduler.now());
          return wait.run?.(args_, context);
        },
      };
      const lines = timeline(playTurns(turn).chain('Hi', { tools: [tool], scheduler }), scheduler);
      flush();
      expect(begun).toEqual([2]);
      expect(lines).toEqual([
        '0 turn 1',
        '10 so',
        '10 end 1',
        '10 c1: waited',
        '10 turn 2',
        '10 done',
        '10 end 2',
        '10 finish unknown',
        '10 |',
      ]);
    }),
  );

  /** Two complete calls, then what is given. */
  const turnOf = (rest: Observable<StreamEvent | string>) =>
    concat(
      from([
        ...callEvents('echo', { id: 'c1' }, 'c1'),
        { type: 'part_end', part_index: 0 } as const,
        ...callEvents('hang', { id: 'c2' }, 'c2'),
        { type: 'part_end', part_index: 1 } as const,
      ]),
      rest,
    );
  const hang: Tool = { name: 'hang', eager: true, run: () => NEVER };

  test('keep what they gave where the answer fails after them', () => {
    const failing = turnOf(throwError(() => new LlmError('truncated', 'cut')));
    const response = playTurns(failing)
      .chain('Hi', { tools: [eager, hang] })
      .share();
    expect(record(response).end).toMatchObject({ code: 'truncated' });
    expect(outline(response.toJSON().messages)).toEqual(['assistant: echo(c1), hang(c2)', 'tool: echo c1']);
  });

  test('keep what they gave where the chain is stopped, or has reached its limit', () => {
    for (const options of [{ stopWhen: () => true }, { limit: 1 }]) {
      const response = playTurns(turnOf(of('so')))
        .chain('Hi', { tools: [eager, hang], ...options })
        .share();
      record(response);
      expect(outline(response.toJSON().messages)).toEqual(['assistant: echo(c1), hang(c2), so', 'tool: echo c1']);
    }
  });

  test('are given up when their answer is taken back, and run for the one that counts', () => {
    const ran: unknown[] = [];
    let given = 0;
    const tool: Tool = {
      name: 'hang',
      eager: true,
      run: ({ id }, { signal }) => {
        ran.push(id);
        signal.addEventListener('abort', () => (given += 1));
        return id === 'new' ? 'result of the new' : NEVER;
      },
    };
    const turn = [
      ...callEvents('hang', { id: 'old' }, 'c1'),
      { type: 'part_end', part_index: 0 } as const,
      { type: 'reset' } as const,
      ...callEvents('hang', { id: 'new' }, 'c1'),
      { type: 'part_end', part_index: 0 } as const,
    ];
    const response = playTurns(turn).chain('Hi', { tools: [tool] });
    record(response);
    expect([ran, given]).toEqual([['old', 'new'], 1]);
    expect(resultsOf(response.toJSON().messages).map(({ output }) => output)).toEqual(['result of the new']);
  });

  test('are told the answer that asked for them', () => {
    let said: readonly string[] = [];
    const tool: Tool = { ...eager, run: (_, { messages }) => (said = outline(messages)) };
    record(
      playTurns(['so ', ...calls('echo', 'c1'), { type: 'part_end', part_index: 1 }]).chain('Hi', { tools: [tool] }),
    );
    expect(said).toEqual(['user: Hi', 'assistant: so , echo(c1)']);
  });
});
