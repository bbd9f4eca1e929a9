// A chain as a stream: it is a response like any other, so operators, sharing, views, replies and JSON are as ever.
import { concat, count, firstValueFrom, from, lastValueFrom, of, Subject, timer, map, toArray } from 'rxjs';
import { foldMessages, type LlmResponse, type Message, type StreamEvent, type Tool } from 'rxllm';
import {
  accumulateMessages,
  coalesce,
  collectJson,
  collectMessages,
  collectText,
  guardText,
  ofType,
  text,
  toolArguments,
  toolCalls,
  usage,
  withoutReasoning,
} from 'rxllm/operators';
import { fromJSON } from 'rxllm/serialization';
import { calls, outline, playTurns, words } from '../support/chains.ts';
import { marbles } from '../support/marbles.ts';
import { record } from '../support/operatorLaws.ts';

const echo: Tool = { name: 'echo', run: ({ id }) => `echo ${id as string}` };
const used: StreamEvent = { type: 'usage', usage: { input: 1, output: 1 } };
const thought: StreamEvent = { type: 'reasoning', chunk: 'Hm.' };

/** Three turns, with text in the first and the last. */
const model = () =>
  playTurns(
    [thought, 'Let me', ' look.', ...calls('echo', 'c1', 'c2'), used],
    [...calls('echo', 'c3'), used],
    ['Found', ' it.', used],
  );

/** The response of one, with its events. */
function played(options = {}) {
  const response = model()
    .chain('Hi', { tools: [echo], ...options })
    .share();
  const events = record(response).values as StreamEvent[];
  return { response, events, messages: response.toJSON().messages };
}

describe('the events of a chain', () => {
  const { response, events, messages } = played();

  test('fold to its messages', () => {
    expect(foldMessages(events)).toEqual(messages);
    expect(outline(messages)).toEqual([
      'assistant: reasoning, Let me look., echo(c1), echo(c2)',
      'tool: echo c1, echo c2',
      'assistant: echo(c3)',
      'tool: echo c3',
      'assistant: Found it.',
    ]);
  });

  test('have a space between the texts of two turns, which is in no message', async () => {
    const whole = 'Let me look. Found it.';
    expect(record(from(events).pipe(text())).values).toEqual(['Let me', ' look.', ' ', 'Found', ' it.']);
    expect(record(from(events).pipe(collectText())).values).toEqual([whole]);
    expect(await response.text()).toBe(whole);
    expect((await response.result()).text).toBe(whole);
  });

  test.each([
    ['ends with one', ['a ', ...calls('echo', 'c1')], ['b']],
    ['is followed by one', ['a', ...calls('echo', 'c1')], ['', ' b']],
    ['ends with a line', ['a', '\n', ...calls('echo', 'c1')], ['b']],
  ])('have no space of their own where the text %s', async (_, first, second) => {
    const answer = await playTurns(first, second)
      .chain('Hi', { tools: [echo] })
      .text();
    expect(answer.replace(/\s/, '')).toBe('ab');
    expect(answer).toHaveLength(3);
  });

  test('are calls, arguments, usage, messages to the operators', () => {
    const idsOf = (values: unknown[]) => values.map((value) => (value as { tool_call_id?: string }).tool_call_id);
    expect(idsOf(record(from(events).pipe(toolCalls())).values)).toEqual(['c1', 'c2', 'c3']);
    expect(new Set(idsOf(record(from(events).pipe(toolArguments())).values))).toEqual(new Set(['c1', 'c2', 'c3']));
    expect(record(from(events).pipe(usage())).values.at(-1)).toEqual({ input: 3, output: 3 });
    expect(record(from(events).pipe(collectMessages())).values).toEqual([messages]);
    expect(record(from(events).pipe(accumulateMessages())).values.at(-1)).toEqual(messages);
    expect(record(from(events).pipe(collectJson())).end).toMatchObject({ code: 'bad_response' });
  });

  test.each([
    ['coalesce', coalesce({ maxBytes: 1000 })],
    ['guardText', guardText('forbidden')],
    ['guardText with a pattern', guardText(/forbid+en/)],
  ])('make the same messages and the same text behind %s', (_, operator) => {
    const behind = from(events).pipe(operator);
    expect(record(behind.pipe(collectMessages())).values).toEqual([messages]);
    expect(record(behind.pipe(collectText())).values).toEqual(['Let me look. Found it.']);
  });

  test('make the same messages but for the reasoning behind withoutReasoning', () => {
    const kept = record(from(events).pipe(withoutReasoning(), collectMessages())).values as [readonly Message[]];
    expect(outline(kept[0])).toEqual(['assistant: Let me look., echo(c1), echo(c2)', ...outline(messages).slice(1)]);
  });

  test('are guarded across turns', () => {
    const chain = model().chain('Hi', { tools: [echo] });
    const { values, end } = record(chain.pipe(guardText(/look\. Found/), text()));
    expect(end).toMatchObject({ code: 'guardrail' });
    expect(values.join('')).not.toContain('look.');
  });

  test('keep their order: each turn between its start and its end, results after it', () => {
    expect(record(from(events).pipe(words())).values).toEqual([
      'turn 1',
      'Let me',
      ' look.',
      'end 1',
      'c1: echo c1',
      'c2: echo c2',
      'turn 2',
      'end 2',
      'c3: echo c3',
      'turn 3',
      'Found',
      ' it.',
      'end 3',
      'finish unknown',
    ]);
  });

  test('have indexes that never fall, and each call its end', () => {
    const parts = events.flatMap((event) => ('part_index' in event ? [event.part_index ?? -1] : []));
    const placed = events.flatMap((event) => ('message_index' in event ? [event.message_index ?? -1] : []));
    expect(placed).toEqual(placed.toSorted((a, b) => a - b));
    expect(Math.max(...parts)).toBe(8);
    expect(events.filter(({ type }) => type === 'part_end')).toHaveLength(3);
  });
});

