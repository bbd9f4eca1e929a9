// What Responses streams become, in the cases that no recording has.
import type { Part, StreamEvent } from 'rxllm';
import {
  added,
  completed,
  created,
  done,
  event,
  message,
  outcomeOfBody,
  outcomeOfEvents,
  outputText,
} from './stream.ts';
import { own } from './sent.ts';

const empty = { type: 'message', id: 'msg_1', role: 'assistant', content: [] };
const fc = (more: object = {}) => ({
  type: 'function_call',
  id: 'fc_1',
  call_id: 'a',
  name: 'f',
  arguments: '',
  ...more,
});
const textDelta = (delta: string, more: object = {}) =>
  event('output_text.delta', { output_index: 0, content_index: 0, delta, ...more });
const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };

async function partsOf(...events: readonly string[]): Promise<readonly Part[]> {
  const { messages, error } = await outcomeOfEvents(created, ...events);
  if (error) throw error;
  return messages.flatMap(({ parts }) => parts);
}

/** The chunks of one type, in order. */
async function chunksOf(type: StreamEvent['type'], ...events: readonly string[]): Promise<readonly string[]> {
  const outcome = await outcomeOfEvents(created, ...events);
  return outcome.events.flatMap((given) => (given.type === type && 'chunk' in given ? [given.chunk] : []));
}

