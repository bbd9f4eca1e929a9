// What is sent: bodies as a server gets them.
import { assistant, attachment, system, toolMessage, user, type AttachmentPart, type LlmError } from 'rxllm';
import { call, catUrl, encoded, result, sent, useServer, wireCall } from './sent.ts';

useServer();

const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');
const bytesOfPng = base64('\x89PNG\r\n\x1a\n');
const png = attachment({ content: bytesOfPng });
const synthetic = { provider_metadata: { rxllm: { synthetic_id: true } } };

describe('an Ollama request', () => {
  test('is the smallest there is for a prompt alone', async () => {
    const { path, headers, json } = await sent({});
    expect(path).toBe('/api/chat');
    expect(headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/x-ndjson' });
    expect(headers.authorization).toBeUndefined();
    expect(json).toEqual({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], stream: true });
  });

  test('has options, tools and schema in their places, and extraBody over everything', async () => {
    const { json, headers } = await sent(
      {
        options: { temperature: 0, num_predict: 5, stop: 'a', think: true, keep_alive: '5m', logprobs: true },
        tools: [{ name: 'f', description: 'does f', input_schema: { type: 'object' } }, { name: 'g' }],
        schema: { type: 'object' },
        stream: false,
      },
      { extraBody: { think: undefined, keep_alive: 0, options: { num_predict: 6, numa: true }, raw: 1 } },
    );
    expect(headers.accept).toBe('application/json');
    expect(json).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Hi' }],
      stream: false,
      keep_alive: 0,
      logprobs: true,
      raw: 1,
      format: { type: 'object' },
      options: { temperature: 0, num_predict: 6, stop: ['a'], numa: true },
      tools: [
        { type: 'function', function: { name: 'f', description: 'does f', parameters: { type: 'object' } } },
        { type: 'function', function: { name: 'g', parameters: { type: 'object', properties: {} } } },
      ],
    });
  });

  test('has no `options` when there are none, or extraBody takes them away', async () => {
    expect((await sent({ options: { think: false } })).json).not.toHaveProperty('options');
    const { json } = await sent({ options: { seed: 1 } }, { extraBody: { options: undefined } });
    expect(json).not.toHaveProperty('options');
  });

  test.each<[object, unknown]>([
    [{}, undefined],
    [{ reasoning_effort: 'none' }, false],
    [{ reasoning_effort: 'minimal' }, 'low'],
    [{ reasoning_effort: 'medium' }, 'medium'],
    [{ reasoning_effort: 'xhigh' }, 'high'],
    [{ reasoning_effort: 'max' }, 'max'],
    [{ reasoning_effort: 'low', think: true }, true],
    [{ think: false }, false],
    [{ think: 'high' }, 'high'],
  ])('with options %j has think: %p', async (options, think) => {
    expect((await sent({ options })).json.think).toBe(think);
  });

  test('asks for no less when reasoning is hidden: that would make the model think less', async () => {
    expect((await sent({ hideReasoning: true })).json).not.toHaveProperty('think');
  });

  test('has the JSON mode that is asked for, and a schema before it', async () => {
    expect((await sent({ options: { format: 'json' } })).json.format).toBe('json');
    const { json } = await sent({ options: { format: 'json' }, schema: { type: 'array' } });
    expect(json.format).toEqual({ type: 'array' });
  });

  test('puts the system text first, says none twice in a row, and gives other roles the one there is', async () => {
    const developer = { role: 'developer', parts: [{ type: 'text', text: 'c' }] } as const;
    expect(await encoded([system('a'), user('x'), system('a'), system('b'), user('y'), developer])).toEqual([
      { role: 'system', content: 'a' },
      { role: 'user', content: 'x' },
      { role: 'system', content: 'b' },
      { role: 'user', content: 'y' },
      { role: 'system', content: 'c' },
    ]);
    expect(await encoded([user('x')], { system: 'now' })).toEqual([
      { role: 'system', content: 'now' },
      { role: 'user', content: 'x' },
    ]);
  });

  test('leaves out what is empty', async () => {
    const thought = { type: 'reasoning', text: 'r' } as const;
    expect(await encoded([system(''), user(''), assistant(''), assistant(thought)])).toEqual([]);
  });

  test('joins the text of a message and lists its images', async () => {
    expect(await encoded([user('a', 'b'), user('a', png, 'b'), user(png)])).toEqual([
      { role: 'user', content: 'ab' },
      { role: 'user', content: 'ab', images: [bytesOfPng] },
      { role: 'user', content: '', images: [bytesOfPng] },
    ]);
  });

  test('has calls and their results, with the ids that there are', async () => {
    const history = [
      user('q'),
      assistant('Let me see', call('f', 'a'), call('g')),
      toolMessage(result('f', '1', 'a'), result('g', '')),
      assistant(call('f', 'toolu_c')),
      toolMessage({ ...result('f', '', 'toolu_c'), exception: 'TypeError: no' }),
    ];
    expect(await encoded(history)).toEqual([
      { role: 'user', content: 'q' },
      { role: 'assistant', content: 'Let me see', tool_calls: [wireCall('f', 'a'), wireCall('g')] },
      { role: 'tool', content: '1', tool_name: 'f', tool_call_id: 'a' },
      { role: 'tool', content: '', tool_name: 'g' },
      { role: 'assistant', content: '', tool_calls: [wireCall('f', 'toolu_c')] },
      { role: 'tool', content: 'TypeError: no', tool_name: 'f', tool_call_id: 'toolu_c' },
    ]);
  });

  test('sends no id that a decoder made', async () => {
    const history = [assistant(call('f', 'tc_x_0', synthetic)), toolMessage(result('f', '1', 'tc_x_0'))];
    expect(await encoded(history)).toEqual([
      { role: 'assistant', content: '', tool_calls: [wireCall('f')] },
      { role: 'tool', content: '1', tool_name: 'f' },
    ]);
  });

  test('has arguments as an object, also those that were none', async () => {
    const history = [
      assistant(
        call('f', 'a', { arguments: { _raw: '{"x"' } }),
        call('f', 'b', { arguments: [1] }),
        call('f', 'c', { arguments: {} }),
      ),
    ];
    const [message] = (await encoded(history)) as [{ tool_calls: { function: { arguments: unknown } }[] }];
    expect(message.tool_calls.map((item) => item.function.arguments)).toEqual([{ _raw: '{"x"' }, {}, {}]);
  });

  test('sends reasoning along, whoever thought it, but none that is hidden and no metadata', async () => {
    const history = [
      assistant(
        { type: 'reasoning', text: '', redacted: true, provider_metadata: { anthropic: { data: 'x' } } },
        { type: 'reasoning', text: 'hidden', redacted: true },
        { type: 'reasoning', text: 'Hm', provider_metadata: { anthropic: { signature: 's' } } },
        { type: 'reasoning', text: 'So', provider_metadata: { openai: { encrypted_content: 'e' } } },
        call('f', 'a'),
      ),
      toolMessage(result('f', '1', 'a')),
      assistant({ type: 'reasoning', text: 'Ah' }, 'It is 1'),
    ];
    expect(await encoded(history)).toEqual([
      { role: 'assistant', content: '', thinking: 'Hm\n\nSo', tool_calls: [wireCall('f', 'a')] },
      { role: 'tool', content: '1', tool_name: 'f', tool_call_id: 'a' },
      { role: 'assistant', content: 'It is 1', thinking: 'Ah' },
    ]);
  });

  test('leaves out what another provider ran itself', async () => {
    const server_executed = true as const;
    const history = [
      assistant('a', call('s', 'a', { server_executed }), { ...result('s', 'r', 'a'), server_executed }),
    ];
    expect(await encoded(history)).toEqual([{ role: 'assistant', content: 'a' }]);
  });

  test('takes a refusal of another provider for what was said', async () => {
    const refusal = { type: 'text', text: 'No', provider_metadata: { openai: { refusal: true } } } as const;
    expect(await encoded([assistant(refusal)])).toEqual([{ role: 'assistant', content: 'No' }]);
  });

  test('puts the files of results after all results that belong together', async () => {
    const history = [
      assistant(call('f', 'a'), call('g', 'b')),
      toolMessage({ ...result('f', '1', 'a'), attachments: [{ type: 'image/png', content: bytesOfPng }] }),
      toolMessage(result('g', '2', 'b')),
      assistant('So'),
    ];
    expect((await encoded(history)).slice(1)).toEqual([
      { role: 'tool', content: '1', tool_name: 'f', tool_call_id: 'a' },
      { role: 'tool', content: '2', tool_name: 'g', tool_call_id: 'b' },
      { role: 'user', content: '', images: [bytesOfPng] },
      { role: 'assistant', content: 'So' },
    ]);
  });

  test('sends images back that a model made, and no other files', async () => {
    const pdf = attachment({ content: base64('%PDF-1.7') });
    const gone = attachment({ url: 'https://expired.example/a.png' });
    expect(await encoded([assistant('Here', png, pdf, gone), assistant(png), assistant(pdf)])).toEqual([
      { role: 'assistant', content: 'Here', images: [bytesOfPng] },
      { role: 'assistant', content: '', images: [bytesOfPng] },
    ]);
  });
});

