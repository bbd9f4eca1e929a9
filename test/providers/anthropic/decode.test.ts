// Answers that no recording has: rare blocks, whole documents, odd servers, usage.
import type { Outcome } from '../../support/outcome.ts';
import { block, end, json, ok, outcomeOfBody, outcomeOfEvents, start, text } from './events.ts';
import { own } from './sent.ts';

const partsOf = ({ messages }: Outcome) => messages.flatMap((message) => message.parts);
const textBlock = { type: 'text', text: '' };

describe('usage', () => {
  test('comes early, and what comes later completes it', async () => {
    const { events } = await outcomeOfEvents([
      start({
        usage: { input_tokens: 7, cache_read_input_tokens: 2, cache_creation_input_tokens: 1, output_tokens: 1 },
      }),
      ...block(0, textBlock, text('a')),
      {
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { input_tokens: null, output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } },
      },
      { type: 'message_stop' },
    ]);
    const first = { input_tokens: 7, cache_read_input_tokens: 2, cache_creation_input_tokens: 1, output_tokens: 1 };
    expect(events.slice(0, 3)).toMatchObject([
      { type: 'start', resolved_model: 'served' },
      { type: 'usage', usage: { input: 7, output: 1, details: { cached: 2, cache_write: 1, raw: first } } },
      { type: 'text' },
    ]);
    expect(events.findLast((event) => event.type === 'usage')).toEqual({
      type: 'usage',
      usage: {
        input: 7,
        output: 9,
        details: {
          reasoning: 4,
          cached: 2,
          cache_write: 1,
          raw: { ...first, output_tokens: 9, output_tokens_details: { thinking_tokens: 4 } },
        },
      },
    });
  });
});

describe('the reason to stop', () => {
  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['tool_use', 'tool_calls'],
    ['pause_turn', 'pause'],
    ['compaction', 'pause'],
    ['refusal', 'content_filter'],
    ['boredom', 'other'],
  ])('%s is %s', async (raw, reason) => {
    const { events } = await outcomeOfEvents([start(), ...end(raw)]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason, raw_reason: raw });
  });

  test('may be missing', async () => {
    const { events, error } = await outcomeOfEvents([start(), ...end(null)]);
    expect([error, events.at(-1)]).toEqual([undefined, { type: 'finish', reason: 'unknown' }]);
  });

  test('of a refusal stands with what was said before it', async () => {
    const details = { type: 'refusal', category: 'cyber', explanation: 'No.' };
    const outcome = await outcomeOfEvents([
      start(),
      ...block(0, textBlock, text('First')),
      ...end('refusal', { stop_details: details, stop_sequence: null }),
    ]);
    expect(partsOf(outcome)).toEqual([{ type: 'text', text: 'First', ...own({ stop_details: details }) }]);
  });
});