describe('text', () => {
  const whole = message(outputText('Hello'));
  const textDone = event('output_text.done', { output_index: 0, content_index: 0, text: 'Hello' });
  const partDone = event('content_part.done', { output_index: 0, content_index: 0, part: outputText('Hello') });

  test.each([
    [
      'in deltas and again at every end',
      [added(0, empty), textDelta('Hel'), textDelta('lo'), textDone, partDone, done(0, whole), completed([whole])],
    ],
    ['in deltas alone', [textDelta('Hel'), textDelta('lo'), completed()]],
    ['in deltas, the last of which is missing', [added(0, empty), textDelta('Hel'), textDone, completed([whole])]],
    ['at the end of the text', [added(0, empty), textDone, completed()]],
    ['at the end of the part', [added(0, empty), partDone, completed()]],
    ['at the end of the item', [added(0, empty), done(0, whole), completed()]],
    ['with an item that nobody announced', [done(0, whole), completed([whole])]],
    ['at the end of the response', [completed([whole])]],
  ])('comes once when it is sent %s', async (_, events) => {
    expect(await partsOf(...events)).toEqual([{ type: 'text', text: 'Hello' }]);
  });

  test('is given as soon as it comes', async () => {
    expect(
      await chunksOf('text', added(0, empty), textDelta('Hel'), textDone, done(0, whole), completed([whole])),
    ).toEqual(['Hel', 'lo']);
  });

  test('that is another at the end stays as it was', async () => {
    expect(await partsOf(textDelta('Hallo'), completed([message(outputText('Hello, world'))]))).toEqual([
      { type: 'text', text: 'Hallo' },
    ]);
  });

  test('of several parts makes several parts, of several messages several messages', async () => {
    const first = message(outputText('a'), outputText('b'), { type: 'refusal', refusal: 'No' });
    const { messages } = await outcomeOfEvents(completed([first, message(outputText('c'))]));
    expect(messages).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
          { type: 'text', text: 'No', ...own({ refusal: true }) },
        ],
      },
      { role: 'assistant', parts: [{ type: 'text', text: 'c' }] },
    ]);
  });

  test('has annotations and logprobs in full, however they come', async () => {
    const [one, two] = [
      { type: 'url_citation', url: 'a' },
      { type: 'url_citation', url: 'b' },
    ];
    const logprobs = [{ token: 'x' }, { token: 'y' }];
    const annotate = (annotation: object) =>
      event('output_text.annotation.added', { output_index: 0, content_index: 0, annotation });
    const wanted = [{ type: 'text', text: 'xy', ...own({ annotations: [one, two], logprobs }) }];
    const pieces = [
      textDelta('x', { logprobs: [logprobs[0]] }),
      annotate(one),
      textDelta('y', { logprobs: [logprobs[1]] }),
      annotate(two),
    ];
    const last = message(outputText('xy', { annotations: [one, two], logprobs }));
    expect(await partsOf(...pieces, completed())).toEqual(wanted);
    expect(await partsOf(...pieces, done(0, last), completed([last]))).toEqual(wanted);
    expect(await partsOf(textDelta('xy'), annotate(one), completed([last]))).toEqual(wanted);
  });

  test('has logprobs that come in deltas alone', async () => {
    const [a, b] = [{ token: 'x' }, { token: 'y' }];
    expect(await partsOf(textDelta('x', { logprobs: [a] }), textDelta('y', { logprobs: [b] }), completed())).toEqual([
      { type: 'text', text: 'xy', ...own({ logprobs: [a, b] }) },
    ]);
  });

  test('has a phase that is told at the end', async () => {
    const last = { ...message(outputText('a')), phase: 'final_answer' };
    expect(await partsOf(added(0, empty), textDelta('a'), done(0, last), completed([last]))).toEqual([
      { type: 'text', text: 'a', ...own({ phase: 'final_answer' }) },
    ]);
  });

  test('and what belongs to it are told once', async () => {
    const last = message(outputText('a', { annotations: [{ url: 'u' }] }));
    const thought = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' };
    const { events } = await outcomeOfEvents(
      added(0, thought),
      done(0, thought),
      added(1, empty),
      textDelta('a', { output_index: 1 }),
      done(1, last),
      completed([thought, last]),
    );
    expect(events.filter((given) => 'provider_metadata' in given).map(({ type }) => type)).toEqual([
      'reasoning',
      'text',
    ]);
  });

  test('belongs to its item by the index, whatever its id is', async () => {
    const parts = await partsOf(
      added(0, { ...empty, id: 'msg_1' }),
      textDelta('Hel', { item_id: 'msg_2' }),
      textDelta('lo', { item_id: 'msg_3' }),
      done(0, { ...whole, id: 'msg_4' }),
      completed([{ ...whole, id: 'msg_5' }]),
    );
    expect(parts).toEqual([{ type: 'text', text: 'Hello' }]);
  });

  test('belongs to its item by the id where there is no index', async () => {
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], content: [], encrypted_content: '' };
    const thought = { ...reasoning, content: [{ type: 'reasoning_text', text: 'Hm' }] };
    const call = fc({ arguments: '{"x":1}' });
    const parts = await partsOf(
      event('output_item.added', { item: reasoning }),
      event('reasoning_text.delta', { item_id: 'rs_1', delta: 'Hm' }),
      event('output_item.added', { item: empty }),
      event('output_text.delta', { item_id: 'msg_1', delta: 'Hello' }),
      event('output_item.added', { item: fc() }),
      event('function_call_arguments.delta', { item_id: 'fc_1', delta: '{"x":1}' }),
      event('output_item.done', { item: thought }),
      event('output_item.done', { item: whole }),
      event('output_item.done', { item: call }),
      completed([thought, whole, call]),
    );
    expect(parts).toEqual([
      { type: 'reasoning', text: 'Hm', ...own({ id: 'rs_1', raw: true }) },
      { type: 'text', text: 'Hello' },
      { type: 'tool_call', name: 'f', arguments: { x: 1 }, tool_call_id: 'a' },
    ]);
  });

  test('comes once where indexes are null in its deltas', async () => {
    const nowhere = { content_index: null, summary_index: null };
    const thought = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }] };
    const parts = await partsOf(
      event('reasoning_summary_text.delta', { ...nowhere, output_index: 0, delta: 'Hm' }),
      done(0, thought),
      event('output_text.delta', { ...nowhere, output_index: 1, delta: 'Hello' }),
      done(1, whole),
      completed([thought, whole]),
    );
    expect(parts).toMatchObject([{ text: 'Hm' }, { text: 'Hello' }]);
  });

  test('of an item in the place of another is not taken for the other', async () => {
    const { events, messages } = await outcomeOfEvents(
      event('reasoning_text.delta', { output_index: 0, delta: 'Hm' }),
      textDelta('Hello'),
      completed(),
    );
    expect(messages[0]?.parts).toMatchObject([
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hello' },
    ]);
    expect(events.filter(({ type }) => type === 'part_end')).toEqual([
      { type: 'part_end', part_index: 0 },
      { type: 'part_end', part_index: 1 },
    ]);
  });

  test('comes also without any item, index or id', async () => {
    const { events, messages } = await outcomeOfEvents(
      event('reasoning_text.delta', { delta: 'Hm' }),
      event('output_text.delta', { delta: 'Hel' }),
      event('output_text.delta', { delta: 'lo' }),
      completed(),
    );
    expect(messages[0]?.parts).toEqual([
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hello' },
    ]);
    expect(events.filter(({ type }) => type === 'part_end')).toHaveLength(2);
  });

  test('comes in messages whose type is only in the name of the event', async () => {
    const bare = (type: string, fields: object) => `event: response.${type}\ndata: ${JSON.stringify(fields)}\n\n`;
    const { messages, events } = await outcomeOfEvents(
      bare('output_text.delta', { delta: 'Hello' }),
      bare('completed', { response: { id: 'r' } }),
    );
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'Hello' }]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', raw_reason: 'completed' });
  });
});

