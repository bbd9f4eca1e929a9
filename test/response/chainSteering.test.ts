// What the user says while a chain runs: between turns, and by interrupting.
import { concat, map, NEVER, of, Subject, throwError, timer } from 'rxjs';
import { assistant, user, type Message, type Steering, type StreamEvent, type Tool } from 'rxllm';
import { collectMessages, toolCalls } from 'rxllm/operators';
import { calls, outline, playTurns, resultsOf, timeline, wordOf } from '../support/chains.ts';
import { marbles } from '../support/marbles.ts';
import { callEvents } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

const wait: Tool = { name: 'wait', run: ({ id }) => timer(Number(id)).pipe(map(() => `waited ${id as string}`)) };
const stop: Steering = { input: 'Stop.', interrupt: true };

/** The messages of a fold of the events. */
function folded(events: readonly StreamEvent[]): readonly Message[] {
  let messages: readonly Message[] = [];
  of(...events)
    .pipe(collectMessages())
    .subscribe((all) => (messages = all));
  return messages;
}

describe('a message while a chain runs', () => {
  test(
    'joins before the next turn, all that came with it',
    marbles(({ cold, scheduler, flush }) => {
      const input$ = cold<Steering>('-a-b-|', { a: 'In euros.', b: user('And quickly.') });
      const model = playTurns(calls('wait', '5'));
      const response = model.chain('Hi', { tools: [wait], input$, scheduler });
      const lines = timeline(response, scheduler);
      flush();
      expect(lines.slice(0, 4)).toEqual(['0 turn 1', '0 end 1', '5 5: waited 5', '5 turn 2']);
      const said = ['assistant: wait(5)', 'tool: waited 5', 'user: In euros.', 'user: And quickly.'];
      expect(outline(model.requests[1]!.messages)).toEqual(['user: Hi', ...said]);
      expect(outline(response.toJSON().messages)).toEqual([...said, 'assistant: done']);
    }),
  );

  test(
    'in the last turn makes another one',
    marbles(({ cold, scheduler, flush }) => {
      const input$ = cold<Steering>('-a', { a: 'One more thing.' });
      const model = playTurns(cold<StreamEvent>('--(t|)', { t: { type: 'text', chunk: 'Bye' } }));
      const lines = timeline(model.chain('Hi', { input$, scheduler }), scheduler);
      flush();
      const last = ['2 turn 2', '2 done', '2 end 2', '2 finish unknown', '2 |'];
      expect(lines).toEqual(['0 turn 1', '2 Bye', '2 end 1', ...last]);
    }),
  );

  test('that is there before the first turn joins it; a list of messages, too', () => {
    const model = playTurns();
    const input$ = of<Steering[]>('One', stop, [user('Two'), assistant('Three')]);
    const response = model.chain('Hi', { input$ });
    record(response);
    expect(model.requests).toHaveLength(1);
    const said = ['user: One', 'user: Stop.', 'user: Two', 'assistant: Three'];
    expect(outline(model.requests[0]!.messages)).toEqual(['user: Hi', ...said]);
    expect(outline(response.toJSON().messages)).toEqual([...said, 'assistant: done']);
  });

  test('after the end is for nobody', () => {
    const input$ = new Subject<Steering>();
    const model = playTurns();
    const seen = record(model.chain('Hi', { input$ }));
    expect([seen.end, input$.observed]).toEqual(['complete', false]);
    input$.next(stop);
    expect(model.requests).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ['a number', 7],
    ['null', null],
    ['nothing to say', { input: 7, interrupt: true }],
  ])('that is no message is an error: %s', (_, steering) => {
    const model = playTurns(NEVER);
    const input$ = new Subject<Steering>();
    const seen = record(model.chain('Hi', { input$ }));
    input$.next(steering as Steering);
    expect(seen.end).toMatchObject({ code: 'invalid_input' });
    expect(model.running()).toBe(0);
  });

  test('makes an error of its source that of the chain, before anything is sent or later', () => {
    const cause = new Error('the socket closed');
    const model = playTurns(NEVER);
    expect(record(model.chain('Hi', { input$: throwError(() => cause) })).end).toMatchObject({ cause });
    expect(model.requests).toEqual([]);
    const input$ = new Subject<Steering>();
    const seen = record(model.chain('Hi', { input$ }));
    input$.error(cause);
    expect(seen.end).toMatchObject({ code: 'provider_error', cause, partial: { status: 'failed' } });
    expect(model.running()).toBe(0);
  });
});

