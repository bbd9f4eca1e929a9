// What a model of the AI SDK is called with.
import type { LanguageModelV3CallOptions, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import { createOpenAI } from '@ai-sdk/openai';
import {
  assistant,
  attachment,
  system,
  toolMessage,
  user,
  type Message,
  type PromptOptions,
  type ToolCallPart,
  type ToolResultPart,
} from 'rxllm';
import { fromAiSdk, type AiSdkModelOptions, type FromAiSdkOptions } from 'rxllm/ai-sdk';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { finish, standIn, streamOf } from './standIn.ts';

/** The call that a prompt `Hi` becomes. */
async function called(
  options: PromptOptions<AiSdkModelOptions> = {},
  settings: FromAiSdkOptions = {},
  more: Parameters<typeof standIn>[1] = {},
): Promise<LanguageModelV4CallOptions> {
  const model = standIn(undefined, more);
  const { error } = await outcomeOf(fromAiSdk(model, settings), options);
  if (error) throw error;
  return model.calls[0]!;
}

/** The messages that a history becomes; the prompt at their end is left out. */
async function encoded(messages: readonly Message[], options: PromptOptions<AiSdkModelOptions> = {}) {
  const { prompt } = await called({ messages, ...options });
  return prompt.slice(0, -1);
}

const own = (notes: object = {}) => ({ provider_metadata: { ai_sdk: { by: 'maker', ...notes } } });
const others = (notes: object = {}) => ({ provider_metadata: { ai_sdk: { by: 'other', ...notes } } });
const metadata = { maker: { item: 1 } };
const call = (id: string | undefined, more: object = {}): ToolCallPart => ({
  type: 'tool_call',
  name: 'f',
  arguments: { x: 1 },
  ...(id !== undefined && { tool_call_id: id }),
  ...more,
});
const result = (id: string | undefined, output: string, more: object = {}): ToolResultPart => ({
  type: 'tool_result',
  name: 'f',
  output,
  ...(id !== undefined && { tool_call_id: id }),
  ...more,
});
const wireCall = (toolCallId: string, more: object = {}) => ({
  type: 'tool-call',
  toolCallId,
  toolName: 'f',
  input: { x: 1 },
  ...more,
});
const wireResult = (toolCallId: string, value: string, more: object = {}) => ({
  type: 'tool-result',
  toolCallId,
  toolName: 'f',
  output: { type: 'text', value },
  ...more,
});
const said = (value: string) => ({ type: 'text', text: value });
const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');
const png = base64('\x89PNG\r\n\x1a\n');

describe('a call of a model of the AI SDK', () => {
  test('is the smallest there is for a prompt alone', async () => {
    const { abortSignal, ...options } = await called();
    expect(abortSignal).toBeInstanceOf(AbortSignal);
    expect(options).toEqual({ prompt: [{ role: 'user', content: [said('Hi')] }] });
  });

  test('has options, tools and schema in their places', async () => {
    const {
      prompt: _,
      abortSignal: __,
      ...options
    } = await called(
      {
        options: {
          maxOutputTokens: 5,
          temperature: 0,
          stopSequences: ['a'],
          toolChoice: 'required',
          reasoning: 'low',
          providerOptions: { maker: { store: false } },
        },
        tools: [{ name: 'f', description: 'does f', input_schema: { type: 'object' } }, { name: 'g' }],
        schema: { type: 'object' },
        raw: true,
      },
      {
        headers: { 'x-a': 'b' },
        providerTools: { search: createOpenAI().tools.webSearch({ searchContextSize: 'low' }) },
      },
    );
    expect(options).toEqual({
      maxOutputTokens: 5,
      temperature: 0,
      stopSequences: ['a'],
      toolChoice: { type: 'required' },
      reasoning: 'low',
      providerOptions: { maker: { store: false } },
      tools: [
        { type: 'function', name: 'f', description: 'does f', inputSchema: { type: 'object' } },
        { type: 'function', name: 'g', inputSchema: { type: 'object', properties: {} } },
        { type: 'provider', id: 'openai.web_search', name: 'search', args: { searchContextSize: 'low' } },
      ],
      responseFormat: { type: 'json', schema: { type: 'object' } },
      includeRawChunks: true,
      headers: { 'x-a': 'b' },
    });
  });

  test.each<[AiSdkModelOptions, string | undefined]>([
    [{ reasoning_effort: 'high' }, 'high'],
    [{ reasoning_effort: 'high', reasoning: 'none' }, 'none'],
    [{}, undefined],
  ])('with %j has reasoning: %s', async (options, reasoning) => {
    expect((await called({ options })).reasoning).toBe(reasoning);
  });

  test('names the one tool that is to be called', async () => {
    const toolChoice = { type: 'tool', toolName: 'f' } as const;
    expect((await called({ options: { toolChoice } })).toolChoice).toEqual(toolChoice);
  });

  test('has system texts first, each once, with roles of other providers among them', async () => {
    const developer = { role: 'developer', parts: [{ type: 'text', text: 'c' }] } as const;
    const history = [
      system('a'),
      user('x'),
      system('a'),
      { ...system('b'), ...own({ metadata }) },
      developer,
      system(''),
    ];
    expect(await encoded(history, { system: 'now' })).toEqual([
      { role: 'system', content: 'now' },
      { role: 'system', content: 'a' },
      { role: 'system', content: 'b', providerOptions: metadata },
      { role: 'system', content: 'c' },
      { role: 'user', content: [said('x')] },
    ]);
  });

  test('leaves out what is empty', async () => {
    expect(
      await encoded([
        user(''),
        // Anthropic refuses text that shows nothing.
        user(' '),
        system(' '),
        assistant(''),
        assistant({ type: 'text', text: '', ...own({ by: 'maker' }) }),
        assistant({ type: 'reasoning', text: 'r' }),
        toolMessage([]),
      ]),
    ).toEqual([]);
  });

  test('returns to the provider what it gave, and what the user says to it', async () => {
    const history = [
      { ...user({ type: 'text', text: 'q', provider_metadata: { ai_sdk: { metadata } } }), ...own({ metadata }) },
      {
        ...assistant(
          { type: 'reasoning', text: 'Hm', ...own({ metadata }) },
          { type: 'reasoning', text: 'bare', ...own() },
          { type: 'text', text: 'a', ...own({ metadata, sources: [1] }) },
          call('c', own({ metadata })),
        ),
        ...own({ metadata }),
      },
      toolMessage(result('c', '1', { provider_metadata: { ai_sdk: { metadata } } })),
    ];
    const providerOptions = metadata;
    expect(await encoded(history)).toEqual([
      { role: 'user', content: [{ ...said('q'), providerOptions }], providerOptions },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', providerOptions },
          { type: 'reasoning', text: 'bare' },
          { ...said('a'), providerOptions },
          wireCall('c', { providerOptions }),
        ],
        providerOptions,
      },
      { role: 'tool', content: [wireResult('c', '1', { providerOptions })] },
    ]);
  });

  test('leaves out what another provider thought, made, ran itself and noted', async () => {
    const server_executed = true as const;
    const history = [
      assistant(
        { type: 'reasoning', text: 'x', ...others({ metadata }) },
        { type: 'reasoning', text: '', redacted: true, provider_metadata: { anthropic: { data: 'd' } } },
        { type: 'text', text: 'a', ...others({ metadata }) },
        { ...attachment({ type: 'image/png', content: png }), ...others() },
        attachment({ type: 'image/png', content: png }),
        call('s', { server_executed, ...others() }),
        result('s', '{}', { server_executed, ...others({ output: 'json' }) }),
        call('s2', { server_executed }),
        call('c', others({ metadata })),
      ),
      toolMessage(result('c', '1')),
    ];
    expect(await encoded(history)).toEqual([
      { role: 'assistant', content: [said('a'), wireCall('c')] },
      { role: 'tool', content: [wireResult('c', '1')] },
    ]);
  });

  test('has what the provider ran itself as it was', async () => {
    const server_executed = true as const;
    const results = [
      ['json', '{"a":1}', { a: 1 }],
      ['text', '42', '42'],
      ['error-json', '["e"]', ['e']],
      ['error-text', 'no', 'no'],
      ['json', 'edited', 'edited'],
    ] as const;
    const history = [
      assistant(
        call('s', { server_executed, ...own({ metadata }) }),
        ...results.map(([output, value]) => result('s', value, { server_executed, ...own({ metadata, output }) })),
      ),
    ];
    const providerOptions = metadata;
    expect(await encoded(history)).toEqual([
      {
        role: 'assistant',
        content: [
          wireCall('s', { providerExecuted: true, providerOptions }),
          ...results.map(([type, , value]) => wireResult('s', '', { output: { type, value }, providerOptions })),
        ],
      },
    ]);
  });

  test('has redacted parts where they were, though they stand first in a message', async () => {
    const redacted = (data: string, position: number, more: object = {}) =>
      ({
        type: 'reasoning',
        text: '',
        redacted: true,
        ...own({ metadata: { maker: { data } }, position, ...more }),
      }) as const;
    const history = [
      assistant(
        redacted('0', 0),
        redacted('1', 1),
        redacted('1b', 1),
        redacted('9', 9, { kind: 'maker.x' }),
        'a',
        call('c', own()),
      ),
    ];
    const hidden = (data: string) => ({ type: 'reasoning', text: '', providerOptions: { maker: { data } } });
    expect((await encoded(history)).slice(0, 1)).toMatchObject([
      {
        content: [
          hidden('0'),
          said('a'),
          hidden('1'),
          hidden('1b'),
          wireCall('c'),
          { type: 'custom', kind: 'maker.x', providerOptions: { maker: { data: '9' } } },
        ],
      },
    ]);
  });

  test('has files that the model made, by content alone', async () => {
    const file = { type: 'file', mediaType: 'image/png', data: { type: 'data', data: png } };
    const made = attachment({ type: 'image/png', content: png });
    const history = [
      assistant(
        { ...made, ...own({ metadata }) },
        { ...made, ...own({ reasoning: true }) },
        { ...attachment({ type: 'image/png', url: 'https://127.0.0.1:9/gone' }), ...own() },
      ),
    ];
    expect(await encoded(history)).toEqual([
      {
        role: 'assistant',
        content: [
          { ...file, providerOptions: metadata },
          { ...file, type: 'reasoning-file' },
        ],
      },
    ]);
  });

  test('keeps ids that its provider gave, and puts legal ones in the place of others', async () => {
    const history = [
      assistant(
        call('functions.f:0', own()),
        call('functions.f:1', others()),
        call('tc_x_2', { provider_metadata: { rxllm: { synthetic_id: true } } }),
        call(undefined),
      ),
      toolMessage(
        result('functions.f:1', '1'),
        result('functions.f:0', '0'),
        result('tc_x_2', '2'),
        result(undefined, '3'),
      ),
    ];
    expect(await encoded(history)).toEqual([
      {
        role: 'assistant',
        content: ['functions.f:0', 'call00001', 'call00002', 'call00003'].map((id) => wireCall(id)),
      },
      {
        role: 'tool',
        content: [
          wireResult('call00001', '1'),
          wireResult('functions.f:0', '0'),
          wireResult('call00002', '2'),
          wireResult('call00003', '3'),
        ],
      },
    ]);
  });

  test('says which results are errors, and which calls may run', async () => {
    const approval = { id: 'a', approved: false, reason: 'no' };
    const history = [
      assistant(call('c', own()), call('m', { server_executed: true, ...own({ approval: { id: 'a' } }) })),
      toolMessage(
        result('c', '', { exception: 'TypeError: x' }),
        result('m', '', { provider_metadata: { ai_sdk: { approval } } }),
      ),
    ];
    expect((await encoded(history))[1]).toEqual({
      role: 'tool',
      content: [
        wireResult('c', '', { output: { type: 'error-text', value: 'TypeError: x' } }),
        { type: 'tool-approval-response', approvalId: 'a', approved: false, reason: 'no' },
      ],
    });
  });

  test('has the files of results in a user message after all that belong together', async () => {
    const attachments = [{ type: 'image/png', content: png }];
    const history = [
      assistant(call('a'), call('b')),
      toolMessage(result('a', '1', { attachments })),
      toolMessage(result('b', '2')),
      assistant('So'),
    ];
    expect((await encoded(history)).slice(1)).toEqual([
      { role: 'tool', content: [wireResult('a', '1')] },
      { role: 'tool', content: [wireResult('b', '2')] },
      { role: 'user', content: [{ type: 'file', mediaType: 'image/png', data: { type: 'data', data: png } }] },
      { role: 'assistant', content: [said('So')] },
    ]);
  });

  test('makes one message of an answer that has several, so that results follow their calls', async () => {
    const first = { ...assistant(call('a')), ...own({ metadata }) };
    expect(await encoded([first, assistant('b'), toolMessage(result('a', '1'))])).toEqual([
      { role: 'assistant', content: [wireCall('a'), said('b')], providerOptions: metadata },
      { role: 'tool', content: [wireResult('a', '1')] },
    ]);
  });

  test('has answers to calls that its provider ran, not to those that another one did', async () => {
    const server = { server_executed: true } as const;
    const asked = (by: string) => assistant('s', call('a', { ...server, ...own({ by }) }));
    const answer = toolMessage(result('a', 'yes', own({ approval: { id: 'i', approved: true } })));
    const response = { type: 'tool-approval-response', approvalId: 'i', approved: true };
    expect((await encoded([asked('maker'), answer]))[1]).toEqual({ role: 'tool', content: [response] });
    expect(await encoded([asked('other'), answer])).toEqual([
      { role: 'assistant', content: [said('s')] },
      { role: 'user', content: [said('Result of the tool f: yes')] },
    ]);
  });

  test('takes no key: the provider has one', async () => {
    await expect(called({ key: 'k' })).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('files in a call of a model of the AI SDK', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ contentType: 'image/png', pieces: ['cat'] });
  });
  afterAll(() => server.close());

  /** The file parts of a user message with that attachment. */
  async function sent(
    given: Parameters<typeof attachment>[0],
    supportedUrls: LanguageModelV4CallOptions | object = {},
  ) {
    const { prompt } = await called({ messages: [user(attachment(given))] }, {}, { supportedUrls } as object);
    return prompt[0]?.content[0];
  }
  const inline = (mediaType: string, data: string) => ({ type: 'file', mediaType, data: { type: 'data', data } });

  test.each([
    [{ content: png }, inline('image/png', png)],
    [{ content: base64('%PDF-1') }, inline('application/pdf', base64('%PDF-1'))],
    [{ content: base64('x'), type: 'video/mp4' }, inline('video/mp4', base64('x'))],
    [{ url: 'data:text/plain;base64,YQ==' }, inline('text/plain', 'YQ==')],
  ])('%j', async (given, expected) => {
    expect(await sent(given)).toEqual(expected);
  });

  test('are fetched unless the provider says that it does that itself', async () => {
    const url = `${server.url}/cat`;
    const fetched = inline('image/png', base64('cat'));
    expect(await sent({ url })).toEqual(fetched);
    expect(await sent({ url, type: 'image/png' }, { 'audio/*': [/./], 'image/*': [/^https:/] })).toEqual(fetched);
    expect(server.requests).toHaveLength(2);
    const asUrl = { type: 'file', mediaType: 'image/png', data: { type: 'url', url: new URL(url) } };
    const patterns = [/^https:/, /^http:\/\/127/g];
    for (const supported of [
      { '*': patterns },
      { '*/*': patterns },
      { 'image/*': patterns },
      { 'IMAGE/png': patterns },
    ]) {
      expect(await sent({ url, type: 'image/png' }, supported)).toEqual(asUrl);
      expect(await sent({ url, type: 'image/png' }, Promise.resolve(supported))).toEqual(asUrl);
    }
    expect(server.requests).toHaveLength(2);
  });

  test('that have no type, or only a path, are refused', async () => {
    await expect(sent({ content: base64('hello') })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/give its `type`/) as string,
    });
    await expect(sent({ path: '/a.png' })).rejects.toThrow(/withLocalFiles/);
    await expect(sent({ content: png }, Promise.reject(new Error('no patterns')))).rejects.toThrow('no patterns');
  });
});