describe('reasoning', () => {
  const summary = (...texts: readonly string[]) => texts.map((text) => ({ type: 'summary_text', text }));
  const rs = (more: object = {}) => ({ type: 'reasoning', id: 'rs_1', summary: [], ...more });
  const delta = (text: string, index: number) =>
    event('reasoning_summary_text.delta', { output_index: 0, summary_index: index, delta: text });

  test('joins its summaries with nothing between, and keeps them apart for the server', async () => {
    const item = rs({ summary: summary('ab', 'c') });
    expect(
      await partsOf(added(0, rs()), delta('a', 0), delta('b', 0), delta('c', 1), done(0, item), completed()),
    ).toEqual([{ type: 'reasoning', text: 'abc', ...own({ id: 'rs_1', summary: summary('ab', 'c') }) }]);
  });

  test.each([
    ['at the end of a text', event('reasoning_summary_text.done', { output_index: 0, summary_index: 0, text: 'ab' })],
    [
      'at the end of a part',
      event('reasoning_summary_part.done', { output_index: 0, summary_index: 0, part: { text: 'ab' } }),
    ],
    ['at the end of raw text', event('reasoning_text.done', { output_index: 0, content_index: 0, text: 'ab' })],
    ['at the end of the item', done(0, rs({ summary: summary('ab') }))],
    ['as raw text at the end of the item', done(0, rs({ content: [{ type: 'reasoning_text', text: 'ab' }] }))],
  ])('comes once when it is sent %s', async (_, last) => {
    const parts = await partsOf(added(0, rs()), last, completed());
    expect(parts).toMatchObject([{ type: 'reasoning', text: 'ab' }]);
    expect(parts).toHaveLength(1);
  });

  test('stands before the text that it came before, also where its own comes late', async () => {
    const parts = await partsOf(
      added(0, rs()),
      added(1, empty),
      textDelta('Hello', { output_index: 1 }),
      done(0, rs({ summary: summary('Hm') })),
      completed(),
    );
    expect(parts.map(({ type }) => type)).toEqual(['reasoning', 'text']);
  });

  test('without a text is redacted, each item by itself', async () => {
    const [a, b] = [rs({ encrypted_content: 'x' }), rs({ id: 'rs_2', encrypted_content: 'y' })];
    expect(await partsOf(added(0, a), done(0, a), added(1, b), done(1, b), completed([a, b]))).toEqual([
      { type: 'reasoning', text: '', redacted: true, ...own({ id: 'rs_1', encrypted_content: 'x' }) },
      { type: 'reasoning', text: '', redacted: true, ...own({ id: 'rs_2', encrypted_content: 'y', position: 1 }) },
    ]);
  });

  test('that was only counted is redacted', async () => {
    const counted = { ...usage, output_tokens_details: { reasoning_tokens: 2 } };
    expect(await partsOf(textDelta('4'), completed([], { usage: counted }))).toEqual([
      { type: 'reasoning', text: '', redacted: true },
      { type: 'text', text: '4' },
    ]);
    const { events } = await outcomeOfEvents(completed([rs()], { usage: counted }));
    expect(events.filter((given) => given.type === 'reasoning' && given.redacted)).toHaveLength(1);
  });

  test('that was only counted takes no place from what goes back', async () => {
    const counted = { ...usage, output_tokens_details: { reasoning_tokens: 2 } };
    const compaction = { type: 'compaction', id: 'cmp_1', encrypted_content: 'x' };
    expect(await partsOf(completed([fc(), compaction], { usage: counted }))).toMatchObject([
      { type: 'reasoning', redacted: true, ...own({ item: compaction, position: 1 }) },
      { type: 'reasoning', redacted: true, ...own({ position: 2 }) },
      { type: 'tool_call' },
    ]);
  });

  test('that had not come when the stream broke off makes no part', async () => {
    const { messages, error } = await outcomeOfEvents(created, added(0, rs()));
    expect([messages, error?.code]).toEqual([[], 'truncated']);
  });
});