describe('a chain that is shared', () => {
  test(
    'is one run: whoever comes late gets it from its first event',
    marbles(({ scheduler, flush }) => {
      let ran = 0;
      const wait: Tool = { name: 'wait', run: () => timer(5).pipe(map(() => (ran += 1))) };
      const live = playTurns(calls('wait', 'c1'))
        .chain('Hi', { tools: [wait], scheduler })
        .share();
      const seen: unknown[][] = [];
      for (const at of [0, 3, 9]) {
        scheduler.schedule(() => live.pipe(toArray()).subscribe((events) => seen.push(events)), at);
      }
      flush();
      expect([seen.length, ran]).toEqual([3, 1]);
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    }),
  );

  test('is a state for a view', () => {
    const gate = new Subject<string>();
    const live = playTurns(calls('ask', 'c1'))
      .chain('Hi', { tools: [{ name: 'ask', run: () => gate }] })
      .share();
    const states: unknown[] = [];
    live.state$.subscribe(({ status, messages }) => states.push([status, outline(messages)]));
    const waiting: unknown[] = [];
    live.toolCalls$.subscribe((all) => waiting.push(all.map(({ tool_call_id }) => tool_call_id)));
    expect(states.at(-1)).toEqual(['running', ['assistant: ask(c1)']]);
    expect(waiting.at(-1)).toEqual(['c1']);
    gate.next('yes');
    gate.complete();
    expect(states.at(-1)).toEqual(['done', ['assistant: ask(c1)', 'tool: yes', 'assistant: done']]);
    expect(waiting.at(-1)).toEqual([]);
  });

  test('keeps the objects of what did not change', () => {
    const lists = record(
      model()
        .chain('Hi', { tools: [echo] })
        .pipe(accumulateMessages()),
    ).values as Message[][];
    const first = lists.find((list) => list.length > 1)![0];
    expect(lists.at(-1)![0]).toBe(first);
  });
});

