// What a Responses server said goes back to it as it came: asked, answered, written as JSON, read again, replied to.
import {
  assistant,
  user,
  type JsonObject,
  type LlmResponse,
  type Model,
  type ResponseJSON,
  type ToolCallPart,
} from 'rxllm';
import { openaiResponses } from 'rxllm/openai';
import { fromJSON } from 'rxllm/serialization';
import { streamCases } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { added, completed, created, done, event, message, outputText } from './stream.ts';

let server: TestServer;
afterEach(() => server?.close());

/** The input of the request that follows an answer, after the response has been JSON text. */
async function inputAfter(
  body: Uint8Array | string,
  resultOf: (call: ToolCallPart) => string = () => '[]',
): Promise<readonly JsonObject[]> {
  server = await startServer({ pieces: [body] });
  const model = openaiResponses({ model: 'm', baseUrl: server.url });
  const response = model.prompt('Hi');
  await response.messages();
  const calls = waitingCalls(response.toJSON());
  const toolResults = calls.map((call) => ({
    name: call.name,
    output: resultOf(call),
    ...(call.tool_call_id !== undefined && { tool_call_id: call.tool_call_id }),
  }));
  await restored(response, model)
    .reply(calls.length > 0 ? undefined : 'And then?', { toolResults })
    .messages();
  return server.requests[1]!.json.input as readonly JsonObject[];
}

function restored(response: LlmResponse, model: Model<never>): LlmResponse {
  return fromJSON(JSON.parse(JSON.stringify(response)), { model });
}

/** The calls that the client has to run, or to allow. */
function waitingCalls({ messages }: ResponseJSON): readonly ToolCallPart[] {
  return messages
    .flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call'))
    .filter((call) => !call.server_executed || call.tool_call_id?.startsWith('mcpr_'));
}

/** The output of a recorded response, as its last message has it. */
function outputOf(bytes: Uint8Array): readonly JsonObject[] {
  const last = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .findLast((line) => line.startsWith('data: {'))!;
  return (JSON.parse(last.slice('data: '.length)) as { response: { output: readonly JsonObject[] } }).response.output;
}

/** An item of an output as it has to go back; none where it must not. */
function asInput(item: JsonObject): readonly JsonObject[] {
  const { type, id, content, phase, arguments: args, call_id, name } = item;
  switch (type) {
    case 'message': {
      const parts = content as readonly { readonly type: string; readonly text?: string }[];
      const text = parts.map((part) => part.text ?? '').join('');
      const [first] = parts;
      const said = first?.type === 'refusal' ? [first] : text;
      return said === '' ? [] : [{ role: 'assistant', content: said, ...(phase && { phase }) }];
    }
    case 'reasoning': {
      // Without encrypted content OpenAI would look for it among what it stores.
      const { encrypted_content, summary, format } = item;
      return encrypted_content
        ? [{ type, id, encrypted_content, summary, ...(format && { format }) } as JsonObject]
        : [];
    }
    case 'function_call':
      return [{ type, call_id, name, arguments: JSON.parse(args as string) as JsonObject } as JsonObject];
    case 'custom_tool_call':
      // Only xAI's own are recorded.
      return [];
    default:
      return [item];
  }
}

function comparable(item: JsonObject): JsonObject {
  return typeof item.arguments === 'string' && item.type === 'function_call'
    ? { ...item, arguments: JSON.parse(item.arguments) as JsonObject }
    : item;
}

needs('corpus').describe('what was recorded goes back as it came', () => {
  const cases = streamCases('openai-responses').filter(({ expected }) => !expected.error);

  test('in all cases that did not fail, 12 of them with encrypted reasoning', () => {
    expect(cases).toHaveLength(46);
    const encrypted = cases.filter(({ bytes }) => outputOf(bytes).some((item) => item.encrypted_content));
    expect(encrypted).toHaveLength(12);
  });

  test.each(cases)('$name', async ({ bytes, name }) => {
    const wanted = outputOf(bytes);
    const input = (await inputAfter(bytes)).map(comparable);
    expect(input[0]).toEqual({ role: 'user', content: 'Hi' });
    const count = wanted.flatMap(asInput).length;
    // LM Studio's model waits for a result, and needs what it thought in the open.
    const isRaw = name === 'lmstudio-responses/reasoning-tools-glm-4.7-flash';
    if (isRaw) {
      const [{ id, content }] = wanted as [JsonObject];
      expect(input[1]).toEqual({ type: 'reasoning', id, content, summary: [] });
      expect(input.slice(2, 4)).toEqual(wanted.slice(1).flatMap(asInput));
    } else expect(input.slice(1, 1 + count)).toEqual(wanted.flatMap(asInput));
    const others = input.slice(1 + count + (isRaw ? 1 : 0));
    expect(others.every((item) => item.role === 'user' || /_(output|response)$/.test(item.type as string))).toBe(true);
  });
});

