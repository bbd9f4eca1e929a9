// What is sent: bodies as a server gets them.
import { assistant, system, toolMessage, user } from 'rxllm';
import { call, encoded, own, result, sent, useServer, wireCall, wireResult } from './sent.ts';

useServer();

const text = (value: string, more: object = {}) => ({ type: 'text', text: value, ...more }) as const;
const server_executed = true as const;

describe('a Responses request', () => {
  test('is the smallest there is for a prompt alone', async () => {
    const { path, headers, json } = await sent({});
    expect(path).toBe('/responses');
    expect(headers).toMatchObject({ 'content-type': 'application/json', accept: 'text/event-stream' });
    expect(json).toEqual({ model: 'm', input: [{ role: 'user', content: 'Hi' }], stream: true, store: false });
  });

  test('has options, tools and schema in their places, and extraBody over everything', async () => {
    const { json } = await sent(
      {
        options: {
          temperature: 0,
          max_tokens: 5,
          verbosity: 'low',
          top_logprobs: 2,
          include: ['file_search_call.results'],
          tools: [{ type: 'web_search' }, { type: 'code_interpreter', container: { type: 'auto' } }],
        },
        tools: [{ name: 'f', description: 'does f', input_schema: { type: 'object' } }, { name: 'g' }],
        schema: { type: 'object' },
        stream: false,
      },
      { extraBody: { top_k: 3, temperature: 1, store: undefined } },
    );
    expect(json).toEqual({
      model: 'm',
      input: [{ role: 'user', content: 'Hi' }],
      stream: false,
      temperature: 1,
      max_output_tokens: 5,
      top_logprobs: 2,
      top_k: 3,
      include: ['code_interpreter_call.outputs', 'message.output_text.logprobs', 'file_search_call.results'],
      tools: [
        { type: 'function', name: 'f', description: 'does f', parameters: { type: 'object' }, strict: false },
        { type: 'function', name: 'g', parameters: { type: 'object', properties: {} }, strict: false },
        { type: 'web_search' },
        { type: 'code_interpreter', container: { type: 'auto' } },
      ],
      text: {
        verbosity: 'low',
        format: { type: 'json_schema', name: 'output', schema: { type: 'object' }, strict: false },
      },
    });
  });

  test('takes max_output_tokens before max_tokens, and options of text and store as they are', async () => {
    const format = { type: 'json_object' };
    const { json } = await sent({ options: { max_tokens: 1, max_output_tokens: 2, text: { format }, store: true } });
    expect(json).toMatchObject({ max_output_tokens: 2, text: { format }, store: true });
    expect(json).not.toHaveProperty('max_tokens');
  });

  test('sends a tool of another kind in the place of the function of its name', async () => {
    const { json } = await sent({
      options: { tools: [{ type: 'custom', name: 'sql' }, { type: 'local_shell' }] },
      tools: [{ name: 'sql' }, { name: 'local_shell' }, { name: 'f' }],
    });
    expect((json.tools as { name?: string; type: string }[]).map(({ type, name }) => [type, name])).toEqual([
      ['function', 'f'],
      ['custom', 'sql'],
      ['local_shell', undefined],
    ]);
  });

  test.each([
    ['gpt-5', true],
    ['gpt-5.1-mini-2025-11-13', true],
    ['gpt-5.1-chat-latest', true],
    ['gpt-12', true],
    ['o1', true],
    ['o4-mini', true],
    ['openai/gpt-5-nano', true],
    ['openai.gpt-5.6-luna', true],
    ['ft:o4-mini-2025-04-16:me::1', true],
    ['codex-mini-latest', true],
    ['gpt-5-chat-latest', false],
    ['gpt-4.1', false],
    ['gpt-4o', false],
    ['gpt-4-32k', false],
    ['gpt-35-turbo', false],
    ['gpt-oss-20b', false],
    ['o3x', false],
    ['solo1', false],
  ])('asks %s for what it thought: %p', async (model, isAsked) => {
    const { json } = await sent({}, { model });
    expect([json.reasoning, json.include]).toEqual(
      isAsked ? [{ summary: 'auto' }, ['reasoning.encrypted_content']] : [undefined, undefined],
    );
  });

  test('asks any model for what it thought when an option is about that', async () => {
    const include = ['reasoning.encrypted_content'];
    expect((await sent({ options: { reasoning_effort: 'low' } })).json).toMatchObject({
      reasoning: { effort: 'low', summary: 'auto' },
      include,
    });
    expect((await sent({ options: { reasoning_summary: 'concise' } })).json).toMatchObject({
      reasoning: { summary: 'concise' },
      include,
    });
    const { json } = await sent({
      options: { reasoning_effort: 'low', reasoning: { effort: 'high', summary: null, mode: 'pro' }, include },
    });
    expect(json).toMatchObject({ reasoning: { effort: 'high', summary: null, mode: 'pro' }, include });
  });

  test('asks for no summary of reasoning that is hidden', async () => {
    const { json } = await sent({ hideReasoning: true }, { model: 'gpt-5' });
    expect(json).toMatchObject({ include: ['reasoning.encrypted_content'] });
    expect(json).not.toHaveProperty('reasoning');
    const options = { reasoning_effort: 'low' };
    expect((await sent({ hideReasoning: true, options }, { model: 'gpt-5' })).json.reasoning).toEqual({
      effort: 'low',
    });
  });
});

