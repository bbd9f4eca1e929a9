// Parts written by hand: what they become, and what is kept on them.
import type { LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { fromAiSdk, type AiSdkWarning } from 'rxllm/ai-sdk';
import { outcomeOf } from '../../support/outcome.ts';
import { finish, outcomeOfParts, standIn, streamOf, text, type Part } from './standIn.ts';

const by = 'maker';
const own = (notes: object = {}) => ({ ai_sdk: { by, ...notes } });
const partsOf = async (...parts: Part[]) => (await outcomeOfParts([...parts, finish()])).messages[0]?.parts;

describe('the parts of a model of the AI SDK', () => {
  test('become events as they come, each with its indexes, though they are interleaved', async () => {
    const { events } = await outcomeOfParts([
      { type: 'stream-start', warnings: [] },
      { type: 'response-metadata', id: 'r', modelId: 'served', timestamp: new Date(0) },
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'H' },
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta: 'a' },
      { type: 'reasoning-delta', id: '0', delta: 'm' },
      { type: 'reasoning-end', id: '0' },
      { type: 'tool-input-start', id: 'c', toolName: 'f' },
      { type: 'tool-input-delta', id: 'c', delta: '{"x"' },
      { type: 'text-delta', id: '0', delta: 'b' },
      { type: 'text-end', id: '0' },
      { type: 'tool-input-delta', id: 'c', delta: ':1}' },
      { type: 'tool-input-end', id: 'c' },
      { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{"x":1}' },
      finish('tool-calls'),
    ]);
    expect(events[0]).toMatchObject({ type: 'start', model: 'm', resolved_model: 'served' });
    expect(events.slice(1)).toEqual([
      { type: 'reasoning', chunk: 'H', part_index: 0, message_index: 0, provider_metadata: own() },
      { type: 'text', chunk: 'a', part_index: 1, message_index: 0 },
      { type: 'reasoning', chunk: 'm', part_index: 0, message_index: 0 },
      { type: 'part_end', part_index: 0 },
      {
        type: 'tool_call_name',
        chunk: 'f',
        part_index: 2,
        message_index: 0,
        tool_call_id: 'c',
        provider_metadata: own(),
      },
      { type: 'tool_call_args', chunk: '{"x"', part_index: 2, message_index: 0, tool_call_id: 'c' },
      { type: 'text', chunk: 'b', part_index: 1, message_index: 0 },
      { type: 'part_end', part_index: 1 },
      { type: 'tool_call_args', chunk: ':1}', part_index: 2, message_index: 0, tool_call_id: 'c' },
      { type: 'part_end', part_index: 2 },
      {
        type: 'usage',
        usage: { input: 5, output: 7, details: { reasoning: 2, cached: 3, cache_write: 1, raw: { prompt: 5 } } },
      },
      { type: 'finish', reason: 'tool_calls', raw_reason: 'tool-calls' },
    ]);
  });

  test('keep what the provider gave with them last, without what is undefined', async () => {
    expect(
      await partsOf(
        { type: 'reasoning-start', id: 'r', providerMetadata: { maker: { item: 1, encrypted: null } } },
        { type: 'reasoning-delta', id: 'r', delta: 'Hm' },
        { type: 'reasoning-delta', id: 'r', delta: '', providerMetadata: { maker: { signature: 's', no: undefined } } },
        { type: 'reasoning-end', id: 'r' },
        { type: 'text-start', id: 't' },
        { type: 'text-delta', id: 't', delta: 'a' },
        { type: 'text-end', id: 't', providerMetadata: { maker: { item: 2 } } },
        { type: 'tool-input-start', id: 'c', toolName: 'f', providerMetadata: { maker: { item: 3 } } },
        { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '', providerMetadata: { maker: { item: 4 } } },
        { type: 'tool-call', toolCallId: 'd', toolName: 'f', input: '{}', providerMetadata: { maker: { item: 5 } } },
      ),
    ).toEqual([
      { type: 'reasoning', text: 'Hm', provider_metadata: own({ metadata: { maker: { signature: 's' } } }) },
      { type: 'text', text: 'a', provider_metadata: own({ metadata: { maker: { item: 2 } } }) },
      {
        type: 'tool_call',
        name: 'f',
        arguments: {},
        tool_call_id: 'c',
        provider_metadata: own({ metadata: { maker: { item: 4 } } }),
      },
      {
        type: 'tool_call',
        name: 'f',
        arguments: {},
        tool_call_id: 'd',
        provider_metadata: own({ metadata: { maker: { item: 5 } } }),
      },
    ]);
  });

  test('with no text are none, but for reasoning that has something to be returned', async () => {
    expect(
      await partsOf(
        { type: 'text-start', id: '1', providerMetadata: { maker: { item: 1 } } },
        { type: 'text-end', id: '1' },
        { type: 'reasoning-start', id: '2' },
        { type: 'reasoning-end', id: '2' },
        ...text('a', '3'),
        { type: 'reasoning-start', id: '4', providerMetadata: { maker: { data: 'x' } } },
        { type: 'reasoning-end', id: '4' },
      ),
    ).toEqual([
      {
        type: 'reasoning',
        text: '',
        redacted: true,
        provider_metadata: own({ metadata: { maker: { data: 'x' } }, position: 1 }),
      },
      { type: 'text', text: 'a' },
    ]);
  });

  test('that are arguments in a form of their own come with the call', async () => {
    const { events } = await outcomeOfParts([
      { type: 'tool-input-start', id: 'c', toolName: 'patch', inputEncoding: 'text' },
      { type: 'tool-input-delta', id: 'c', delta: '*** Begin' },
      { type: 'tool-call', toolCallId: 'c', toolName: 'patch', input: '"*** Begin"' },
      finish(),
    ]);
    expect(events.flatMap((event) => (event.type === 'tool_call_args' ? [event.chunk] : []))).toEqual(['"*** Begin"']);
  });

  test('of a call that has no fragments are its arguments', async () => {
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{"x":1}' } as const;
    expect(await partsOf(call, call)).toMatchObject([{ name: 'f', arguments: { x: 1 } }]);
  });

  test('of a call that did not end are no JSON', async () => {
    const { messages, events } = await outcomeOfParts([
      { type: 'tool-input-start', id: 'c', toolName: 'f' },
      { type: 'tool-input-delta', id: 'c', delta: '{"x' },
      finish('length'),
    ]);
    expect(messages[0]?.parts).toMatchObject([{ name: 'f', arguments: { _raw: '{"x' } }]);
    expect(events.filter((event) => event.type === 'part_end')).toHaveLength(1);
  });

  test('of tools that the provider ran are calls and results, the final ones', async () => {
    const server_executed = true;
    const id = { tool_call_id: 's', server_executed };
    expect(
      await partsOf(
        { type: 'tool-input-start', id: 's', toolName: 'search', providerExecuted: true },
        { type: 'tool-input-delta', id: 's', delta: '{"q' },
        { type: 'tool-call', toolCallId: 's', toolName: 'search', input: '{"type":"x","q":1}', providerExecuted: true },
        { type: 'tool-result', toolCallId: 's', toolName: 'search', result: ['early'], preliminary: true },
        { type: 'tool-result', toolCallId: 's', toolName: 'search', result: { found: [1] } },
        {
          type: 'tool-result',
          toolCallId: 's',
          toolName: 'search',
          result: '42',
          providerMetadata: { maker: { a: 1 } },
        },
        { type: 'tool-result', toolCallId: 's', toolName: 'search', result: { code: 1 }, isError: true },
      ),
    ).toEqual([
      { type: 'tool_call', name: 'search', arguments: { type: 'x', q: 1 }, ...id, provider_metadata: own() },
      {
        type: 'tool_result',
        name: 'search',
        output: '{"found":[1]}',
        ...id,
        provider_metadata: own({ output: 'json' }),
      },
      {
        type: 'tool_result',
        name: 'search',
        output: '42',
        ...id,
        provider_metadata: own({ metadata: { maker: { a: 1 } }, output: 'text' }),
      },
      {
        type: 'tool_result',
        name: 'search',
        output: '{"code":1}',
        ...id,
        provider_metadata: own({ output: 'error-json' }),
      },
    ]);
  });

  test('that ask for an approval are noted on the call', async () => {
    expect(
      await partsOf(
        { type: 'tool-call', toolCallId: 'c', toolName: 'mcp.f', input: '{}', providerExecuted: true },
        { type: 'tool-approval-request', approvalId: 'a', toolCallId: 'c', providerMetadata: { maker: { x: 1 } } },
        { type: 'tool-approval-request', approvalId: 'b', toolCallId: 'unknown' },
      ),
    ).toMatchObject([
      { name: 'mcp.f', provider_metadata: own({ approval: { id: 'a', metadata: { maker: { x: 1 } } } }) },
    ]);
  });

  test('that are files become attachments, by content or address', async () => {
    const content = Buffer.from('abc').toString('base64');
    expect(
      await partsOf(
        { type: 'file', mediaType: 'image/png', data: { type: 'data', data: new TextEncoder().encode('abc') } },
        {
          type: 'file',
          mediaType: 'image/png',
          data: { type: 'url', url: new URL('https://example.com/a') },
          providerMetadata: { maker: { a: 1 } },
        },
        { type: 'reasoning-file', mediaType: 'image/png', data: { type: 'data', data: content } },
      ),
    ).toEqual([
      { type: 'attachment', attachment: { type: 'image/png', content }, provider_metadata: own() },
      {
        type: 'attachment',
        attachment: { type: 'image/png', url: 'https://example.com/a' },
        provider_metadata: own({ metadata: { maker: { a: 1 } } }),
      },
      { type: 'attachment', attachment: { type: 'image/png', content }, provider_metadata: own({ reasoning: true }) },
    ]);
  });

  test('that only the provider can read are kept as redacted ones', async () => {
    expect(
      await partsOf(
        { type: 'custom', kind: 'anthropic.message_start', providerMetadata: { anthropic: { id: 'x' } } },
        ...text('a'),
        { type: 'custom', kind: 'maker.compaction', providerMetadata: { maker: { encrypted: 'e' } } },
      ),
    ).toEqual([
      {
        type: 'reasoning',
        text: '',
        redacted: true,
        provider_metadata: own({ metadata: { maker: { encrypted: 'e' } }, kind: 'maker.compaction', position: 1 }),
      },
      { type: 'text', text: 'a' },
    ]);
  });

  test('that name sources are noted on the text before them, or else on the first text', async () => {
    const source = (id: string) =>
      ({ type: 'source', sourceType: 'url', id, url: `https://example.com/${id}` }) as const;
    const citations = [{ source: source('4'), startIndex: 0 }];
    expect(
      await partsOf(
        source('1'),
        { type: 'text-start', id: 't' },
        { type: 'text-delta', id: 't', delta: 'a' },
        source('2'),
        { type: 'text-end', id: 't', citations },
        source('3'),
      ),
    ).toEqual([
      {
        type: 'text',
        text: 'a',
        provider_metadata: own({ sources: ['1', '2', '3'].map(source), citations }),
      },
    ]);
  });

  test('that name sources after a text has ended are noted on it, though another text follows', async () => {
    const source = { type: 'source', sourceType: 'url', id: '1', url: 'https://example.com/1' } as const;
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{}' } as const;
    expect(await partsOf(...text('a', '1'), source, call, ...text('b', '2'))).toMatchObject([
      { type: 'text', text: 'a', provider_metadata: own({ sources: [source] }) },
      { type: 'tool_call' },
      { type: 'text', text: 'b' },
    ]);
  });

  test('that name sources go out once, however many there are among the text', async () => {
    const parts = Array.from({ length: 50 }, (_, index): Part[] => [
      { type: 'source', sourceType: 'url', id: String(index), url: 'https://example.com' },
      { type: 'text-delta', id: 't', delta: 'a' },
    ]);
    const { events } = await outcomeOfParts([{ type: 'text-start', id: 't' }, ...parts.flat(), finish()]);
    const noted = events.filter((event) => 'provider_metadata' in event);
    expect(noted).toHaveLength(1);
    expect(noted[0]).toMatchObject({ chunk: '', provider_metadata: { ai_sdk: { sources: { length: 50 } } } });
  });

  test('of a kind that is newer than this are passed over', async () => {
    const odd = { type: 'video', frames: [] } as object as Part;
    expect(await partsOf({ type: 'ping' }, odd, ...text('a'))).toEqual([{ type: 'text', text: 'a' }]);
  });

  test('that are warnings go to whoever wants them', async () => {
    const warnings: AiSdkWarning[] = [];
    const warning = { type: 'unsupported', feature: 'topK' } as const;
    const { events } = await outcomeOfParts([{ type: 'stream-start', warnings: [warning] }, finish()], {
      onWarning: (given) => void warnings.push(given),
    });
    expect(warnings).toEqual([warning]);
    expect(events.map((event) => event.type)).toEqual(['start', 'usage', 'finish']);
  });

  test('of version 3 are read as well', async () => {
    const parts: LanguageModelV3StreamPart[] = [
      { type: 'file', mediaType: 'image/png', data: 'YWJj' },
      { type: 'file', mediaType: 'image/png', data: new TextEncoder().encode('abc') },
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'a' },
      { type: 'text-end', id: 't' },
    ];
    const model = fromAiSdk({
      ...standIn(),
      specificationVersion: 'v3',
      doStream: () => Promise.resolve({ stream: streamOf([...(parts as Part[]), finish()]) as never }),
      doGenerate: () => Promise.reject(new Error('not asked for')),
    });
    const attachment = {
      type: 'attachment',
      attachment: { type: 'image/png', content: 'YWJj' },
      provider_metadata: own(),
    };
    expect((await outcomeOf(model)).messages[0]?.parts).toEqual([attachment, attachment, { type: 'text', text: 'a' }]);
  });
});