describe('a content block', () => {
  test('of thinking without a signature is shown alone; what is neither shown nor signed is nothing', async () => {
    const outcome = await outcomeOfEvents([
      start(),
      ...block(0, { type: 'thinking', thinking: '' }, { type: 'thinking_delta', thinking: 'Hm' }),
      ...block(1, { type: 'thinking', thinking: '', signature: '' }),
      ...block(2, textBlock),
      ...block(3, textBlock, text('a')),
      ...end('end_turn'),
    ]);
    expect(partsOf(outcome)).toEqual([
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'a' },
    ]);
    expect(outcome.events.filter((event) => event.type === 'part_end').map((event) => event.part_index)).toEqual([
      0, 1,
    ]);
  });

  test('of text keeps its citations, those of its beginning too', async () => {
    const outcome = await outcomeOfEvents([
      start(),
      ...block(
        0,
        { type: 'text', text: 'a', citations: [{ type: 'x' }] },
        { type: 'citations_delta', citation: { type: 'y' } },
      ),
      ...end('end_turn'),
    ]);
    expect(partsOf(outcome)).toEqual([
      { type: 'text', text: 'a', ...own({ citations: [{ type: 'x' }, { type: 'y' }] }) },
    ]);
  });

  test('of a call may have its arguments at its beginning, and no id', async () => {
    const outcome = await outcomeOfEvents([
      start(),
      ...block(0, { type: 'tool_use', name: 'f', input: { x: 1 } }, json('')),
      ...block(1, { type: 'tool_use', id: 'b', name: 'g', input: {}, toolset_name: 'browser' }),
      ...end('tool_use'),
    ]);
    expect(partsOf(outcome)).toEqual([
      {
        type: 'tool_call',
        name: 'f',
        arguments: { x: 1 },
        tool_call_id: 'tc_msg_1_0',
        provider_metadata: { rxllm: { synthetic_id: true } },
      },
      {
        type: 'tool_call',
        name: 'g',
        arguments: {},
        tool_call_id: 'b',
        ...own({ block: { type: 'tool_use', toolset_name: 'browser' } }),
      },
    ]);
  });

  test('of a call has the arguments that it streams, whatever stood at its beginning', async () => {
    const called = { type: 'tool_use', id: 'a', name: 'f', input: { x: 0 } };
    const outcome = await outcomeOfEvents([start(), ...block(0, called, json('{"x":1}')), ...end('tool_use')]);
    expect(partsOf(outcome)).toMatchObject([{ arguments: { x: 1 } }]);
  });

  test('of a result has the name of its call', async () => {
    const outcome = await outcomeOfEvents([
      start(),
      ...block(0, { type: 'mcp_tool_use', id: 'm1', name: 'echo', server_name: 's', input: {} }),
      ...block(1, { type: 'mcp_tool_result', tool_use_id: 'm1', content: 'a' }),
      ...block(2, { type: 'mcp_tool_result', tool_use_id: 'm2', content: 'b' }),
      ...end('end_turn'),
    ]);
    expect(partsOf(outcome)).toMatchObject([
      { type: 'tool_call', name: 'echo', server_executed: true },
      { type: 'tool_result', name: 'echo', tool_call_id: 'm1' },
      { type: 'tool_result', name: 'mcp', tool_call_id: 'm2' },
    ]);
  });

  test.each<[string, unknown, string]>([
    ['text', [{ type: 'text', text: 'a' }, { type: 'image' }, { type: 'text', text: 'b' }], 'a\nb'],
    ['a string', 'plain', 'plain'],
    ['output', { type: 'code_execution_result', stdout: 'out', stderr: 'err', return_code: 1 }, 'out\nerr'],
    ['no output', { type: 'bash_code_execution_result', stdout: '', stderr: '', return_code: 0 }, ''],
    ['a file that was read', { type: 'text_editor_code_execution_view_result', content: 'x = 1' }, 'x = 1'],
    [
      'search results, which are encrypted besides',
      [{ type: 'web_search_result', title: 'T', url: 'U', encrypted_content: 'XXX' }],
      '[{"type":"web_search_result","title":"T","url":"U"}]',
    ],
    [
      'a document',
      { type: 'web_fetch_result', content: { type: 'document', source: { type: 'text', data: 'read me' } } },
      'read me',
    ],
    [
      'a file of bytes',
      { type: 'web_fetch_result', url: 'U', content: { type: 'document', source: { type: 'base64', data: 'AAAA' } } },
      '{"type":"web_fetch_result","url":"U","content":{"type":"document","source":{"type":"base64"}}}',
    ],
    [
      'an error',
      { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
      '{"type":"web_search_tool_result_error","error_code":"max_uses_exceeded"}',
    ],
    ['nothing', null, 'null'],
  ])('of a result of the provider reads as %s', async (_, content, output) => {
    const found = { type: 'web_search_tool_result', tool_use_id: 's1', content };
    const outcome = await outcomeOfEvents([start(), ...block(0, found), ...end('end_turn')]);
    expect(partsOf(outcome)).toEqual([
      {
        type: 'tool_result',
        name: 'web_search',
        output,
        tool_call_id: 's1',
        server_executed: true,
        ...own({ block: found as never }),
      },
    ]);
  });

  test('of a kind that nobody knows is kept whole, with the text that it says', async () => {
    const strange = { type: 'telepathy', aura: 'blue' };
    const outcome = await outcomeOfEvents([
      start(),
      ...block(0, strange, { type: 'aura_delta' }, text('I '), text('know')),
      ...end('end_turn'),
    ]);
    expect(partsOf(outcome)).toEqual([
      {
        type: 'tool_result',
        name: 'telepathy',
        output: 'I know',
        server_executed: true,
        ...own({ block: { ...strange, text: 'I know' } }),
      },
    ]);
  });

  test('ends where the next one of its index begins, and at the end of the message', async () => {
    const outcome = await outcomeOfEvents([
      start(),
      { type: 'content_block_start', index: 0, content_block: textBlock },
      { type: 'content_block_delta', index: 0, delta: text('a') },
      { type: 'content_block_start', index: 0, content_block: textBlock },
      { type: 'content_block_delta', index: 0, delta: text('b') },
      ...end('end_turn'),
    ]);
    expect(partsOf(outcome)).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ]);
    expect(outcome.events.filter((event) => event.type === 'part_end')).toHaveLength(2);
  });
});

