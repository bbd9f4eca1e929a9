// Answers in one piece, from real providers of the AI SDK and from a model that gives what it is told to.
import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import { fromAiSdk, type AiSdkWarning } from 'rxllm/ai-sdk';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer } from '../../support/servers.ts';
import { anthropic, google, openaiChat, openaiResponses } from './makers.ts';
import { standIn, usage } from './standIn.ts';

const by = (name: string, metadata?: object) => ({ ai_sdk: { by: name, ...(metadata && { metadata }) } });

const answers = [
  [
    'openai.chat',
    openaiChat,
    {
      id: 'x',
      model: 'served',
      choices: [
        {
          index: 0,
          finish_reason: 'tool_calls',
          message: {
            role: 'assistant',
            content: 'a',
            tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
          },
        },
      ],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    },
    [
      { type: 'text', text: 'a' },
      { type: 'tool_call', name: 'f', arguments: { x: 1 }, tool_call_id: 'c', provider_metadata: by('openai') },
    ],
    'tool_calls',
  ],
  [
    'openai.responses',
    openaiResponses,
    {
      id: 'r',
      created_at: 1,
      model: 'served',
      status: 'completed',
      output: [
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'e' },
        { type: 'function_call', id: 'fc_1', call_id: 'c', name: 'f', arguments: '{"x":1}' },
      ],
      usage: { input_tokens: 1, output_tokens: 2 },
    },
    [
      {
        type: 'reasoning',
        text: '',
        redacted: true,
        provider_metadata: {
          ai_sdk: {
            by: 'openai',
            metadata: { openai: { itemId: 'rs_1', reasoningEncryptedContent: 'e' } },
            position: 0,
          },
        },
      },
      {
        type: 'tool_call',
        name: 'f',
        arguments: { x: 1 },
        tool_call_id: 'c',
        provider_metadata: by('openai', { openai: { itemId: 'fc_1' } }),
      },
    ],
    'tool_calls',
  ],
  [
    'anthropic',
    anthropic,
    {
      type: 'message',
      id: 'm',
      model: 'served',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 's' },
        { type: 'text', text: 'a' },
      ],
      stop_reason: 'end_turn',
      usage: { input_tokens: 1, output_tokens: 2 },
    },
    [
      { type: 'reasoning', text: 'Hm', provider_metadata: by('anthropic', { anthropic: { signature: 's' } }) },
      { type: 'text', text: 'a' },
    ],
    'stop',
  ],
  [
    'google',
    google,
    {
      candidates: [
        { content: { parts: [{ text: 'a', thoughtSignature: 's' }], role: 'model' }, finishReason: 'MAX_TOKENS' },
      ],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 },
    },
    [{ type: 'text', text: 'a', provider_metadata: by('google', { google: { thoughtSignature: 's' } }) }],
    'length',
  ],
] as const;

describe('an answer in one piece', () => {
  test.each(answers)('from %s is the same events', async (_, make, answer, parts, reason) => {
    const server = await startServer({ contentType: 'application/json', pieces: [JSON.stringify(answer)] });
    const { error, messages, events } = await outcomeOf(fromAiSdk(make(server.url), { maxRetries: 0 }), {
      stream: false,
      raw: true,
    });
    await server.close();
    expect(error).toBeUndefined();
    expect(server.requests[0]?.json.stream ?? false).toBe(false);
    expect(messages[0]?.parts).toEqual(parts);
    expect(events.find((event) => event.type === 'raw')).toEqual({ type: 'raw', payload: answer });
    expect(events.findLast((event) => event.type === 'usage')?.usage).toMatchObject({ input: 1, output: 2 });
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason });
    const ended = events.filter((event) => event.type === 'part_end');
    expect(ended.map((event) => event.part_index).toSorted((a, b) => a - b)).toEqual(parts.map((__, at) => at));
  });

  const result = (more: Partial<LanguageModelV4GenerateResult> = {}): LanguageModelV4GenerateResult => ({
    content: [],
    finishReason: { unified: 'stop', raw: undefined },
    usage,
    warnings: [],
    ...more,
  });

  test('has every kind of content', async () => {
    const metadata = { maker: { a: 1 } };
    const source = { type: 'source', sourceType: 'url', id: '1', url: 'https://example.com' } as const;
    const warning = { type: 'other', message: 'odd' } as const;
    const warnings: AiSdkWarning[] = [];
    const model = standIn([], {
      doGenerate: () =>
        Promise.resolve(
          result({
            content: [
              { type: 'text', text: 'a', providerMetadata: metadata, citations: [{ source }] },
              source,
              { type: 'tool-call', toolCallId: 's', toolName: 'f', input: '{}', providerExecuted: true },
              { type: 'tool-result', toolCallId: 's', toolName: 'f', result: 1 },
              { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'YQ==' } },
              { type: 'reasoning', text: '' },
            ],
            warnings: [warning],
            response: { modelId: 'served' },
          }),
        ),
    });
    const { messages, events } = await outcomeOf(
      fromAiSdk(model, { onWarning: (given) => void warnings.push(given) }),
      { stream: false },
    );
    expect(warnings).toEqual([warning]);
    expect(events[0]).toMatchObject({ resolved_model: 'served' });
    const own = { ai_sdk: { by: 'maker' } };
    const server = { tool_call_id: 's', server_executed: true };
    expect(messages[0]?.parts).toEqual([
      {
        type: 'text',
        text: 'a',
        provider_metadata: { ai_sdk: { by: 'maker', metadata, sources: [source], citations: [{ source }] } },
      },
      { type: 'tool_call', name: 'f', arguments: {}, ...server, provider_metadata: own },
      {
        type: 'tool_result',
        name: 'f',
        output: '1',
        ...server,
        provider_metadata: { ai_sdk: { by: 'maker', output: 'json' } },
      },
      { type: 'attachment', attachment: { type: 'image/png', content: 'YQ==' }, provider_metadata: own },
    ]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  });

  test.each([
    [result({ content: undefined as never }), 'bad_response'],
    [result({ finishReason: { unified: 'interrupted', raw: undefined } }), 'truncated'],
  ])('that is none is an error (%#)', async (given, code) => {
    const model = standIn([], { doGenerate: () => Promise.resolve(given) });
    expect((await outcomeOf(fromAiSdk(model, { maxRetries: 0 }), { stream: false })).error).toMatchObject({ code });
  });
});