describe('the end of a stream', () => {
  test.each([
    ['stop', 'end_turn', 'stop'],
    ['stop', 'pause_turn', 'pause'],
    ['length', 'length', 'length'],
    ['content-filter', 'SAFETY', 'content_filter'],
    ['tool-calls', 'tool_use', 'tool_calls'],
    ['error', undefined, 'error'],
    ['other', 'eos', 'other'],
    ['other', undefined, 'unknown'],
  ] as const)('for reason %s (%s) is %s', async (unified, raw, reason) => {
    const part = { ...finish(), finishReason: { unified, raw } } as Part;
    const { events } = await outcomeOfParts([part]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason, ...(raw && { raw_reason: raw }) });
  });

  test('without a word of the provider is for tool calls when there is one for the client', async () => {
    const call = (providerExecuted: boolean) =>
      ({ type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{}', providerExecuted }) as const;
    const end = { ...finish(), finishReason: { unified: 'stop', raw: undefined } } as Part;
    expect((await outcomeOfParts([call(false), end])).events.at(-1)).toMatchObject({ reason: 'tool_calls' });
    expect((await outcomeOfParts([call(true), end])).events.at(-1)).toMatchObject({ reason: 'stop' });
  });

  test.each([
    ['the stream ends without one', []],
    ['the provider was interrupted', [finish('interrupted')]],
  ])('is none when %s: the answer is truncated', async (_, end) => {
    const { error, messages } = await outcomeOfParts([...text('a'), ...end]);
    expect(error).toMatchObject({ code: 'truncated', retryable: true });
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'a' }]);
  });

  test('is final', async () => {
    const { events, error } = await outcomeOfParts([finish(), ...text('late'), { type: 'error', error: 'late' }]);
    expect([error, events.at(-1)?.type]).toEqual([undefined, 'finish']);
  });

  test('gives no usage where nothing is known, and what the provider says of the whole where it says something', async () => {
    const none = { inputTokens: { total: undefined }, outputTokens: { total: undefined } };
    const end = { ...finish(), usage: none } as object as Part;
    expect((await outcomeOfParts([end])).events.map((event) => event.type)).toEqual(['start', 'finish']);
    const said = { ...end, providerMetadata: { maker: { id: 'x', no: undefined }, other: {} } } as Part;
    expect((await outcomeOfParts([said])).events[1]).toEqual({
      type: 'usage',
      usage: { details: { provider_metadata: { maker: { id: 'x' }, other: {} } } },
    });
  });
});
