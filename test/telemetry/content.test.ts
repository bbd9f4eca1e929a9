// What was said, on spans: nothing by default, and never the bytes of an attachment.
import { of, Subject } from 'rxjs';
import {
  assistant,
  attachment,
  defineModel,
  toolMessage,
  toolOutput,
  user,
  type StreamEvent,
  type ToolResultPart,
} from 'rxllm';
import { withTelemetry } from 'rxllm/telemetry';
import { recorder } from './recorder.ts';

const secret = 'swordfish';
const bytes = Buffer.from(`bytes of ${secret}`).toString('base64');
const result: ToolResultPart = {
  type: 'tool_result',
  name: 'look',
  output: `saw ${secret}`,
  tool_call_id: 'c0',
  attachments: [{ type: 'image/png', content: bytes }],
};
const history = [
  user(
    `The word is ${secret}`,
    attachment({ type: 'image/png', content: bytes }),
    attachment({ type: 'application/pdf', url: `https://example.com/${secret}.pdf` }),
    attachment({ type: 'audio/wav', url: `data:audio/wav;base64,${bytes}` }),
    attachment({ path: `/home/${secret}` }),
  ),
  assistant(
    { type: 'reasoning', text: `Hm, ${secret}`, provider_metadata: { anthropic: { signature: secret } } },
    {
      type: 'tool_call',
      name: 'look',
      arguments: { at: secret },
      tool_call_id: 'c0',
    },
  ),
  toolMessage(result),
];
const answer: StreamEvent[] = [
  { type: 'reasoning', chunk: `Thinking of ${secret}` },
  { type: 'tool_call_name', chunk: 'search', tool_call_id: 's1', server_executed: true },
  { type: 'tool_call_args', chunk: `{"q":"${secret}"}`, tool_call_id: 's1', server_executed: true },
  { type: 'part_end', part_index: 1 },
  { type: 'tool_result', chunk: `found ${secret}`, tool_name: 'search', tool_call_id: 's1', server_executed: true },
  { type: 'text', chunk: `It is ` },
  { type: 'text', chunk: secret, provider_metadata: { openai: { note: secret } } },
  { type: 'attachment', attachment: { type: 'image/png', content: bytes } },
  { type: 'raw', payload: { secret } },
  { type: 'tool_call_name', chunk: 'tell', tool_call_id: 'c1' },
  { type: 'tool_call_args', chunk: `{"word":"${secret}"}`, tool_call_id: 'c1' },
  { type: 'finish', reason: 'tool_calls' },
];
const tool = {
  name: 'tell',
  description: `Tells ${secret}`,
  input_schema: { type: 'object', properties: { word: { type: 'string' } } },
  run: () => toolOutput('ok', { attachments: [] }),
} as const;

async function ask(captureContent?: boolean) {
  const record = recorder();
  const model = withTelemetry(defineModel({ id: 'm', stream: () => of(...answer) }), {
    ...record.here,
    ...(captureContent !== undefined && { captureContent }),
  });
  await model.prompt(history, { system: `Never say ${secret}`, tools: [tool], schema: { title: secret } }).result();
  return record;
}

const parsed = (value: unknown): unknown => JSON.parse(String(value));

test.each([undefined, false])('nothing of it is recorded when captureContent is %s', async (captureContent) => {
  const record = await ask(captureContent);
  const { name, attributes, events, links, status } = record.span;
  const metrics = (await record.metrics()).map(({ dataPoints }) => dataPoints.map((point) => point.attributes));
  expect(JSON.stringify({ name, attributes, events, links, status, metrics })).not.toContain(secret);
  expect(JSON.stringify(attributes)).not.toContain(bytes);
  expect(Object.keys(attributes)).not.toContain('gen_ai.tool.definitions');
});

test('with captureContent what was said is JSON as the conventions have it', async () => {
  const { attributes } = (await ask(true)).span;
  expect(parsed(attributes['gen_ai.system_instructions'])).toEqual([{ type: 'text', content: `Never say ${secret}` }]);
  expect(parsed(attributes['gen_ai.tool.definitions'])).toEqual([
    { type: 'function', name: 'tell', description: `Tells ${secret}`, parameters: tool.input_schema },
  ]);
  expect(parsed(attributes['gen_ai.input.messages'])).toEqual([
    {
      role: 'user',
      parts: [
        { type: 'text', content: `The word is ${secret}` },
        { type: 'attachment', modality: 'image', mime_type: 'image/png' },
        {
          type: 'uri',
          modality: 'document',
          mime_type: 'application/pdf',
          uri: `https://example.com/${secret}.pdf`,
        },
        { type: 'attachment', modality: 'audio', mime_type: 'audio/wav' },
        { type: 'attachment', modality: 'unknown' },
      ],
    },
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: `Hm, ${secret}` },
        { type: 'tool_call', id: 'c0', name: 'look', arguments: { at: secret } },
      ],
    },
    {
      role: 'tool',
      parts: [
        { type: 'tool_call_response', id: 'c0', response: `saw ${secret}` },
        { type: 'attachment', modality: 'image', mime_type: 'image/png' },
      ],
    },
  ]);
  expect(parsed(attributes['gen_ai.output.messages'])).toEqual([
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: `Thinking of ${secret}` },
        {
          type: 'server_tool_call',
          id: 's1',
          name: 'search',
          server_tool_call: { type: 'search', arguments: { q: secret } },
        },
        {
          type: 'server_tool_call_response',
          id: 's1',
          server_tool_call_response: { type: 'search', output: `found ${secret}` },
        },
        { type: 'text', content: `It is ${secret}` },
        { type: 'attachment', modality: 'image', mime_type: 'image/png' },
        { type: 'tool_call', id: 'c1', name: 'tell', arguments: { word: secret } },
      ],
    },
  ]);
});

test('bytes and provider metadata are not recorded with captureContent either', async () => {
  const { attributes } = (await ask(true)).span;
  const said = JSON.stringify(attributes);
  expect(said).not.toContain(bytes);
  expect(said).not.toMatch(/signature|note|provider_metadata/);
});

test('of an answer that is broken off, what had come is recorded, without the call that had not ended', () => {
  const record = recorder();
  const events$ = new Subject<StreamEvent>();
  const model = withTelemetry(defineModel({ id: 'm', stream: () => events$ }), {
    ...record.here,
    captureContent: true,
  });
  const subscription = model.prompt('Hello').subscribe();
  for (const event of answer.slice(0, -1)) events$.next(event);
  subscription.unsubscribe();
  const [{ parts }] = parsed(record.span.attributes['gen_ai.output.messages']) as [{ parts: { type: string }[] }];
  expect(parts.map(({ type }) => type)).toEqual([
    'reasoning',
    'server_tool_call',
    'server_tool_call_response',
    'text',
    'attachment',
  ]);
});

test('an answer of nothing has no output messages', async () => {
  const record = recorder();
  const model = withTelemetry(defineModel({ id: 'm', stream: () => of() }), { ...record.here, captureContent: true });
  await model.prompt('Hello').text();
  expect(record.span.attributes).toHaveProperty(['gen_ai.input.messages']);
  expect(record.span.attributes).not.toHaveProperty(['gen_ai.output.messages']);
});