describe('calls', () => {
  const argumentsDelta = (delta: string) => event('function_call_arguments.delta', { output_index: 0, delta });
  const custom = (more: object = {}) => ({
    type: 'custom_tool_call',
    id: 'ctc_1',
    call_id: 'a',
    name: 'sql',
    input: '',
    ...more,
  });
  const inputDelta = (delta: string) => event('custom_tool_call_input.delta', { output_index: 0, delta });

  test.each([
    ['in deltas', [added(0, fc()), argumentsDelta('{"x"'), argumentsDelta(':1}')]],
    [
      'in deltas and again',
      [added(0, fc()), argumentsDelta('{"x"'), argumentsDelta(':1}'), done(0, fc({ arguments: '{"x":1}' }))],
    ],
    [
      'at their end',
      [added(0, fc()), event('function_call_arguments.done', { output_index: 0, arguments: '{"x":1}' })],
    ],
    ['with the item', [done(0, fc({ arguments: '{"x":1}' }))]],
    ['before the item', [argumentsDelta('{"x"'), done(0, fc({ arguments: '{"x":1}' }))]],
  ])('have their arguments once when they are sent %s', async (_, events) => {
    const wanted = { type: 'tool_call', name: 'f', arguments: { x: 1 }, tool_call_id: 'a' };
    expect(await partsOf(...events, completed())).toEqual([wanted]);
    expect(await partsOf(...events, completed([fc({ arguments: '{"x":1}' })]))).toEqual([wanted]);
  });

  test('are kept apart where all have the same index, and end when they are done', async () => {
    const calls = ['a', 'b'].map((id) => fc({ id: `fc_${id}`, call_id: id, arguments: `{"x":"${id}"}` }));
    const streamed = calls.flatMap((item) => [
      added(0, { ...item, arguments: '' }),
      argumentsDelta(item.arguments),
      done(0, item),
      argumentsDelta('more'),
    ]);
    expect(await partsOf(...streamed, completed(calls))).toEqual([
      { type: 'tool_call', name: 'f', arguments: { x: 'a' }, tool_call_id: 'a' },
      { type: 'tool_call', name: 'f', arguments: { x: 'b' }, tool_call_id: 'b' },
    ]);
  });

  test('are for the client, who is then waited for', async () => {
    const { events } = await outcomeOfEvents(completed([fc()]));
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls', raw_reason: 'completed' });
  });

  test('without an id get one, marked', async () => {
    const [part] = await partsOf(completed([fc({ id: undefined, call_id: undefined })]));
    expect(part).toEqual({
      type: 'tool_call',
      name: 'f',
      arguments: {},
      tool_call_id: 'tc_resp_1_0',
      provider_metadata: { rxllm: { synthetic_id: true } },
    });
  });

  test('of a free-text tool have the text as their one argument', async () => {
    const input = 'say "hi"\n😀';
    const [high, low] = ['😀'[0]!, '😀'[1]!];
    const item = custom({ input });
    const wanted = { type: 'tool_call', name: 'sql', arguments: { input }, tool_call_id: 'a', ...own({ item }) };
    const tools = { options: { tools: [{ type: 'custom', name: 'sql' }] } };
    const deltas = [inputDelta('say "hi"\n'), inputDelta(high), inputDelta(low)];
    for (const events of [
      [added(0, custom()), ...deltas, done(0, item), completed([item])],
      [
        added(0, custom()),
        inputDelta('say'),
        event('custom_tool_call_input.done', { output_index: 0, input }),
        done(0, item),
        completed(),
      ],
      [completed([item])],
    ]) {
      const { messages, events: given } = await outcomeOfBody(events.join(''), tools);
      expect(messages[0]?.parts).toEqual([wanted]);
      expect(given.at(-1)).toMatchObject({ reason: 'tool_calls' });
    }
    const none = custom();
    expect((await outcomeOfBody(completed([none]), tools)).messages[0]?.parts).toMatchObject([
      { arguments: { input: '' } },
    ]);
  });

  test('of free-text tools are for the client if the request or the response says so', async () => {
    const body = (tools: unknown) => event('created', { response: { id: 'r', tools } }) + completed([custom()]);
    const isServers = async (tools: unknown) =>
      (await outcomeOfBody(body(tools))).messages[0]?.parts.map((part) => 'server_executed' in part);
    expect(await isServers([{ type: 'x_search' }])).toEqual([true]);
    expect(await isServers([{ type: 'custom', name: 'sql' }])).toEqual([false]);
    expect(await isServers([{ type: 'namespace', name: 'db', tools: [{ type: 'custom', name: 'sql' }] }])).toEqual([
      false,
    ]);
    const inBody = { options: { tools: [{ type: 'custom', name: 'sql' }] } };
    expect((await outcomeOfBody(body(undefined), inBody)).messages[0]?.parts).toMatchObject([{ tool_call_id: 'a' }]);
  });

  test.each([
    [
      { type: 'shell_call', call_id: 'a', action: { commands: ['ls'] }, environment: { type: 'local' } },
      'shell',
      { commands: ['ls'] },
    ],
    [{ type: 'shell_call', call_id: 'a', action: { commands: ['ls'] } }, 'shell', { commands: ['ls'] }],
    [{ type: 'computer_call', call_id: 'a', action: { type: 'screenshot' } }, 'computer', { type: 'screenshot' }],
    [{ type: 'computer_call', call_id: 'a', actions: [{ type: 'wait' }] }, 'computer', { actions: [{ type: 'wait' }] }],
  ])('%j are for the client', async (item, name, args) => {
    expect(await partsOf(completed([item]))).toEqual([
      { type: 'tool_call', name, arguments: args, tool_call_id: 'a', ...own({ item }) },
    ]);
  });

  test('that were cut off by a limit are as they came', async () => {
    const { messages, events } = await outcomeOfEvents(
      added(0, fc()),
      argumentsDelta('{"x"'),
      event('incomplete', { response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } } }),
    );
    expect(messages[0]?.parts).toMatchObject([{ arguments: { _raw: '{"x"' } }]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'length', raw_reason: 'max_output_tokens' });
  });
});