describe('the input', () => {
  test('has a system text at the beginning as instructions, and none twice in a row', async () => {
    const { json } = await sent({ messages: [system('a'), user('x'), system('a'), system('b'), user('y')] });
    expect(json).toMatchObject({
      instructions: 'a',
      input: [
        { role: 'user', content: 'x' },
        { role: 'system', content: 'b' },
        { role: 'user', content: 'y' },
        { role: 'user', content: 'Hi' },
      ],
    });
  });

  test('has a system text that comes later in its place', async () => {
    expect(await encoded([user('x'), system('b')])).toEqual([
      { role: 'user', content: 'x' },
      { role: 'system', content: 'b' },
    ]);
  });

  test('has the system text of this turn as instructions, before one of the history', async () => {
    const { json } = await sent({ messages: [system('a'), user('x')], system: 'now' });
    expect(json).toMatchObject({ instructions: 'now', input: [{ role: 'system', content: 'a' }, {}, {}] });
  });

  test('keeps roles of its own, such as developer', async () => {
    expect(await encoded([{ role: 'developer', parts: [text('a')] }])).toEqual([{ role: 'developer', content: 'a' }]);
  });

  test('leaves out what is empty', async () => {
    expect(await encoded([system(''), user(''), assistant(''), assistant({ type: 'reasoning', text: 'r' })])).toEqual(
      [],
    );
  });

  test('has texts, calls and results in the order in which they came', async () => {
    const history = [
      user('q'),
      assistant('Let me see', call('f', 'a'), 'And also', call('g', 'b')),
      toolMessage(result('f', '1', 'a'), result('g', '', 'b')),
      assistant(call('f', 'c')),
      toolMessage({ ...result('f', '', 'c'), exception: 'TypeError: no' }),
      assistant('So'),
    ];
    expect(await encoded(history)).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'Let me see' },
      wireCall('f', 'a'),
      { role: 'assistant', content: 'And also' },
      wireCall('g', 'b'),
      wireResult('a', '1'),
      wireResult('b', ''),
      wireCall('f', 'c'),
      wireResult('c', 'TypeError: no'),
      { role: 'assistant', content: 'So' },
    ]);
  });

  test('has texts of one message as its parts, those of another phase as another message', async () => {
    const phase = (value: string) => own({ phase: value });
    const history = assistant(
      text('a', phase('commentary')),
      text('b', phase('commentary')),
      text('c', phase('final_answer')),
      text('No', own({ refusal: true })),
    );
    expect(await encoded([history])).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'output_text', text: 'a' },
          { type: 'output_text', text: 'b' },
        ],
        phase: 'commentary',
      },
      { role: 'assistant', content: 'c', phase: 'final_answer' },
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'No' }] },
    ]);
  });

  test('gives calls without an id of the provider short ones, the same for their results', async () => {
    const synthetic = { provider_metadata: { rxllm: { synthetic_id: true } } };
    const long = 'x'.repeat(65);
    const history = [
      assistant(call('f', 'tc_resp_0', synthetic), call('g'), call('h', long), call('i', 'y'.repeat(64))),
      toolMessage(result('g', '1'), result('f', '2', 'tc_resp_0'), result('h', '3', long)),
    ];
    expect(await encoded(history)).toEqual([
      wireCall('f', 'call00001'),
      wireCall('g', 'call00002'),
      wireCall('h', 'call00003'),
      wireCall('i', 'y'.repeat(64)),
      wireResult('call00002', '1'),
      wireResult('call00001', '2'),
      wireResult('call00003', '3'),
      // It was left without a result, which the server refuses.
      wireResult('y'.repeat(64), 'This tool was not run.'),
    ]);
  });

  test('has names of functions as the server takes them', async () => {
    const [item] = await encoded([assistant(call('functions.get weather', 'a'))]);
    expect(item).toEqual(wireCall('functions_get_weather', 'a'));
  });

  test('sends back arguments that were no JSON as they came', async () => {
    const [item] = await encoded([assistant(call('f', 'a', { arguments: { _raw: '{"x"' } }))]);
    expect(item).toMatchObject({ arguments: '{"x"' });
  });

  test('leaves out what another provider ran, thought and drew', async () => {
    const signed = { provider_metadata: { anthropic: { signature: 's' } } };
    const history = assistant(
      { type: 'reasoning', text: 'Hm', ...signed },
      { type: 'reasoning', text: '', redacted: true, ...signed },
      call('web_search', 'srvtoolu_1', { server_executed, ...signed }),
      { ...result('web_search', 'r', 'srvtoolu_1'), server_executed, ...signed },
      { type: 'attachment', attachment: { type: 'image/png', content: 'AA==' } },
      text('a', { provider_metadata: { anthropic: { citations: [] } } }),
    );
    expect(await encoded([history])).toEqual([{ role: 'assistant', content: 'a' }]);
  });

  test('leaves out what is kept under another key, and finds its own', async () => {
    const reasoning = {
      type: 'reasoning',
      text: '',
      redacted: true,
      provider_metadata: { openai: { encrypted_content: 'a' }, azure: { encrypted_content: 'b', id: 'rs_1' } },
    } as const;
    const { json } = await sent({ messages: [assistant(reasoning, 'a')] }, { metadataKey: 'azure' });
    expect((json.input as unknown[])[0]).toEqual({
      type: 'reasoning',
      id: 'rs_1',
      encrypted_content: 'b',
      summary: [],
    });
  });

  test('has no reasoning that nothing of the model follows on', async () => {
    const thought = (id: string) =>
      ({ type: 'reasoning', text: '', redacted: true, ...own({ id, encrypted_content: id }) }) as const;
    const history = [
      user('a'),
      assistant(thought('rs_1'), thought('rs_2')),
      user('b'),
      assistant(text('x'), { ...thought('rs_3'), ...own({ id: 'rs_3', encrypted_content: 'rs_3', position: 1 }) }),
      assistant(text('y')),
      assistant(call('f', 'c'), { ...thought('rs_4'), ...own({ id: 'rs_4', encrypted_content: 'rs_4', position: 1 }) }),
      toolMessage(result('f', '1', 'c')),
      assistant(thought('rs_5')),
    ];
    expect((await encoded(history)).map(({ id, role, type }) => id ?? role ?? type)).toEqual([
      'user',
      'user',
      'assistant',
      'rs_3',
      'assistant',
      'function_call',
      'function_call_output',
    ]);
  });

  test('takes what openaiChat keeps under the same key for what it is', async () => {
    const history = assistant(
      { type: 'reasoning', text: 'Hm', ...own({ reasoning_field: 'reasoning_content' }) },
      { type: 'reasoning', text: '', redacted: true, ...own({ reasoning_details: [{ type: 'reasoning.encrypted' }] }) },
      text('No', own({ refusal: true, logprobs: [] })),
    );
    expect(await encoded([history])).toEqual([{ role: 'assistant', content: [{ type: 'refusal', refusal: 'No' }] }]);
  });
});
