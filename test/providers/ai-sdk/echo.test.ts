// Recorded answers, written down as JSON, read again and replied to: through the AI SDK's own providers the next request
// holds them as each wants them, byte for byte and in order.
import { user, type ModelOptions } from 'rxllm';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { fromJSON } from 'rxllm/serialization';
import { streamCases } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { outcomeOfResponse } from '../../support/outcome.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { anthropic, google, openaiChat, openaiResponses, type Maker } from './makers.ts';

let server: TestServer;
afterEach(() => server?.close());

/** A recording; the value of a key in its bytes. */
function recording(api: string, name: string) {
  const entry = streamCases(api).find((candidate) => candidate.name === name)!;
  const text = new TextDecoder().decode(entry.bytes);
  const values = (key: string) => [...text.matchAll(new RegExp(`"${key}": ?"([^"]+)"`, 'g'))].map((match) => match[1]!);
  return { ...entry, values };
}

/** The body of the second request, after this answer to the first. */
async function secondRequest(
  make: Maker,
  { bytes, contentType }: { readonly bytes: Uint8Array; readonly contentType: string },
  toolName: string,
  options: ModelOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  server = await startServer({ contentType, pieces: [bytes] });
  const model = fromAiSdk(make(server.url));
  const tools = [{ name: toolName, run: () => 'result of the tool' }];
  const first = model.prompt('Question', { tools, options });
  expect((await outcomeOfResponse(first)).error).toBeUndefined();
  const again = fromJSON(JSON.stringify(first), { model });
  expect((await outcomeOfResponse(again.reply(user('Thanks'), { tools, options }))).error).toBeUndefined();
  return server.requests[1]!.json;
}

/** A reply to a recording of a wire format. */
function replyTo(make: Maker, api: string, name: string, tool: string, options?: ModelOptions) {
  const entry = recording(api, name);
  return { ...entry, body: () => secondRequest(make, entry, tool, options) };
}

const ownCopy = { providerOptions: { openai: { store: false } } };

needs('corpus').describe('the next request', () => {
  test('to OpenAI Responses holds encrypted reasoning, and the call after it', async () => {
    const name = 'openai-responses/tools-gpt-5-nano-2025-08-07';
    const { values, body } = replyTo(openaiResponses, 'openai-responses', name, 'best_language_to_learn', ownCopy);
    const { input } = (await body()) as { readonly input: readonly unknown[] };
    const id = 'call_gAlMKYUezxsrjOsVqKjhG5Me';
    // Each event that has it is encrypted anew; the one that counts says that the item is done.
    const [, encrypted_content] = values('encrypted_content');
    const reasoningId = values('id').find((candidate) => candidate.startsWith('rs_'));
    expect(input.slice(1, -1)).toEqual([
      { type: 'reasoning', id: reasoningId, encrypted_content, summary: [] },
      { type: 'function_call', call_id: id, name: 'best_language_to_learn', arguments: '{}' },
      { type: 'function_call_output', call_id: id, output: 'result of the tool' },
    ]);
  });

  test.each([
    'openai-responses/code-interpreter-reasoning-gpt-5-2025-08-07',
    'openai-responses/mcp-o4-mini-2025-04-16',
  ])('to OpenAI Responses refers to what is stored there, in order, also to hidden reasoning: %s', async (name) => {
    const { values, body } = replyTo(openaiResponses, 'openai-responses', name, 'f');
    const { input } = (await body()) as { readonly input: readonly Readonly<Record<string, string>>[] };
    const references = input
      .slice(1, -1)
      .map(({ type, id }) => (type === 'item_reference' ? id! : `not stored: ${type}`));
    const items = [...new Set(values('id'))].filter((id) => /^(rs|ci|ws|mcp|msg)_/.test(id));
    expect(references).toEqual(items);
  });

  test('to OpenAI Chat holds calls and their results', async () => {
    const name = 'openai-chat/parallel-tools-gpt-4o-2024-08-06';
    const { body } = replyTo(openaiChat, 'openai-chat-completions', name, 'get_country');
    const [, assistant, first, second] = (await body()).messages as readonly Readonly<Record<string, unknown>>[];
    const [a, b] = ['call_3rqTYrA6H21AYUaRGP4F66oq', 'call_Xw9XMKBJU48kAAd78WgIswDx'];
    expect(assistant).toMatchObject({ role: 'assistant', content: null, tool_calls: [{ id: a }, { id: b }] });
    expect(first).toEqual({ role: 'tool', tool_call_id: a, content: 'result of the tool' });
    expect(second).toMatchObject({ tool_call_id: b, content: expect.stringContaining('does not exist') as string });
  });

  test('to Anthropic holds signed thinking first, then text and call', async () => {
    const name = 'anthropic/reasoning-tools-claude-sonnet-4-6';
    const { values, body, expected } = replyTo(anthropic, 'anthropic-messages', name, 'get_weather');
    const [, assistant, user_] = (await body()).messages as readonly { readonly content: readonly unknown[] }[];
    const signature = values('signature').join('');
    expect(signature).toHaveLength(428);
    expect(assistant?.content).toMatchObject([
      { type: 'thinking', thinking: expected.reasoning, signature },
      { type: 'text', text: expected.text },
      { type: 'tool_use', id: 'toolu_01X1PSFUkNua9EZHLVHwy6T4', input: { location: 'San Francisco' } },
    ]);
    expect(user_?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'toolu_01X1PSFUkNua9EZHLVHwy6T4', content: 'result of the tool' },
      { type: 'text', text: 'Thanks' },
    ]);
  });

  test('to Anthropic holds redacted thinking', async () => {
    const name = 'anthropic/redacted-claude-sonnet-4-5-20250929';
    const { values, body, expected } = replyTo(anthropic, 'anthropic-messages', name, 'f');
    const [, assistant] = (await body()).messages as readonly { readonly content: readonly unknown[] }[];
    const [first, second] = values('data');
    expect(assistant?.content).toEqual([
      { type: 'redacted_thinking', data: first },
      { type: 'redacted_thinking', data: second },
      { type: 'text', text: expected.text },
    ]);
  });

  test('to Anthropic holds what its own tools gave, in order', async () => {
    const name = 'anthropic/web-search-citations-claude-sonnet-4-20250514';
    const { values, body } = replyTo(anthropic, 'anthropic-messages', name, 'f');
    const [, assistant] = (await body()).messages as readonly { readonly content: readonly { type: string }[] }[];
    const types = assistant!.content.map(({ type }) => type).filter((type, at, all) => type !== all[at - 1]);
    const search = ['server_tool_use', 'web_search_tool_result'];
    expect(types).toEqual([...search, ...search, 'text']);
    for (const encrypted of values('encrypted_content')) expect(JSON.stringify(assistant)).toContain(encrypted);
    expect(values('encrypted_content').length).toBeGreaterThan(3);
  });

  test('to Gemini holds the thought signature on the call that it came with', async () => {
    const name = 'google-gemini/parallel-tools-gemini-3.5-flash';
    const { values, body } = replyTo(google, 'gemini-stream-generate-content', name, 'get_weather');
    const [, model] = (await body()).contents as readonly { readonly parts: readonly unknown[] }[];
    const [signature] = values('thoughtSignature');
    expect(model?.parts).toEqual([
      {
        functionCall: { id: 'dv8szvqe', name: 'get_weather', args: { location: 'Boston' } },
        thoughtSignature: signature,
      },
      { functionCall: { id: 'j80tal12', name: 'get_weather', args: { location: 'New Delhi' } } },
    ]);
  });
});
