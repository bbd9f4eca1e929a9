// What is sent: bodies as a server gets them.
import { assistant, attachment, system, toolMessage, user } from 'rxllm';
import { call, encoded, result, sent, useServer, wireCall } from './sent.ts';

useServer();

const png = attachment({ content: 'iVBORw0KGgoAAAA=' });
const pngUrl = 'data:image/png;base64,iVBORw0KGgoAAAA=';

describe('a Chat Completions request', () => {
  test('is the smallest there is for a prompt alone', async () => {
    const { path, headers, json } = await sent({});
    expect(path).toBe('/chat/completions');
    expect(headers).toMatchObject({ 'content-type': 'application/json', accept: 'text/event-stream' });
    expect(json).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  test('has options, tools and schema in their places, and extraBody over everything', async () => {
    const { json } = await sent(
      {
        options: { temperature: 0, max_tokens: 5, stop: ['a'] },
        tools: [{ name: 'f', description: 'does f', input_schema: { type: 'object' } }, { name: 'g' }],
        schema: { type: 'object' },
        stream: false,
      },
      { extraBody: { top_k: 3, temperature: 1, stop: undefined } },
    );
    expect(json).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: false,
      temperature: 1,
      max_tokens: 5,
      top_k: 3,
      tools: [
        { type: 'function', function: { name: 'f', description: 'does f', parameters: { type: 'object' } } },
        { type: 'function', function: { name: 'g', parameters: { type: 'object', properties: {} } } },
      ],
      response_format: { type: 'json_schema', json_schema: { name: 'output', schema: { type: 'object' } } },
    });
  });

  test('puts the system text first, and says none twice in a row', async () => {
    expect(await encoded([system('a'), user('x'), system('a'), system('b'), user('y')])).toEqual([
      { role: 'system', content: 'a' },
      { role: 'user', content: 'x' },
      { role: 'system', content: 'b' },
      { role: 'user', content: 'y' },
    ]);
    expect(await encoded([user('x')], { system: 'now' })).toEqual([
      { role: 'system', content: 'now' },
      { role: 'user', content: 'x' },
    ]);
  });

  test('keeps roles of its own, such as developer', async () => {
    expect(await encoded([{ role: 'developer', parts: [{ type: 'text', text: 'a' }] }])).toEqual([
      { role: 'developer', content: 'a' },
    ]);
  });

  test('leaves out what is empty', async () => {
    expect(await encoded([system(''), user(''), assistant(''), assistant({ type: 'reasoning', text: 'r' })])).toEqual(
      [],
    );
  });

  test('joins the text of a message and puts files in their places', async () => {
    expect(await encoded([user('a', 'b'), user('a', png, 'b')])).toEqual([
      { role: 'user', content: 'ab' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'image_url', image_url: { url: pngUrl } },
          { type: 'text', text: 'b' },
        ],
      },
    ]);
  });

  test('has calls and their results, one message a result', async () => {
    const history = [
      user('q'),
      assistant('Let me see', call('f', 'a'), call('g', 'b')),
      toolMessage(result('f', '1', 'a'), result('g', '', 'b')),
      assistant(call('f', 'c')),
      toolMessage({ ...result('f', '', 'c'), exception: 'TypeError: no' }),
    ];
    expect(await encoded(history)).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'Let me see', tool_calls: [wireCall('f', 'a'), wireCall('g', 'b')] },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '' },
      { role: 'assistant', content: null, tool_calls: [wireCall('f', 'c')] },
      { role: 'tool', tool_call_id: 'c', content: 'TypeError: no' },
    ]);
  });

  test('gives calls without an id of the provider short ones, the same for their results', async () => {
    const synthetic = { provider_metadata: { rxllm: { synthetic_id: true } } };
    const long = `tc_${'x'.repeat(50)}_0`;
    const history = [
      assistant(call('f', long, synthetic), call('g'), call('g')),
      toolMessage(result('g', '1'), result('f', '2', long), result('g', '3')),
    ];
    expect(await encoded(history)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [wireCall('f', 'call00001'), wireCall('g', 'call00002'), wireCall('g', 'call00003')],
      },
      { role: 'tool', tool_call_id: 'call00002', content: '1' },
      { role: 'tool', tool_call_id: 'call00001', content: '2' },
      { role: 'tool', tool_call_id: 'call00003', content: '3' },
    ]);
  });

  test('makes no id that the history has already', async () => {
    const history = [
      assistant(call('f'), call('g', 'call00001')),
      toolMessage(result('g', '1', 'call00001'), result('f', '2')),
    ];
    expect(await encoded(history)).toEqual([
      { role: 'assistant', content: null, tool_calls: [wireCall('f', 'call00002'), wireCall('g', 'call00001')] },
      { role: 'tool', tool_call_id: 'call00001', content: '1' },
      { role: 'tool', tool_call_id: 'call00002', content: '2' },
    ]);
  });

  test('has a result for every call, and makes text of a result that belongs to none', async () => {
    const history = [
      assistant(call('f', 'a'), call('g', 'b')),
      toolMessage(result('g', '1', 'b'), result('lost', '2'), result('h', '3', 'c')),
      user('Go on'),
      assistant(call('f', 'd')),
    ];
    expect(await encoded(history)).toEqual([
      { role: 'assistant', content: null, tool_calls: [wireCall('f', 'a'), wireCall('g', 'b')] },
      { role: 'tool', tool_call_id: 'b', content: '1' },
      { role: 'tool', tool_call_id: 'a', content: 'This tool was not run.' },
      { role: 'user', content: 'Result of the tool lost: 2\nResult of the tool h: 3' },
      { role: 'user', content: 'Go on' },
      { role: 'assistant', content: null, tool_calls: [wireCall('f', 'd')] },
      { role: 'tool', tool_call_id: 'd', content: 'This tool was not run.' },
    ]);
  });

  test('has results after their answer and before all else, wherever the history has them', async () => {
    const server = { server_executed: true } as const;
    const history = [
      { role: 'user', parts: [call('f', 'x')] },
      // With a call of its own id unsaid, beside what the user says, and in the answer itself.
      assistant(call('f', 'a'), call('g', 'b'), result('g', '2', 'b')),
      user({ type: 'text', text: 'Here' }, result('f', '1')),
      // Too late, after another answer.
      assistant(call('f', 'c'), call('g', 'd')),
      toolMessage(result('f', '3', 'c')),
      assistant('Well.'),
      toolMessage(result('g', '4', 'd')),
      // Of a call that is not sent.
      assistant('Shall I?', call('s', 'e', server)),
      toolMessage(result('s', 'yes', 'e')),
    ];
    expect(await encoded(history)).toEqual([
      { role: 'assistant', content: null, tool_calls: [wireCall('f', 'a'), wireCall('g', 'b')] },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'user', content: 'Here' },
      { role: 'assistant', content: null, tool_calls: [wireCall('f', 'c'), wireCall('g', 'd')] },
      { role: 'tool', tool_call_id: 'c', content: '3' },
      { role: 'tool', tool_call_id: 'd', content: 'This tool was not run.' },
      { role: 'assistant', content: 'Well.' },
      { role: 'user', content: 'Result of the tool g: 4' },
      { role: 'assistant', content: 'Shall I?' },
      { role: 'user', content: 'Result of the tool s: yes' },
    ]);
  });

  test('makes one message of an answer that has several, so that results follow their calls', async () => {
    const history = [assistant('One.', call('f', 'a')), assistant(' Two.'), toolMessage(result('f', '1', 'a'))];
    expect(await encoded(history)).toEqual([
      { role: 'assistant', content: 'One. Two.', tool_calls: [wireCall('f', 'a')] },
      { role: 'tool', tool_call_id: 'a', content: '1' },
    ]);
  });

  test('sends back arguments that were no JSON as they came', async () => {
    const [message] = await encoded([assistant(call('f', 'a', { arguments: { _raw: '{"x"' } }))]);
    expect(message).toMatchObject({ tool_calls: [{ function: { arguments: '{"x"' } }] });
  });

  test('leaves out what the provider ran itself', async () => {
    const server_executed = true as const;
    const history = [
      assistant('a', call('s', 'a', { server_executed }), { ...result('s', 'r', 'a'), server_executed }),
    ];
    expect(await encoded(history)).toEqual([{ role: 'assistant', content: 'a' }]);
  });

  test('puts the files of results after all results that belong together', async () => {
    const file = { type: 'image/png', content: 'iVBORw0KGgoAAAA=' };
    const history = [
      assistant(call('f', 'a'), call('g', 'b')),
      toolMessage({ ...result('f', '1', 'a'), attachments: [file] }),
      toolMessage(result('g', '2', 'b')),
      assistant('So'),
    ];
    expect((await encoded(history)).slice(1)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '2' },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: pngUrl } }] },
      { role: 'assistant', content: 'So' },
    ]);
  });

  test('sends refusals back as such', async () => {
    const refusal = { type: 'text', text: 'No', provider_metadata: { openai: { refusal: true } } } as const;
    expect(await encoded([assistant(refusal)])).toEqual([{ role: 'assistant', content: null, refusal: 'No' }]);
  });
});