describe('tools that the provider runs', () => {
  const tool = (name: string, args: object, more: object = {}) => ({
    type: 'tool_call',
    name,
    arguments: args,
    tool_call_id: 'id_1',
    server_executed: true,
    ...more,
  });
  const gave = (name: string, output: string) => ({
    type: 'tool_result',
    name,
    output,
    tool_call_id: 'id_1',
    server_executed: true,
  });

  test.each([
    [
      { type: 'web_search_call', action: { type: 'search', query: 'q' }, results: [{ url: 'u' }] },
      'web_search',
      { type: 'search', query: 'q' },
      '[{"url":"u"}]',
    ],
    [
      { type: 'web_search_call', action: { sources: [{ url: 'u' }] } },
      'web_search',
      { sources: [{ url: 'u' }] },
      '[{"url":"u"}]',
    ],
    [
      { type: 'file_search_call', queries: ['q'], results: [{ text: 't' }] },
      'file_search',
      { queries: ['q'] },
      '[{"text":"t"}]',
    ],
    [
      {
        type: 'code_interpreter_call',
        code: '1',
        outputs: [
          { type: 'logs', logs: 'l' },
          { type: 'image', url: 'u' },
        ],
      },
      'code_interpreter',
      { code: '1' },
      'l\nu',
    ],
    [{ type: 'mcp_call', name: 'ask', server_label: 's', arguments: '{"q":1}', output: 'o' }, 'ask', { q: 1 }, 'o'],
    [
      { type: 'mcp_call', name: 'ask', server_label: 's', arguments: '{}', error: { code: 5 } },
      'ask',
      {},
      '{"code":5}',
    ],
  ])('%j are calls with results', async (fields, name, args, output) => {
    const item = { id: 'id_1', ...fields };
    expect(await partsOf(completed([item]))).toEqual([tool(name, args, own({ item })), gave(name, output)]);
    expect((await outcomeOfEvents(completed([item]))).events.at(-1)).toMatchObject({ reason: 'stop' });
  });

  test.each([
    [{ type: 'tool_search_call', execution: 'server', arguments: { paths: ['a'] } }, 'tool_search', { paths: ['a'] }],
    [{ type: 'x_search_call', action: { query: 'q' } }, 'x_search', { query: 'q' }],
    [{ type: 'image_generation_call', status: 'failed', result: null }, 'image_generation', {}],
  ])('%j are calls', async (fields, name, args) => {
    const item = { id: 'id_1', ...fields };
    expect(await partsOf(completed([item]))).toEqual([tool(name, args, own({ item }))]);
  });

  test.each([
    [{ type: 'tool_search_output', tools: [{ name: 'f' }] }, 'tool_search', '[{"name":"f"}]'],
    [{ type: 'mcp_list_tools', tools: [], error: 'no server' }, 'mcp_list_tools', 'no server'],
  ])('%j are results', async (fields, name, output) => {
    const item = { id: 'id_1', ...fields };
    expect(await partsOf(completed([item]))).toEqual([{ ...gave(name, output), ...own({ item }) }]);
  });

  test('are known by name before they are done, and what comes late of them is added', async () => {
    const begun = { type: 'web_search_call', id: 'id_1', status: 'in_progress', action: { type: 'search' } };
    const item = { ...begun, status: 'completed', action: { type: 'search', query: 'q' } };
    const late = { ...item, action: { type: 'search', query: 'q', sources: [{ url: 'u' }] } };
    const { events, messages } = await outcomeOfEvents(added(0, begun), done(0, item), completed([late]));
    expect(events[1]).toMatchObject({ type: 'tool_call_name', chunk: 'web_search', server_executed: true });
    expect(messages[0]?.parts).toEqual([
      tool('web_search', { type: 'search', query: 'q' }, own({ item: late })),
      gave('web_search', '[{"url":"u"}]'),
    ]);
  });

  test('go on with a result that was not complete', async () => {
    const item = { type: 'mcp_call', id: 'id_1', name: 'ask', arguments: '{}', output: 'a' };
    const parts = await partsOf(done(0, item), completed([{ ...item, output: 'ab' }]));
    expect(parts).toMatchObject([{ type: 'tool_call' }, { type: 'tool_result', output: 'ab' }]);
  });

  test('show code while it is written', async () => {
    const ci = { type: 'code_interpreter_call', id: 'id_1', code: '' };
    const delta = (code: string) => event('code_interpreter_call_code.delta', { output_index: 0, delta: code });
    expect(
      await chunksOf(
        'tool_call_args',
        added(0, ci),
        delta('a\n'),
        delta('b'),
        done(0, { ...ci, code: 'a\nb' }),
        completed(),
      ),
    ).toEqual(['{"code":"a\\n', 'b', '', '"}']);
  });

  test('give images as attachments, once', async () => {
    const item = { type: 'image_generation_call', id: 'id_1', status: 'completed', result: 'AAAA' };
    const partial = event('image_generation_call.partial_image', { output_index: 0, partial_image_b64: 'BBBB' });
    const { result: _, ...others } = item;
    expect(await partsOf(added(0, { ...item, result: null }), partial, done(0, item), completed([item]))).toEqual([
      tool('image_generation', {}),
      { type: 'attachment', attachment: { type: 'image/png', content: 'AAAA' }, ...own({ item: others }) },
    ]);
  });
});