describe('an answer in one piece', () => {
  const content = [
    { type: 'thinking', thinking: 'Hm', signature: 'A' },
    { type: 'redacted_thinking', data: 'B' },
    { type: 'text', text: 'Hello', citations: null },
    { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } },
    { type: 'web_search_tool_result', tool_use_id: 's1', content: [] },
    { type: 'tool_use', id: 'c1', name: 'f', input: { x: 1 } },
  ];
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'served',
    content,
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 5 },
  };

  test.each([true, false])(
    'makes what the same answer makes as a stream, streaming asked for or not: %p',
    async (stream) => {
      const whole = await outcomeOfBody(JSON.stringify(message, null, 2), {}, { stream });
      expect(whole.error).toBeUndefined();
      const [thinking, redacted, said, search, found, call] = content;
      const streamed = await outcomeOfEvents([
        start(),
        ...block(
          0,
          { ...thinking, thinking: '', signature: '' },
          { type: 'thinking_delta', thinking: 'H' },
          { type: 'thinking_delta', thinking: 'm' },
          { type: 'signature_delta', signature: 'A' },
        ),
        ...block(1, redacted!),
        ...block(2, { ...said, text: '' }, text('Hel'), text('lo')),
        ...block(3, { ...search, input: {} }, json('{"query"'), json(':"x"}')),
        ...block(4, found!),
        ...block(5, { ...call, input: {} }, json('{"x":1}')),
        ...end('tool_use'),
      ]);
      expect(partsOf(whole)).toHaveLength(6);
      expect(whole.messages).toEqual(streamed.messages);
      expect(whole.events[0]).toMatchObject({ resolved_model: 'served' });
      expect(whole.events.slice(-2)).toEqual([
        { type: 'usage', usage: { input: 3, output: 5, details: { raw: message.usage } } },
        { type: 'finish', reason: 'tool_calls', raw_reason: 'tool_use' },
      ]);
    },
  );

  test('is truncated when its JSON is', async () => {
    const { error } = await outcomeOfBody(JSON.stringify(message).slice(0, -10));
    expect(error?.code).toBe('truncated');
  });
});

describe('a stream', () => {
  test('needs no names of events', async () => {
    const body = ok.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    expect(partsOf(await outcomeOfBody(body))).toEqual([{ type: 'text', text: 'ok' }]);
  });

  test('is over with message_stop, whatever follows', async () => {
    const outcome = await outcomeOfEvents([...ok, ...block(1, textBlock, text('more')), { type: 'error', error: {} }]);
    expect(outcome.error).toBeUndefined();
    expect(partsOf(outcome)).toEqual([{ type: 'text', text: 'ok' }]);
  });
});