describe('an interruption', () => {
  /** Interrupts after what the model says, which goes on for ever; what is left is the chain's. */
  function interruptAfter(...said: readonly (StreamEvent | string)[]) {
    const input$ = new Subject<Steering>();
    const ran: unknown[] = [];
    const tools: Tool[] = [{ name: 'echo', run: (args) => ran.push(args) }];
    const model = playTurns(concat(of(...said), NEVER));
    const response = model.chain('Hi', { tools, input$ }).share();
    const { values } = record(response);
    input$.next(stop);
    return { model, ran, events: values as StreamEvent[], json: response.toJSON() };
  }

  test('in the middle of a text keeps what was said', () => {
    const { model, events, json } = interruptAfter('Once upon a ', 'ti');
    expect(events.map(wordOf).filter(Boolean)).toEqual([
      'turn 1',
      'Once upon a ',
      'ti',
      'end 1',
      'turn 2',
      'done',
      'end 2',
      'finish unknown',
    ]);
    const said = ['assistant: Once upon a ti', 'user: Stop.'];
    expect(outline(model.requests[1]!.messages)).toEqual(['user: Hi', ...said]);
    expect(outline(json.messages)).toEqual([...said, 'assistant: done']);
    expect(events.find(({ type }) => type === 'turn_end')).toMatchObject({ response: { status: 'aborted' } });
    expect(model.running()).toBe(0);
  });

  test('is none where it says so', () => {
    const input$ = new Subject<Steering>();
    const model = playTurns(concat(of('Once'), NEVER));
    record(model.chain('Hi', { input$ }));
    input$.next({ input: 'And?', interrupt: false });
    expect(model.requests).toHaveLength(1);
  });

  test('before anything was said leaves no message of the model', () => {
    const { model, json } = interruptAfter();
    expect(outline(model.requests[1]!.messages)).toEqual(['user: Hi', 'user: Stop.']);
    expect(outline(json.messages)).toEqual(['user: Stop.', 'assistant: done']);
  });

  test('in the middle of the arguments of a call makes no call of the half', () => {
    const half: StreamEvent = { type: 'tool_call_args', chunk: '{"id":', tool_call_id: 'c2' };
    const { model, ran, events, json } = interruptAfter(
      'Well. ',
      ...callEvents('echo', { id: 1 }, 'c1'),
      { type: 'part_end', part_index: 1 },
      { type: 'tool_call_name', chunk: 'echo', tool_call_id: 'c2' },
      half,
    );
    const said = ['assistant: Well. , echo(c1)', 'tool: Cancelled: the user said something else first', 'user: Stop.'];
    expect(ran).toEqual([]);
    expect(outline(model.requests[1]!.messages)).toEqual(['user: Hi', ...said]);
    expect(outline(json.messages)).toEqual([...said, 'assistant: done']);
    expect(json.incomplete).toBeUndefined();
    expect(folded(events)).toEqual(json.messages);
    const complete: string[] = [];
    of(...events)
      .pipe(toolCalls())
      .subscribe(({ tool_call_id }) => complete.push(tool_call_id ?? ''));
    expect(complete).toEqual(['c1']);
    // The text of the turn that was cut short is still there.
    expect(events.filter(({ type }) => type === 'reset')).toHaveLength(1);
  });

  test('loses none of the text where half a call is taken back', async () => {
    const input$ = new Subject<Steering>();
    const model = playTurns(concat(of('Well.', { type: 'tool_call_name', chunk: 'echo' } as const), NEVER), ['So.']);
    const response = model.chain('Hi', { tools: [wait], input$ }).share();
    const seen: string[] = [];
    response.text$.subscribe((text) => seen.push(text));
    input$.next(stop);
    expect(await response.text()).toBe('Well. So.');
    expect(seen).toEqual(['', 'Well.', '', 'Well.', 'Well. ', 'Well. So.']);
  });

  test(
    'while tools run aborts them; what had its result keeps it',
    marbles(({ cold, scheduler, flush }) => {
      const input$ = cold<Steering>('---a', { a: stop });
      const model = playTurns(calls('wait', '5', '2', '9'));
      const aborted: unknown[] = [];
      const tool: Tool = {
        ...wait,
        run(args, context) {
          context.signal.addEventListener('abort', () => aborted.push(args.id));
          return wait.run?.(args, context);
        },
      };
      const response = model.chain('Hi', { tools: [tool], input$, scheduler });
      const lines = timeline(response, scheduler);
      flush();
      const cancelled = 'Cancelled: the user said something else first';
      expect(lines.slice(2, 6)).toEqual(['2 2: waited 2', `3 5: ${cancelled}`, `3 9: ${cancelled}`, '3 turn 2']);
      expect(aborted).toEqual(['5', '9']);
      const results = resultsOf(model.requests[1]!.messages);
      expect(results.map(({ output }) => output)).toEqual([cancelled, 'waited 2', cancelled]);
      expect(results[0]).toMatchObject({ exception: 'CancelToolCall: the user said something else first' });
      expect(outline(response.toJSON().messages).slice(2)).toEqual(['user: Stop.', 'assistant: done']);
    }),
  );

  test('while the calls of a resumed history run cancels those, too', () => {
    const input$ = new Subject<Steering>();
    const model = playTurns();
    const history: Message[] = [
      user('Hi'),
      { role: 'assistant', parts: [{ type: 'tool_call', name: 'hang', arguments: {}, tool_call_id: 'c1' }] },
    ];
    record(model.chain(history, { tools: [{ name: 'hang', run: () => NEVER }], input$ }));
    input$.next(stop);
    expect(outline(model.requests[0]!.messages).slice(2)).toEqual([
      'tool: Cancelled: the user said something else first',
      'user: Stop.',
    ]);
  });

  test.each(['turn_start', 'text', 'turn_end', 'tool_approval', 'tool_progress', 'tool_output'] as const)(
    'by whoever is told of a %s is at once: what waits does not run, and nothing is told twice',
    (type) => {
      const input$ = new Subject<Steering>();
      const tools: Tool[] = [
        { name: 'first', run: () => of(1, 2, 3) },
        { name: 'pay', needsApproval: true, run: () => 'paid' },
        { name: 'last', run: () => 'last' },
      ];
      const model = playTurns(['Well. ', ...calls('first', 'c1'), ...calls('pay', 'c2'), ...calls('last', 'c3')]);
      const approvals$ = concat(of({ tool_call_id: 'c2', approved: true } as const), NEVER);
      const response = model.chain('Hi', { tools, input$, approvals$ }).share();
      const events: StreamEvent[] = [];
      let isFirst = true;
      response.subscribe((event) => {
        events.push(event);
        if (event.type !== type || !isFirst) return;
        isFirst = false;
        input$.next(stop);
      });
      const { messages } = response.toJSON();
      expect(folded(events)).toEqual(messages);
      expect(outline(model.requests.at(-1)!.messages)).toEqual(['user: Hi', ...outline(messages).slice(0, -1)]);
      const told = events.flatMap((event) => (event.type === 'tool_output' ? [event.result.tool_call_id] : []));
      expect(new Set(told).size).toBe(told.length);
      const outputs = resultsOf(messages).map(({ output }) => output.replace(/:.*/, ''));
      const expected = {
        // Before anything was asked: the turn after it is the first that the model has.
        turn_start: ['3', 'paid', 'last'],
        text: [],
        turn_end: ['Cancelled', 'Cancelled', 'Cancelled'],
        tool_progress: ['Cancelled', 'Cancelled', 'Cancelled'],
        tool_output: ['3', 'Cancelled', 'Cancelled'],
        tool_approval: ['3', 'Cancelled', 'Cancelled'],
      };
      expect(outputs).toEqual(expected[type]);
      const turns = events.flatMap((event) => (event.type === 'turn_end' ? [event.turn] : []));
      expect(turns).toEqual(type === 'turn_start' ? [1, 2, 3] : [1, 2]);
    },
  );

  test.each<[string, (event: StreamEvent) => boolean, string[]]>([
    ['the space before a text', (event) => event.type === 'text' && event.separator === true, ['So.', 'end 2']],
    ['a reset', ({ type }) => type === 'reset', ['reset', 'turn 2', 'end 2']],
  ])('that comes with %s waits for what belongs to it', (_, isMoment, expected) => {
    const input$ = new Subject<Steering>();
    const second = isMoment({ type: 'reset' })
      ? concat(of({ type: 'reset' } as const), NEVER)
      : concat(of('So.'), NEVER);
    const model = playTurns(['Well.', ...calls('echo', 'c1')], second);
    const events: StreamEvent[] = [];
    const tools: Tool[] = [{ name: 'echo', run: () => 'ok' }];
    model.chain('Hi', { tools, input$ }).subscribe((event) => {
      events.push(event);
      if (isMoment(event) && model.requests.length === 2) input$.next(stop);
    });
    const told = events.map(wordOf).filter((word) => word !== undefined);
    expect(told.slice(5, 5 + expected.length)).toEqual(expected);
    expect(told.slice(-3)).toEqual(['done', 'end 3', 'finish unknown']);
  });

  test('waits for a turn that is ended by whoever is told of its text', () => {
    const source = new Subject<string>();
    const input$ = new Subject<Steering>();
    const model = playTurns(['Well.', ...calls('echo', 'c1')], source, NEVER);
    const turns: number[] = [];
    model.chain('Hi', { tools: [{ name: 'echo', run: () => 'ok' }], input$ }).subscribe((event) => {
      if (event.type === 'turn_end') turns.push(event.turn);
      if (event.type !== 'text' || !event.separator || turns.length > 1) return;
      input$.next('And?');
      source.complete();
    });
    source.next('So.');
    input$.next(stop);
    expect(turns).toEqual([1, 2, 3, 4]);
    expect(outline(model.requests[3]!.messages).slice(3)).toEqual(['assistant: So.', 'user: And?', 'user: Stop.']);
  });

  test('with eager tools keeps the results that are there', () => {
    const input$ = new Subject<Steering>();
    const tools: Tool[] = [
      { name: 'quick', eager: true, run: () => 'quick' },
      { name: 'hang', eager: true, run: () => NEVER },
    ];
    const turn = [
      ...callEvents('quick', {}, 'c1'),
      { type: 'part_end', part_index: 0 } as const,
      ...callEvents('hang', {}, 'c2'),
      { type: 'part_end', part_index: 1 } as const,
    ];
    const model = playTurns(concat(of(...turn), NEVER));
    record(model.chain('Hi', { tools, input$ }));
    input$.next(stop);
    expect(resultsOf(model.requests[1]!.messages).map(({ output }) => output)).toEqual([
      'quick',
      'Cancelled: the user said something else first',
    ]);
  });

  test('counts as a turn towards the limit', () => {
    const input$ = new Subject<Steering>();
    const model = playTurns(NEVER, NEVER, NEVER);
    const seen = record(model.chain('Hi', { input$, limit: 2 }));
    input$.next(stop);
    expect(seen.end).toBeUndefined();
    input$.next(stop);
    expect(seen.end).toMatchObject({ code: 'tool_limit' });
    expect([model.requests.length, model.running()]).toEqual([2, 0]);
  });
});
