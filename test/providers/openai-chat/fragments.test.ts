// The habits of servers in sending tool calls.
import type { ToolCallPart } from 'rxllm';
import { call, delta, done, finish, outcomeOfChunks } from './chunks.ts';

async function callsOf(...chunks: readonly object[]): Promise<readonly ToolCallPart[]> {
  const { messages, error } = await outcomeOfChunks(...chunks, finish('tool_calls'), done);
  expect(error).toBeUndefined();
  return messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call'));
}

const named = (name: string, args?: unknown) => ({ function: { name, arguments: args } });
const more = (args: unknown) => ({ function: { arguments: args } });

describe('tool calls of Chat Completions', () => {
  test.each([
    [
      'an index with every fragment',
      [
        call({ index: 0, id: 'a', ...named('f', '') }),
        call({ index: 0, ...more('{"x"') }),
        call({ index: 0, ...more(':1}') }),
      ],
    ],
    ['no index, the id first alone', [call({ id: 'a', ...named('f', '{"x"') }), call(more(':1}'))]],
    [
      'no index, the id with every fragment',
      [call({ id: 'a', ...named('f', '{"x"') }), call({ id: 'a', ...more(':1}') })],
    ],
    ['an id that comes late', [call({ index: 0, ...named('f', '{"x"') }), call({ index: 0, id: 'a', ...more(':1}') })]],
    ['an id that comes late, alone', [call({ index: 0, ...named('f', '{"x":1}') }), call({ index: 0, id: 'a' })]],
    ['an id that comes late, no index', [call(named('f', '{"x":1}')), call({ id: 'a' })]],
    [
      'an empty id and name afterwards',
      [call({ index: 0, id: 'a', ...named('f', '{"x"') }), call({ index: 0, id: '', ...named('', ':1}') })],
    ],
    [
      'null for id and name afterwards',
      [
        call({ index: 0, id: 'a', ...named('f', '{"x"') }),
        call({ index: 0, id: null, function: { name: null, arguments: ':1}' } }),
      ],
    ],
    [
      'another id with every fragment',
      [call({ index: 0, id: 'a', ...named('f', '{"x"') }), call({ index: 0, id: 'b', ...more(':1}') })],
    ],
    [
      'the whole name with every fragment',
      [call({ index: 0, id: 'a', ...named('f', '{"x"') }), call({ index: 0, id: 'a', ...named('f', ':1}') })],
    ],
    ['an object for arguments', [call({ index: 0, id: 'a', ...named('f', { x: 1 }) })]],
    [
      'null arguments first',
      [call({ index: 0, id: 'a', ...named('f', null) }), call({ index: 0, ...more('{"x":1}') })],
    ],
    [
      'the name alone first',
      [call({ index: 0, id: 'a', function: { name: 'f' } }), call({ index: 0, ...more('{"x":1}') })],
    ],
  ])('are whole with %s', async (_, chunks) => {
    expect(await callsOf(...chunks)).toEqual([
      { type: 'tool_call', name: 'f', arguments: { x: 1 }, tool_call_id: 'a' },
    ]);
  });

  test('join a name that comes in pieces', async () => {
    const [first] = await callsOf(
      call({ index: 0, id: 'a', ...named('get_') }),
      call({ index: 0, ...named('weather') }),
    );
    expect(first?.name).toBe('get_weather');
  });

  test('take arguments that are absent, null or empty for none', async () => {
    const calls = await callsOf(
      ...[undefined, null, ''].map((args, index) => call({ index, id: `c${index}`, ...named('f', args) })),
    );
    expect(calls.map((part) => part.arguments)).toEqual([{}, {}, {}]);
  });

  test.each([
    [
      'with the same index for every call',
      [call({ index: 0, id: 'a', ...named('f', '{}') }), call({ index: 0, id: 'b', ...named('f', '{}') })],
    ],
    [
      'without an index, in one delta',
      [
        delta({
          tool_calls: [
            { id: 'a', ...named('f', '{}') },
            { id: 'b', ...named('f', '{}') },
          ],
        }),
      ],
    ],
    [
      'with fragments that take turns',
      [
        call({ index: 0, id: 'a', ...named('f', '{') }),
        call({ index: 1, id: 'b', ...named('f', '{') }),
        call({ index: 0, ...more('}') }),
        call({ index: 1, ...more('}') }),
      ],
    ],
    [
      'with ids but no index, and fragments that take turns',
      [
        call({ id: 'a', ...named('f', '{') }),
        call({ id: 'b', ...named('f', '{') }),
        call({ id: 'a', ...more('}') }),
        call({ id: 'b', ...more('}') }),
      ],
    ],
  ])('stay two %s', async (_, chunks) => {
    expect((await callsOf(...chunks)).map((part) => [part.tool_call_id, part.arguments])).toEqual([
      ['a', {}],
      ['b', {}],
    ]);
  });

  test('without any id get one made of the response and the part, and a mark', async () => {
    const chunks = [delta({ content: 'Well' }), call(named('f', '{}')), call(named('g', '{}'))];
    const calls = await callsOf(...chunks);
    const mark = { rxllm: { synthetic_id: true } };
    expect(calls.map((part) => [part.tool_call_id, part.provider_metadata])).toEqual([
      ['tc_chatcmpl-1_1', mark],
      ['tc_chatcmpl-1_2', mark],
    ]);
    expect(await callsOf(...chunks)).toEqual(calls);
  });

  test('come from function_call, the older form', async () => {
    const { messages, events } = await outcomeOfChunks(
      delta({ function_call: { name: 'f', arguments: '{"x"' } }),
      delta({ function_call: { arguments: ':1}' } }),
      finish('function_call'),
      done,
    );
    expect(messages[0]?.parts).toMatchObject([{ type: 'tool_call', name: 'f', arguments: { x: 1 } }]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls', raw_reason: 'function_call' });
  });

  test('carry the id with every event from the one that brings it, and end with the finish reason', async () => {
    const { events } = await outcomeOfChunks(
      call({ index: 0, id: 'a', ...named('f', '{') }),
      call({ index: 0, ...more('}') }),
      finish('tool_calls'),
      { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } },
      done,
    );
    const at = { part_index: 0, message_index: 0, tool_call_id: 'a' };
    expect(events.slice(1, 5)).toEqual([
      { type: 'tool_call_name', chunk: 'f', ...at },
      { type: 'tool_call_args', chunk: '{', ...at },
      { type: 'tool_call_args', chunk: '}', ...at },
      { type: 'part_end', part_index: 0 },
    ]);
    expect(events.slice(5).map((event) => event.type)).toEqual(['usage', 'finish']);
  });

  test('that had not ended are incomplete when the stream breaks off, and never in the messages', async () => {
    const { error } = await outcomeOfChunks(call({ index: 0, id: 'a', ...named('f', '{"x":') }));
    expect(error).toMatchObject({ code: 'truncated', retryable: true });
    expect(error?.partial).toMatchObject({
      messages: [],
      incomplete: [{ name: 'f', arguments_raw: '{"x":', tool_call_id: 'a' }],
    });
  });

  test('that the provider ran are marked, with their results', async () => {
    const executed = { index: 0, type: 'search', arguments: '{"q":1}' };
    const { messages } = await outcomeOfChunks(
      delta({ executed_tools: [executed] }),
      delta({ executed_tools: [{ ...executed, output: 'found' }] }),
      delta({ content: 'So' }),
      finish('stop'),
      done,
    );
    expect(messages[0]?.parts).toMatchObject([
      {
        type: 'tool_call',
        name: 'search',
        arguments: { q: 1 },
        server_executed: true,
        tool_call_id: 'tc_chatcmpl-1_0',
      },
      { type: 'tool_result', name: 'search', output: 'found', server_executed: true, tool_call_id: 'tc_chatcmpl-1_0' },
      { type: 'text', text: 'So' },
    ]);
  });
});
