// What the server sent goes back as it was: through JSON and back, in the next request, block for block.
import { anthropic } from 'rxllm/anthropic';
import { fromJSON } from 'rxllm/serialization';
import { streamCases, type StreamCase } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { block, end, json, ok, start, streamOf, text } from './events.ts';

type Json = Readonly<Record<string, unknown>>;

let server: TestServer | undefined;
afterEach(() => server?.close());

/** The blocks of a stream, put together by the rules of the protocol and nothing else; without those that are empty. */
function blocksOf(body: string): Json[] {
  const blocks: Record<string, unknown>[] = [];
  const inputs: string[] = [];
  for (const line of body.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (!line.startsWith('data:')) continue;
    const event = JSON.parse(line.slice(5)) as {
      readonly type: string;
      readonly index: number;
      readonly content_block: Json;
      readonly delta: Readonly<Record<string, string>> & { readonly citation?: object };
    };
    if (event.type === 'content_block_start') {
      blocks[event.index] = { ...event.content_block };
      inputs[event.index] = '';
    }
    if (event.type !== 'content_block_delta') continue;
    const { index, delta } = event;
    const grown = blocks[index]!;
    if (delta.type === 'text_delta') grown.text = `${grown.text as string}${delta.text}`;
    if (delta.type === 'thinking_delta') grown.thinking = `${grown.thinking as string}${delta.thinking}`;
    if (delta.type === 'signature_delta') grown.signature = delta.signature;
    if (delta.type === 'compaction_delta') grown.content = delta.content;
    if (delta.type === 'input_json_delta') inputs[index] += delta.partial_json!;
    if (delta.citation) grown.citations = [...((grown.citations as object[] | undefined) ?? []), delta.citation];
  }
  return blocks
    .map((grown, index) => (inputs[index] ? { ...grown, input: JSON.parse(inputs[index]) as unknown } : grown))
    .filter((grown) => grown.type !== 'text' || /\S/.test(String(grown.text)))
    .map((grown) => {
      const { citations, ...others } = grown as Json & { citations?: readonly object[] };
      return citations?.length ? grown : others;
    });
}

/** The second request of a conversation whose first answer was this stream. */
async function secondRequest(body: string | Uint8Array, settings: object = {}): Promise<Json> {
  server = await startServer({ pieces: [body] });
  const model = anthropic({ model: 'claude-sonnet-4-6', baseUrl: server.url, ...settings });
  const first = model.prompt('q');
  await first.text();
  const restored = fromJSON(JSON.stringify(first.toJSON()), { model });
  const calls = restored.toJSON().messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call'));
  const toolResults = calls
    .filter((call) => !call.server_executed)
    .map(({ name, tool_call_id }) => ({ name, output: 'done', tool_call_id: tool_call_id! }));
  await restored.reply('r', { toolResults }).text();
  return server.requests[1]!.json;
}

needs('corpus').describe('the answer of every recording', () => {
  const decode = ({ bytes }: StreamCase) => new TextDecoder().decode(bytes);
  const cases = streamCases('anthropic-messages').filter(
    ({ name, expected, bytes }) =>
      !expected.error &&
      !expected.tool_calls.some((call) => call.arguments_invalid) &&
      bytes.length < 1e6 &&
      !name.includes('multi-line'),
  );

  test('is tried for nearly all', () => {
    expect(cases.length).toBe(32);
  });

  test.each(cases)('$name goes back block for block', async (entry) => {
    const { messages } = (await secondRequest(entry.bytes)) as { readonly messages: readonly Json[] };
    const blocks = blocksOf(decode(entry));
    // A call of the server's that has no result yet goes back only while its turn goes on.
    const answered = new Set(blocks.map((entryBlock) => entryBlock.tool_use_id));
    const expected = blocks.filter(({ type, id }) => !/^(server|mcp)_tool_use$/.test(String(type)) || answered.has(id));
    const answer = messages.find(({ role }) => role === 'assistant');
    expect(answer?.content ?? []).toEqual(expected);
    const last = messages.at(-1) as { readonly role: string; readonly content: readonly Json[] };
    expect(last.role).toBe('user');
    expect(last.content.at(-1)).toEqual({ type: 'text', text: 'r' });
    const results = last.content.filter(({ type }) => type === 'tool_result');
    expect(results.map(({ tool_use_id: id }) => id)).toEqual(
      blocks.filter(({ type }) => type === 'tool_use').map(({ id }) => id),
    );
  });

  test('that paused goes on when it is sent back alone, its pending call with it', async () => {
    const entry = cases.find(({ name }) => name.includes('pause-'))!;
    server = await startServer({ pieces: [entry.bytes] });
    const model = anthropic({ model: 'claude-sonnet-4-6', baseUrl: server.url });
    const first = model.prompt('q');
    await first.text();
    const restored = fromJSON(JSON.stringify(first.toJSON()), { model });
    await restored.reply().text();
    const blocks = blocksOf(decode(entry));
    expect(blocks.at(-1)).toMatchObject({ type: 'server_tool_use' });
    expect(server.requests[1]!.json.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'q' }] },
      { role: 'assistant', content: blocks },
    ]);
  });
});