describe('a chain as a response', () => {
  test('settles with its first run that ends well', async () => {
    const inner = model();
    const chain = inner.chain('Hi', { tools: [echo] });
    const [all, cost] = await Promise.all([chain.text(), chain.usage()]);
    expect([all, cost, inner.requests.length]).toEqual(['Let me look. Found it.', { input: 3, output: 3 }, 3]);
    expect(chain.toJSON().messages).toHaveLength(5);
  });

  test('is replied to by a chain', async () => {
    const inner = playTurns(calls('echo', 'c1'), ['first'], calls('echo', 'c2'), ['second']);
    const reply = inner.chain('Hi', { tools: [echo] }).reply('And?');
    expect(inner.requests).toEqual([]);
    expect(await reply.text()).toBe('second');
    expect(outline(inner.requests.at(-1)!.messages)).toEqual([
      'user: Hi',
      'assistant: echo(c1)',
      'tool: echo c1',
      'assistant: first',
      'user: And?',
      'assistant: echo(c2)',
      'tool: echo c2',
    ]);
  });

  test('writes the instructions of each prompt into the turns of that prompt', async () => {
    const inner = playTurns(['first'], ['second'], ['third']);
    const systems = async (response: LlmResponse) => {
      const events = await lastValueFrom(response.pipe(toArray()));
      return events.flatMap((event) => (event.type === 'turn_end' ? [event.response.prompt.system] : []));
    };
    const first = inner.chain('Hi', { system: 'Be brief.' }).share();
    expect(await systems(first)).toEqual(['Be brief.']);
    expect(await systems(first.reply('And?'))).toEqual([undefined]);
    expect(await systems(first.reply('And?', { system: 'Be verbose.' }))).toEqual(['Be verbose.']);
  });

  test('goes on from a response that was none, and from one that was', async () => {
    const inner = playTurns(calls('echo', 'c1'), calls('echo', 'c2'), ['first'], calls('echo', 'c3'), ['second']);
    const response = inner.prompt('Hi', { tools: [echo] }).share();
    await response.toolCalls();
    const chain = response.chain();
    expect(await chain.text()).toBe('first');
    expect(outline(chain.toJSON().messages)).toEqual([
      'tool: echo c1',
      'assistant: echo(c2)',
      'tool: echo c2',
      'assistant: first',
    ]);
    const next = chain.chain('And?').share();
    const turns = firstValueFrom(next.pipe(ofType('turn_end'), count()));
    expect([await next.text(), await turns]).toEqual(['second', 2]);
    expect(outline(next.toJSON().messages)).toEqual(['assistant: echo(c3)', 'tool: echo c3', 'assistant: second']);
  });

  test('goes on where the provider has paused a long turn', async () => {
    const paused: StreamEvent[] = [
      { type: 'text', chunk: 'Let me search' },
      { type: 'finish', reason: 'pause', raw_reason: 'pause_turn' },
    ];
    const inner = playTurns(paused, [' once more. Found it.']);
    const response = inner.chain('Hi');
    expect(await response.text()).toBe('Let me search once more. Found it.');
    expect(outline(inner.requests[1]!.messages)).toEqual(['user: Hi', 'assistant: Let me search']);
    const stopped = playTurns(paused).chain('Hi', { limit: 1 });
    await expect(stopped.text()).rejects.toMatchObject({ code: 'tool_limit' });
  });

  test('joins a conversation with all that was said', async () => {
    const inner = playTurns(calls('echo', 'c1'), ['first'], ['second']);
    const conversation = inner.conversation({ tools: [echo] });
    await conversation.chain('Hi').text();
    await conversation.prompt('And?').text();
    expect(outline(conversation.messages ?? [])).toEqual([
      'user: Hi',
      'assistant: echo(c1)',
      'tool: echo c1',
      'assistant: first',
      'user: And?',
      'assistant: second',
    ]);
    expect(inner.requests.map(({ tools }) => tools.length)).toEqual([1, 1, 1]);
  });

  test('is the same from its JSON: text, messages, and the events that make them', async () => {
    const steered = { input$: concat(of('Quickly.')) };
    for (const { response, messages } of [played(), played(steered)]) {
      const stored = JSON.stringify(response);
      const restored = fromJSON(stored, { model: model() });
      expect(JSON.stringify(restored)).toBe(stored);
      const events = record(restored).values as StreamEvent[];
      expect(foldMessages(events)).toEqual(messages);
      expect(record(from(events).pipe(words())).values.filter((word) => String(word).startsWith('turn'))).toHaveLength(
        3,
      );
      expect([await restored.text(), (await restored.result()).reasoning]).toEqual(['Let me look. Found it.', 'Hm.']);
    }
  });

  test('asks once where there are no tools', async () => {
    const inner = playTurns();
    expect(await inner.chain('Hi').text()).toBe('done');
    expect(inner.requests).toHaveLength(1);
  });
});
