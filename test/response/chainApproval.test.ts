// Approval in a chain, pausing for it, and going on later.
import { concat, EMPTY, from, NEVER, of, Subject, throwError, timer, map } from 'rxjs';
import {
  attachment,
  PauseChain,
  toolOutput,
  user,
  type LlmError,
  type LlmResponse,
  type Message,
  type ResponseJSON,
  type Steering,
  type StreamEvent,
  type Tool,
  type ToolApproval,
} from 'rxllm';
import { fromJSON } from 'rxllm/serialization';
import { calls, outline, playTurns, resultsOf, timeline, wordOf } from '../support/chains.ts';
import { marbles } from '../support/marbles.ts';
import { callEvents } from '../support/models.ts';
import { record } from '../support/operatorLaws.ts';

/** A tool that may not run by itself, and what it ran with. */
function guarded() {
  const ran: unknown[] = [];
  const tool: Tool = {
    name: 'pay',
    needsApproval: true,
    run: (args) => {
      ran.push(args);
      return `paid ${ran.length}`;
    },
  };
  return { tool, ran };
}

const outputs = (messages: readonly Message[]) => resultsOf(messages).map(({ output }) => output);

describe('a call that needs approval', () => {
  test(
    'waits as long as it takes',
    marbles(({ cold, scheduler, flush }) => {
      const { tool, ran } = guarded();
      const approvals$ = cold<ToolApproval>('10m a', { a: { tool_call_id: 'c1', approved: true } });
      const model = playTurns(calls('pay', 'c1'));
      const lines = timeline(model.chain('Hi', { tools: [tool], approvals$, scheduler }), scheduler);
      flush();
      expect(lines.slice(0, 4)).toEqual(['0 turn 1', '0 end 1', '0 approve c1?', '600000 c1: paid 1']);
      expect(lines.at(-1)).toBe('600000 |');
      expect(ran).toEqual([{ id: 'c1' }]);
    }),
  );

  test('is a result that says why when it is denied', () => {
    const { tool, ran } = guarded();
    const model = playTurns(calls('pay', 'c1', 'c2'));
    const approvals$ = from<ToolApproval[]>([
      { tool_call_id: 'c2', approved: false },
      { tool_call_id: 'c1', approved: false, reason: 'too much' },
    ]);
    record(model.chain('Hi', { tools: [tool], approvals$ }));
    expect(outputs(model.requests[1]!.messages)).toEqual(['Denied: too much', 'Denied: it may not be run']);
    expect(ran).toEqual([]);
  });

  test('runs with the arguments of whoever approves; the history keeps those of the model', () => {
    const { tool, ran } = guarded();
    const model = playTurns(calls('pay', 'c1'));
    const approvals$ = of<ToolApproval>({ tool_call_id: 'c1', approved: true, arguments: { id: 'less' } });
    const response = model.chain('Hi', { tools: [tool], approvals$ });
    record(response);
    expect(ran).toEqual([{ id: 'less' }]);
    expect(response.toJSON().messages[0]).toMatchObject({ parts: [{ arguments: { id: 'c1' } }] });
  });

  test('takes a decision that came before it was asked for, and one that comes as it asks', () => {
    const early = guarded();
    const decision: ToolApproval = { tool_call_id: 'c1', approved: true };
    record(playTurns(calls('pay', 'c1')).chain('Hi', { tools: [early.tool], approvals$: concat(of(decision), NEVER) }));
    expect(early.ran).toHaveLength(1);
    const late = guarded();
    const approvals$ = new Subject<ToolApproval>();
    playTurns(calls('pay', 'c1'), calls('pay', 'c1'))
      .chain('Hi', { tools: [late.tool], approvals$ })
      .subscribe(({ type }) => type === 'tool_approval' && approvals$.next(decision));
    expect(late.ran).toHaveLength(2);
  });

  test('is not approved by what approved another one of the same id', () => {
    const { tool, ran } = guarded();
    const approvals$ = new Subject<ToolApproval>();
    const seen: unknown[] = [];
    const model = playTurns(calls('pay', 'c1'), calls('pay', 'c1'));
    model.chain('Hi', { tools: [tool], approvals$ }).subscribe((event) => seen.push(wordOf(event)));
    approvals$.next({ tool_call_id: 'c1', approved: true });
    expect(ran).toHaveLength(1);
    expect(seen.filter((word) => word === 'approve c1?')).toHaveLength(2);
    approvals$.next({ tool_call_id: 'c1', approved: true });
    expect(ran).toHaveLength(2);
  });

  test('is not approved by a decision that was there before, for another one of the same id', () => {
    const { tool, ran } = guarded();
    const decided$ = of<ToolApproval>({ tool_call_id: 'c1', approved: true });
    const model = playTurns(calls('pay', 'c1'), calls('pay', 'c1'));
    model.chain('Hi', { tools: [tool], approvals$: concat(decided$, NEVER) }).subscribe();
    expect([ran.length, model.requests.length]).toEqual([1, 2]);
  });

  test('is not approved beforehand by a button that is pressed twice', () => {
    const { tool, ran } = guarded();
    const approvals$ = new Subject<ToolApproval>();
    const first = new Subject<string>();
    const model = playTurns(calls('pay', 'c1'), concat(first, from(calls('pay', 'c1'))));
    model.chain('Hi', { tools: [tool], approvals$ }).subscribe();
    approvals$.next({ tool_call_id: 'c1', approved: true });
    approvals$.next({ tool_call_id: 'c1', approved: true });
    first.complete();
    expect(ran).toHaveLength(1);
  });

  test('is not approved by a decision that comes too late, for one that was cancelled', () => {
    const { tool, ran } = guarded();
    const approvals$ = new Subject<ToolApproval>();
    const input$ = new Subject<Steering>();
    const model = playTurns(calls('pay', 'c1'), calls('pay', 'c1'));
    const { values } = record(model.chain('Hi', { tools: [tool], approvals$, input$ }));
    input$.next({ input: 'Wait.', interrupt: true });
    approvals$.next({ tool_call_id: 'c1', approved: true });
    expect(ran).toEqual([{ id: 'c1' }]);
    // It was asked for again before that: what is shown last is what is decided.
    expect(values.filter((event) => (event as StreamEvent).type === 'tool_approval')).toHaveLength(2);
    const late$ = new Subject<ToolApproval>();
    const slow = playTurns(calls('pay', 'c2'), NEVER, calls('pay', 'c2'));
    record(slow.chain('Hi', { tools: [tool], approvals$: late$, input$ }));
    input$.next({ input: 'Wait.', interrupt: true });
    late$.next({ tool_call_id: 'c2', approved: true });
    input$.next({ input: 'And?', interrupt: true });
    expect([slow.requests.length, ran]).toEqual([3, [{ id: 'c1' }]]);
  });

  test('takes nothing for a decision that is none', () => {
    for (const bad of [null, 'yes', {}, { tool_call_id: 1 }]) {
      const { tool, ran } = guarded();
      const approvals$ = new Subject<unknown>();
      const response = playTurns(calls('pay', 'c1')).chain('Hi', {
        tools: [tool],
        approvals$: approvals$ as Subject<ToolApproval>,
      });
      const seen = record(response);
      approvals$.next(bad);
      expect(seen.end).toMatchObject({ code: 'invalid_input' });
      expect((seen.end as LlmError).message).toContain(`approvals$ emitted ${JSON.stringify(bad)}, not a decision`);
      expect(ran).toEqual([]);
    }
  });

  test('is not approved in a reply by the decisions of the response before', () => {
    const { tool, ran } = guarded();
    const approvals$ = of<ToolApproval>({ tool_call_id: 'c1', approved: true });
    const model = playTurns(calls('pay', 'c1'), ['paid'], calls('pay', 'c1'));
    const response = model.chain('Hi', { tools: [tool], approvals$ }).share();
    expect(record(response).end).toBe('complete');
    expect(record(response.reply('Again.')).end).toMatchObject({ code: 'paused' });
    expect(ran).toEqual([{ id: 'c1' }]);
  });

  test('without an id is decided by the name of its tool, one after the other', () => {
    const { tool, ran } = guarded();
    const call = { type: 'tool_call_name', chunk: 'pay' } as const;
    const approvals$ = new Subject<ToolApproval>();
    const model = playTurns([call, call]);
    const seen = record(model.chain('Hi', { tools: [tool], approvals$ }));
    expect(seen.end).toBeUndefined();
    approvals$.next({ tool_call_id: 'pay', approved: true });
    expect(ran).toHaveLength(1);
    approvals$.next({ tool_call_id: 'pay', approved: false });
    expect(outputs(model.requests[1]!.messages)).toEqual(['paid 1', 'Denied: it may not be run']);
  });

  test.each([
    ['nobody decides', undefined],
    ['those who decide have gone', EMPTY],
  ])('pauses the chain where %s', (_, approvals$) => {
    const { tool, ran } = guarded();
    const model = playTurns(calls('pay', 'c1'));
    const { values, end } = record(model.chain('Hi', { tools: [tool], approvals$ }));
    expect(end).toMatchObject({ code: 'paused', retryable: false, message: 'a call of tool "pay" waits for approval' });
    expect((end as Error).cause).toBeInstanceOf(PauseChain);
    expect(values.at(-1)).toMatchObject({ type: 'tool_approval', call: { tool_call_id: 'c1' } });
    expect([ran, model.requests.length]).toEqual([[], 1]);
  });

  test('pauses the chain when those who decide go, all calls that wait with it', () => {
    const { tool } = guarded();
    const approvals$ = new Subject<ToolApproval>();
    const seen = record(playTurns(calls('pay', 'c1', 'c2')).chain('Hi', { tools: [tool], approvals$ }));
    expect(seen.end).toBeUndefined();
    approvals$.complete();
    expect(seen.end).toMatchObject({ code: 'paused' });
  });

  test('makes an error of the decisions that of the chain', () => {
    const { tool } = guarded();
    const cause = new Error('the socket closed');
    const approvals$ = new Subject<ToolApproval>();
    const waiting = playTurns(calls('pay', 'c1')).chain('Hi', { tools: [tool], approvals$ });
    const seen = record(waiting);
    approvals$.error(cause);
    expect(seen.end).toMatchObject({ code: 'provider_error', cause });
    const model = playTurns(calls('pay', 'c1'));
    const failing = model.chain('Hi', { tools: [tool], approvals$: throwError(() => cause) });
    expect(record(failing).end).toMatchObject({ code: 'provider_error', cause });
    expect(model.requests).toEqual([]);
  });

  test('lets go of the decisions when the chain is left', () => {
    const { tool } = guarded();
    const approvals$ = new Subject<ToolApproval>();
    const chain = playTurns(calls('pay', 'c1')).chain('Hi', { tools: [tool], approvals$ });
    const subscription = chain.subscribe();
    expect(approvals$.observed).toBe(true);
    subscription.unsubscribe();
    expect(approvals$.observed).toBe(false);
  });
});