describe('the end', () => {
  const ended = (type: string, response: object) => outcomeOfEvents(created, textDelta('a'), event(type, { response }));

  test.each([
    ['completed', { status: 'completed' }, 'stop', 'completed'],
    ['completed', { status: null }, 'stop', 'completed'],
    ['incomplete', { incomplete_details: { reason: 'content_filter' } }, 'content_filter', 'content_filter'],
    ['incomplete', { incomplete_details: { reason: 'max_tool_calls' } }, 'other', 'max_tool_calls'],
    ['incomplete', { incomplete_details: null }, 'other', 'incomplete'],
    ['cancelled', {}, 'other', 'cancelled'],
  ])('response.%s %j is %s', async (type, response, reason, raw_reason) => {
    expect((await ended(type, response)).events.at(-1)).toEqual({ type: 'finish', reason, raw_reason });
  });

  test('comes with the message that says so, [DONE] or not, and what breaks after it changes nothing', async () => {
    const whole = completed([message(outputText('a'))]);
    const same = (await outcomeOfEvents(whole)).messages;
    for (const rest of ['data: [DONE]\n\n', 'data: {"x', event('error', { message: 'late' })]) {
      const { messages, error } = await outcomeOfEvents(whole, rest);
      expect([messages, error]).toEqual([same, undefined]);
    }
  });

  test.each([[''], ['data: [DONE]\n\n']])('that is only %j is none', async (last) => {
    const { error, messages } = await outcomeOfEvents(created, textDelta('a'), last);
    expect([error?.code, messages[0]?.parts]).toEqual(['truncated', [{ type: 'text', text: 'a' }]]);
  });

  test('that is a failure says why, with what it cost', async () => {
    const said = { code: 'server_error', message: 'It broke' };
    const { error, events, messages } = await ended('failed', { status: 'failed', error: said, usage });
    expect(error).toMatchObject({
      code: 'provider_error',
      retryable: true,
      cause: { ...said, finish_reason: 'failed' },
    });
    expect(error?.message).toBe('the provider broke off with an error: It broke (server_error)');
    expect(events.at(-1)).toMatchObject({ type: 'usage' });
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'a' }]);
    expect((await ended('failed', { error: { code: 'invalid_prompt', message: 'no' } })).error?.retryable).toBe(false);
    expect((await ended('failed', { error: null })).error?.message).toMatch(/it gave no reason/);
  });

  test.each([
    [event('error', { error: { code: 'insufficient_quota', message: 'Pay' } })],
    [`data: ${JSON.stringify({ type: 'error', code: 'insufficient_quota', message: 'Pay', param: null })}\n\n`],
    [`data: ${JSON.stringify({ error: { code: 'insufficient_quota', message: 'Pay' } })}\n\n`],
  ])('that is an error of any shape is one (%#)', async (said) => {
    const { error } = await outcomeOfEvents(created, said);
    expect(error).toMatchObject({ code: 'provider_error', retryable: false });
    expect(error?.message).toContain('Pay (insufficient_quota');
  });

  test('has the usage in the words of the provider', async () => {
    const raw = {
      ...usage,
      input_tokens_details: { cached_tokens: 1, cache_write_tokens: 2 },
      output_tokens_details: { reasoning_tokens: 0 },
    };
    const { events } = await outcomeOfEvents(completed([], { usage: raw }));
    expect(events.find((given) => given.type === 'usage')?.usage).toEqual({
      input: 3,
      output: 2,
      details: { reasoning: 0, cached: 1, cache_write: 2, raw },
    });
  });
});