describe('attachments in an Ollama request', () => {
  const wav = base64('RIFF\x01\x02\x03\x04WAVE');
  test.each<readonly [AttachmentPart, string]>([
    [png, bytesOfPng],
    [attachment({ url: 'data:image/gif;base64,AAAA' }), 'AAAA'],
    [attachment({ content: base64('x'), type: 'image/avif' }), base64('x')],
    [attachment({ content: wav }), wav],
    [attachment({ content: base64('ID3\x04') }), base64('ID3\x04')],
  ])('%j', async (part, data) => {
    expect(await encoded([user(part)])).toEqual([{ role: 'user', content: '', images: [data] }]);
  });

  test('are fetched when they are given by a URL, also without a type', async () => {
    expect(await encoded([user(attachment({ url: catUrl() }))])).toEqual([
      { role: 'user', content: '', images: [base64('cat')] },
    ]);
  });

  test.each([
    [attachment({ path: '/tmp/cat.png' }), /path "\/tmp\/cat.png".*give its bytes as `content`/],
    [attachment({ content: base64('hello') }), /type is not known; give its `type`/],
    [attachment({ content: base64('%PDF-1.7') }), /type "application\/pdf"; it takes image\/\*, audio\/wav/],
    [attachment({ url: 'https://example.com/a.pdf' }), /type "application\/pdf"/],
  ])('%j is refused', async (part, message) => {
    const error: unknown = await encoded([user(part)]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unsupported' });
    expect((error as LlmError).message).toMatch(message);
  });
});