describe('a chain that pauses', () => {
  const wait: Tool = { name: 'wait', run: ({ id }) => timer(Number(id)).pipe(map(() => `waited ${id as string}`)) };
  const pause: Tool = {
    name: 'pause',
    run: ({ id }) =>
      timer(Number(id)).pipe(
        map(() => {
          throw new PauseChain('come back tomorrow');
        }),
      ),
  };

  test(
    'lets what has begun come to its end, and begins nothing more',
    marbles(({ scheduler, flush }) => {
      const model = playTurns([
        ...callEvents('wait', { id: 1 }, 'a'),
        ...callEvents('pause', { id: 2 }, 'b'),
        ...callEvents('wait', { id: 5 }, 'c'),
        ...callEvents('wait', { id: 1 }, 'd'),
      ]);
      const response = model.chain('Hi', { tools: [wait, pause], concurrency: 2, scheduler }).share();
      const lines = timeline(response, scheduler);
      flush();
      expect(lines.slice(2)).toEqual(['1 a: waited 1', '6 c: waited 5', '6 # paused']);
      const json = response.toJSON();
      expect(json.status).toBe('failed');
      expect(outline(json.messages)).toEqual([
        'assistant: wait(a), pause(b), wait(c), wait(d)',
        'tool: waited 1, waited 5',
      ]);
      expect(model.requests).toHaveLength(1);
    }),
  );

  /** A chain that waits for approval of `c2`, while `c1` has run. */
  function paused(): { readonly json: ResponseJSON; readonly ran: string[]; readonly tools: readonly Tool[] } {
    const ran: string[] = [];
    const run: Tool['run'] = (_, { call }) => {
      ran.push(call.tool_call_id ?? '');
      return `result of ${call.tool_call_id}`;
    };
    const tools: Tool[] = [
      { name: 'look', run },
      { name: 'pay', needsApproval: true, run },
    ];
    const response = playTurns(['Well. ', ...calls('look', 'c1'), ...calls('pay', 'c2')])
      .chain('Hi', { tools, system: 'Be careful.' })
      .share();
    record(response);
    return { json: JSON.parse(JSON.stringify(response)) as ResponseJSON, ran, tools };
  }

  const approvals$ = of<ToolApproval>({ tool_call_id: 'c2', approved: true });
  const sent = [
    'system: Be careful.',
    'user: Hi',
    'assistant: Well. , look(c1), pay(c2)',
    'tool: result of c1',
    'tool: result of c2',
  ];

  test('goes on from its JSON: what is missing is run, and nothing twice', () => {
    const { json, ran, tools } = paused();
    const model = playTurns();
    const messages = [...json.prompt.messages, ...json.messages];
    const response = model.chain(messages, { tools, approvals$ });
    const { values, end } = record(response);
    expect([ran, end]).toEqual([['c1', 'c2'], 'complete']);
    expect(outline(model.requests[0]!.messages)).toEqual(sent);
    // The results come before the first turn, and the messages are what came after the prompt.
    expect((values as { type: string }[]).map(({ type }) => type).slice(0, 4)).toEqual([
      'start',
      'tool_approval',
      'tool_output',
      'turn_start',
    ]);
    expect(outline(response.toJSON().messages)).toEqual(['tool: result of c2', 'assistant: done']);
  });

  test('goes on from its JSON as a response: with nothing to say, what waits is run', () => {
    const { json, ran, tools } = paused();
    const model = playTurns();
    const restored = fromJSON(JSON.stringify(json), { model });
    const response = restored.chain('', { tools, approvals$ });
    expect([model.requests.length, record(response).end, ran]).toEqual([0, 'complete', ['c1', 'c2']]);
    expect(outline(model.requests[0]!.messages)).toEqual(sent);
    expect(outline(response.toJSON().messages)).toEqual(['tool: result of c2', 'assistant: done']);
  });

  test.each<[string, (response: LlmResponse, tools: readonly Tool[]) => LlmResponse]>([
    ['a reply', (response) => response.reply('Never mind.')],
    ['a chain', (response, tools) => response.chain('Never mind.', { tools })],
    ['a fragment', (response) => response.reply('', { fragments: ['Never mind.'] })],
  ])('is ended by %s that says something else: what waits was cancelled', (_, next) => {
    const ran: unknown[] = [];
    const tools: Tool[] = [{ name: 'pay', needsApproval: true, run: () => ran.push('pay') }];
    const model = playTurns(calls('pay', 'c1'));
    const response = model.chain('Hi', { tools }).share();
    record(response);
    expect(record(next(response, tools)).end).toBe('complete');
    expect(outline(model.requests[1]!.messages)).toEqual([
      'user: Hi',
      'assistant: pay(c1)',
      'tool: Cancelled: the user said something else first',
      'user: Never mind.',
    ]);
    expect(ran).toEqual([]);
  });

  test('goes on as the history of a conversation', () => {
    const ran: string[] = [];
    const ask = new Subject<ToolApproval>();
    const tools: Tool[] = [
      { name: 'pay', needsApproval: true, run: (_, { call }) => ran.push(call.tool_call_id ?? '') },
    ];
    const model = playTurns(calls('pay', 'c1'));
    const response = model.chain('Hi', { tools, approvals$: ask }).share();
    record(response);
    ask.complete();
    const { prompt, messages } = response.toJSON();
    const conversation = model.conversation({ tools, messages: [...prompt.messages, ...messages] });
    record(conversation.chain(undefined, { approvals$: of({ tool_call_id: 'c1', approved: true }) }));
    expect(ran).toEqual(['c1']);
    expect(outline(conversation.messages ?? [])).toEqual([
      'user: Hi',
      'assistant: pay(c1)',
      'tool: 1',
      'assistant: done',
    ]);
  });

  test('goes on by a reply to the live response: what has run is not run again', () => {
    const ran: string[] = [];
    let mayGoOn = false;
    const tools: Tool[] = [
      { name: 'look', run: (_, { call }) => ran.push(call.tool_call_id ?? '') },
      {
        name: 'ask',
        run() {
          if (!mayGoOn) throw new PauseChain('nobody is there');
          return 'yes';
        },
      },
    ];
    const model = playTurns([...calls('look', 'c1'), ...calls('ask', 'c2')]);
    const response = model.chain('Hi', { tools }).share();
    expect(record(response).end).toMatchObject({ code: 'paused' });
    mayGoOn = true;
    const reply = response.reply();
    expect(record(reply).end).toBe('complete');
    expect(ran).toEqual(['c1']);
    expect(outline(model.requests[1]!.messages)).toEqual([
      'user: Hi',
      'assistant: look(c1), ask(c2)',
      'tool: 1',
      'tool: yes',
    ]);
  });

  test('goes on in a single reply from its stored JSON', async () => {
    const { json, ran } = paused();
    const model = playTurns();
    const open: Tool[] = ['look', 'pay'].map((name) => ({
      name,
      run: (_, { call }) => ran.push(call.tool_call_id ?? ''),
    }));
    const restored = fromJSON(json, { model });
    expect((await restored.reply('', { tools: open }).result()).text).toBe('done');
    expect(ran).toEqual(['c1', 'c2']);
  });

  test('keeps the files of results that are there', () => {
    const file = attachment({ url: 'https://x.test/a.png' });
    const tools: Tool[] = [
      { name: 'draw', run: () => toolOutput('drawn', { attachments: [file] }) },
      { name: 'pay', needsApproval: true, run: () => 'paid' },
    ];
    const model = playTurns([...calls('draw', 'c1'), ...calls('pay', 'c2')]);
    const response = model.chain('Hi', { tools }).share();
    record(response);
    expect(resultsOf(response.toJSON().messages)).toMatchObject([{ output: 'drawn', attachments: [file.attachment] }]);
    const text = JSON.stringify(response);
    expect(JSON.stringify(fromJSON(text, { model }))).toBe(text);
  });

  test('goes on with the instructions of its history, which stand in no message', () => {
    const { tool } = guarded();
    const model = playTurns(calls('pay', 'c1'), ['paid'], calls('pay', 'c2'), ['paid']);
    const tools = [tool];
    for (const [prompt, id] of [['Hi', 'c1'] as const, [[user('Hi')], 'c2'] as const]) {
      const response = model.chain(prompt, { tools, system: 'Be careful.' }).share();
      record(response);
      const resumed = response.chain('', { tools, approvals$: of({ tool_call_id: id, approved: true as const }) });
      const { values, end } = record(resumed);
      expect(end).toBe('complete');
      const turns = (values as StreamEvent[]).flatMap((event) => (event.type === 'turn_end' ? [event.response] : []));
      expect(resumed.toJSON().prompt.system).toBe(typeof prompt === 'string' ? undefined : 'Be careful.');
      expect(turns.at(-1)?.prompt.system).toBe(resumed.toJSON().prompt.system);
    }
    const asked = model.requests.map(({ messages, system: instructions }) => [messages[0]?.role, instructions]);
    expect(asked).toEqual([
      ['system', undefined],
      ['system', undefined],
      ['user', 'Be careful.'],
      ['user', 'Be careful.'],
    ]);
  });

  test('is not resumed where the conversation has moved on, nor without tools', () => {
    const { json, ran, tools } = paused();
    const model = playTurns();
    const messages = [...json.prompt.messages, ...json.messages];
    record(model.chain([...messages, user('Never mind.')], { tools }));
    record(model.chain(messages));
    expect(ran).toEqual(['c1']);
    expect(model.requests).toHaveLength(2);
  });
});