describe('a call of a model of version 3', () => {
  const calls: LanguageModelV3CallOptions[] = [];
  const model = fromAiSdk({
    ...standIn(),
    specificationVersion: 'v3',
    doStream(options: LanguageModelV3CallOptions) {
      calls.push(options);
      return Promise.resolve({ stream: streamOf([finish()]) as never });
    },
    doGenerate: () => Promise.reject(new Error('not asked for')),
  });

  test('has files in its form, and nothing that it does not know', async () => {
    const redacted = { type: 'reasoning', text: '', redacted: true, ...own({ kind: 'maker.x', position: 0 }) } as const;
    const file = attachment({ type: 'image/png', content: png });
    const messages = [
      user(file, 'q'),
      assistant({ ...file, ...own() }, redacted, 'a', call('c', own())),
      toolMessage(result('c', '1')),
    ];
    expect((await outcomeOf(model, { messages, options: { reasoning: 'provider-default' } })).error).toBeUndefined();
    const wireFile = { type: 'file', mediaType: 'image/png', data: png };
    expect(calls.at(-1)).toEqual({
      abortSignal: expect.any(AbortSignal) as AbortSignal,
      prompt: [
        { role: 'user', content: [wireFile, said('q')] },
        { role: 'assistant', content: [wireFile, said('a'), wireCall('c')] },
        { role: 'tool', content: [wireResult('c', '1')] },
        { role: 'user', content: [said('Hi')] },
      ],
    });
  });

  test('refuses an effort, for which it has no place', async () => {
    const { error } = await outcomeOf(model, { options: { reasoning_effort: 'high' } });
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error?.message).toContain('providerOptions');
  });
});