describe('a message that is not known', () => {
  test('changes nothing', async () => {
    expect(
      await partsOf(
        event('queued', { response: { id: 'resp_1', status: 'queued' } }),
        event('future_thing.delta', { output_index: 0, delta: 'x' }),
        added(0, empty),
        event('content_part.added', { output_index: 0, content_index: 0, part: outputText('') }),
        event('output_audio.delta', { output_index: 0, delta: 'x' }),
        textDelta('a'),
        'data: {"type":"keepalive"}\n\n',
        completed(),
      ),
    ).toEqual([{ type: 'text', text: 'a' }]);
  });

  test('of another shape than it should have is bad_response', async () => {
    expect((await outcomeOfEvents(added(0, { type: 5 }))).error?.code).toBe('bad_response');
  });
});

describe('an answer in one piece', () => {
  const output = [
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
    message(outputText('Hello')),
    fc({ arguments: '{"x":1}' }),
  ];
  const document = (more: object) =>
    JSON.stringify({ id: 'resp_1', object: 'response', model: 'served', output, ...more });

  test.each([true, false])(
    'makes the messages of the same answer as a stream, asked for or not: %p',
    async (stream) => {
      const { events, messages } = await outcomeOfBody(
        document({ status: 'completed', usage }),
        { stream },
        'application/json',
      );
      expect(messages).toEqual((await outcomeOfEvents(completed(output))).messages);
      expect(messages[0]?.parts).toHaveLength(3);
      expect(events[0]).toMatchObject({ type: 'start', resolved_model: 'served' });
      expect(events.filter(({ type }) => type === 'usage')).toHaveLength(1);
      expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls', raw_reason: 'completed' });
    },
  );

  test('that failed says what it cost', async () => {
    const body = document({ status: 'failed', error: { code: 'server_error', message: 'no' }, usage });
    const { events, error } = await outcomeOfBody(body, { stream: false }, 'application/json');
    expect([events.at(-1)?.type, error?.cause]).toMatchObject(['usage', { finish_reason: 'failed' }]);
  });

  test.each([
    [document({ status: 'failed', error: { code: 'rate_limit_exceeded', message: 'slow' } }), 'provider_error'],
    ['{"error":{"message":"no"}}', 'provider_error'],
    [document({ status: 'in_progress' }), 'truncated'],
    [document({ status: 'completed' }).slice(0, -10), 'truncated'],
    ['{"object":"list"}', 'truncated'],
  ])('that did not succeed errs: %#', async (body, code) => {
    expect((await outcomeOfBody(body, { stream: false }, 'application/json')).error?.code).toBe(code);
  });
});