describe('the request after an answer', () => {
  const rs = (id: string, more: object = {}) => ({
    type: 'reasoning',
    id,
    summary: [],
    encrypted_content: `enc ${id}`,
    ...more,
  });
  const fc = (id: string) => ({
    type: 'function_call',
    id: `fc_${id}`,
    call_id: id,
    name: 'f',
    arguments: '{}',
    status: 'completed',
  });
  const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } };
  const items = (...output: readonly object[]) =>
    created + output.map((item, at) => added(at, item) + done(at, item)).join('') + completed(output);

  test('has hidden reasoning where it came, each item with its own', async () => {
    const output = [
      rs('rs_1'),
      rs('rs_2'),
      search,
      rs('rs_3'),
      message(outputText('Let me see')),
      rs('rs_4'),
      fc('a'),
      rs('rs_5'),
      fc('b'),
    ];
    const input = await inputAfter(items(...output));
    expect(input.map(({ type, role, id, call_id: callId }) => id ?? callId ?? role ?? type)).toEqual([
      'user',
      'rs_1',
      'rs_2',
      'ws_1',
      'rs_3',
      'assistant',
      'rs_4',
      'a',
      'rs_5',
      'b',
      'a',
      'b',
    ]);
    expect(input[2]).toEqual(rs('rs_2'));
  });

  test('has the summaries of one item apart', async () => {
    const summary = [
      { type: 'summary_text', text: 'First' },
      { type: 'summary_text', text: 'Second' },
    ];
    const [, item] = await inputAfter(items(rs('rs_1', { summary, status: 'completed', content: [] }), fc('a')));
    expect(item).toEqual(rs('rs_1', { summary }));
  });

  test('has the encrypted content of the last message that has one', async () => {
    const [first, last] = [rs('rs_1', { encrypted_content: 'begun' }), rs('rs_1', { encrypted_content: 'whole' })];
    const [, item] = await inputAfter(created + added(0, first) + done(0, first) + completed([last, fc('a')]));
    expect(item).toEqual(last);
  });

  test('has the phases of messages, and calls between them', async () => {
    const output = [
      { ...message(outputText('I look')), phase: 'commentary' },
      fc('a'),
      { ...message(outputText('Done')), phase: 'final_answer' },
    ];
    expect((await inputAfter(items(...output))).slice(1, -1)).toEqual([
      { role: 'assistant', content: 'I look', phase: 'commentary' },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
      { role: 'assistant', content: 'Done', phase: 'final_answer' },
    ]);
  });

  test('has an image that the model made', async () => {
    const image = {
      type: 'image_generation_call',
      id: 'ig_1',
      status: 'completed',
      output_format: 'webp',
      result: 'UklG',
    };
    expect((await inputAfter(items(image)))[1]).toEqual(image);
  });

  test('has the namespace of a function, and who called it', async () => {
    const caller = { type: 'program', caller_id: 'p' };
    const [, item] = await inputAfter(items({ ...fc('a'), namespace: 'crm', caller }));
    expect(item).toEqual({ type: 'function_call', call_id: 'a', name: 'f', arguments: '{}', namespace: 'crm', caller });
  });

  test('has items of types that are not known here', async () => {
    const program = { type: 'program', id: 'prog_1', call_id: 'p', code: 'x()', fingerprint: 'fp' };
    const output = { type: 'program_output', id: 'po_1', call_id: 'p', result: '1', status: 'completed' };
    expect((await inputAfter(items(program, output, fc('a')))).slice(1, 3)).toEqual([program, output]);
  });

  test('answers a request for approval', async () => {
    const request = { type: 'mcp_approval_request', id: 'mcpr_1', name: 'pay', server_label: 's', arguments: '{}' };
    const response = { type: 'mcp_approval_response', approval_request_id: 'mcpr_1' };
    expect((await inputAfter(items(request), () => 'true')).slice(1)).toEqual([
      request,
      { ...response, approve: true },
    ]);
    await server.close();
    expect((await inputAfter(items(request), () => '{"approve":false,"reason":"no"}')).at(-1)).toEqual({
      ...response,
      approve: false,
      reason: 'no',
    });
    await server.close();
    expect((await inputAfter(items(request), () => 'sure')).at(-1)).toEqual({ ...response, approve: false });
  });

  test('has no reasoning of which the server kept the content', async () => {
    const hidden = { type: 'reasoning', id: 'rs_1', summary: [] };
    expect((await inputAfter(items(hidden, fc('a')))).slice(1, 2)).toEqual([
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    ]);
  });

  test('has plain reasoning while the answer is not complete, and not later', async () => {
    const content = [{ type: 'reasoning_text', text: 'Hm' }];
    const plain = { type: 'reasoning', id: 'rs_1', summary: [], content };
    const delta = event('reasoning_text.delta', { output_index: 0, content_index: 0, delta: 'Hm' });
    const body = created + added(0, { ...plain, content: [] }) + delta + done(0, plain);
    expect((await inputAfter(body + done(1, fc('a')) + completed([plain, fc('a')])))[1]).toEqual(plain);
    await server.close();
    const input = await inputAfter(body + completed([plain, message(outputText('Yes'))]));
    expect(input.slice(1)).toEqual([
      { role: 'assistant', content: 'Yes' },
      { role: 'user', content: 'And then?' },
    ]);
  });

  test('has no plain reasoning for OpenAI, which would look for it among what it stores', async () => {
    const thought = {
      type: 'reasoning',
      text: 'Hm',
      provider_metadata: { openai: { id: 'rs_1', raw: true } },
    } as const;
    const bodies: string[] = [];
    const model = openaiResponses({
      model: 'gpt-5',
      apiKey: 'key-of-nobody',
      fetch(_, { body }) {
        bodies.push(typeof body === 'string' ? body : '');
        return Promise.resolve(new Response(completed([message(outputText('Yes'))])));
      },
    });
    await model.prompt([user('Hi'), assistant(thought, 'Well')]).messages();
    expect(JSON.parse(bodies[0]!)).toMatchObject({
      input: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Well' },
      ],
    });
  });
});