describe('an answer', () => {
  const thought = (thinking: string, signature: string) =>
    [
      { type: 'thinking', thinking: '', signature: '' },
      ...(thinking ? [{ type: 'thinking_delta', thinking }] : []),
      { type: 'signature_delta', signature },
    ] as const;
  const search = { type: 'server_tool_use', id: 's1', name: 'web_search', input: {} };
  const found = { type: 'web_search_tool_result', tool_use_id: 's1', content: [], caller: { type: 'direct' } };

  test('keeps hidden and redacted thinking where it stood between the other blocks', async () => {
    const stream = streamOf([
      start(),
      ...block(0, ...thought('Hm', 'A')),
      ...block(1, { type: 'text', text: '' }, text('Let me see')),
      ...block(2, ...thought('', 'B')),
      ...block(3, search, json('{"query":"x"}')),
      ...block(4, found),
      ...block(5, { type: 'redacted_thinking', data: 'C' }),
      ...block(6, { type: 'text', text: '' }, text('So')),
      ...end('end_turn'),
    ]);
    const { messages } = await secondRequest(stream);
    expect((messages as readonly Json[])[1]).toEqual({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 'A' },
        { type: 'text', text: 'Let me see' },
        { type: 'thinking', thinking: '', signature: 'B' },
        { ...search, input: { query: 'x' } },
        found,
        { type: 'redacted_thinking', data: 'C' },
        { type: 'text', text: 'So' },
      ],
    });
  });

  test('keeps blocks of kinds that nobody knows yet', async () => {
    const strange = { type: 'fallback', from: { model: 'a' }, to: { model: 'b' } };
    const future = { type: 'telepathy_tool_use', id: 't1', name: 'guess', input: { of: 'mind' }, range: 3 };
    const guessed = { type: 'telepathy_tool_result', tool_use_id: 't1', content: { aura: 'blue' } };
    const stream = [start(), ...block(0, strange), ...block(1, future), ...block(2, guessed), ...end('end_turn')];
    const { messages } = await secondRequest(streamOf(stream));
    expect((messages as readonly Json[])[1]).toEqual({ role: 'assistant', content: [strange, future, guessed] });
  });

  test('is joined with the one before it, which it goes on', async () => {
    const paused = streamOf([start(), ...block(0, search, json('{"query":"x"}')), ...end('pause_turn')]);
    const rest = streamOf([
      start(),
      ...block(0, found),
      ...block(1, { type: 'text', text: '' }, text('So')),
      ...end('end_turn'),
    ]);
    const bodies = [paused, rest, streamOf(ok)];
    server = await startServer(() => ({ pieces: [bodies.shift()!] }));
    const model = anthropic({ model: 'm', baseUrl: server.url });
    await model.prompt('q').reply().reply('r').text();
    expect(server.requests.map(({ json: sent }) => sent.messages)).toEqual([
      [{ role: 'user', content: [{ type: 'text', text: 'q' }] }],
      [expect.anything(), { role: 'assistant', content: [{ ...search, input: { query: 'x' } }] }],
      [
        expect.anything(),
        { role: 'assistant', content: [{ ...search, input: { query: 'x' } }, found, { type: 'text', text: 'So' }] },
        { role: 'user', content: [{ type: 'text', text: 'r' }] },
      ],
    ]);
  });

  test('that came under another key is the answer of a stranger', async () => {
    const stream = streamOf([
      start(),
      ...block(0, ...thought('Hm', 'A')),
      ...block(1, search),
      ...block(2, found),
      ...block(3, { type: 'text', text: '' }, text('So')),
      ...end('end_turn'),
    ]);
    server = await startServer({ pieces: [stream] });
    const first = anthropic({ model: 'm', baseUrl: server.url, metadataKey: 'other' }).prompt('q');
    const { messages, prompt } = await first.result().then(() => first.toJSON());
    expect(JSON.stringify(messages)).toContain('"other":{"signature":"A"}');
    await anthropic({ model: 'm', baseUrl: server.url })
      .prompt([...prompt.messages, ...messages])
      .text();
    expect((server.requests[1]!.json.messages as readonly Json[])[1]).toEqual({
      role: 'assistant',
      content: [{ type: 'text', text: 'So' }],
    });
  });

  test('names its container while code in it waits for results of the client, and not afterwards', async () => {
    const container = { id: 'container_1', expires_at: '2026-01-01T00:00:00Z' };
    const caller = { type: 'code_execution_20260120', tool_id: 's1' };
    const code = { type: 'server_tool_use', id: 's1', name: 'code_execution', input: { code: 'x' } };
    const asked = { type: 'tool_use', id: 'c1', name: 'f', input: {}, caller };
    const stream = streamOf([start(), ...block(0, code), ...block(1, asked), ...end('tool_use', { container })]);
    const bodies = [stream, streamOf(ok), streamOf(ok), streamOf(ok)];
    server = await startServer(() => ({ pieces: [bodies.shift()!] }));
    const tools = [{ name: 'f', run: () => 'done' }];
    const first = anthropic({ model: 'm', baseUrl: server.url }).prompt('q', { tools });
    await first.reply().reply('r').text();
    const [, second, third] = server.requests.map((request) => request.json);
    expect(second).toMatchObject({
      container: 'container_1',
      messages: [
        {},
        { role: 'assistant', content: [code, asked] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: 'done' }] },
      ],
    });
    expect(third).not.toHaveProperty('container');
    // The code never had a result, so the API would refuse its call from here on, and whoever names it.
    const { caller: _, ...plain } = asked;
    expect((third!.messages as readonly Json[])[1]).toEqual({ role: 'assistant', content: [plain] });
    // Somebody speaks before the results.
    await first.reply('Wait', { toolResults: [] }).text();
    expect(server.requests[3]!.json).not.toHaveProperty('container');
  });
});
