// Any history can be sent to every provider: what comes of it keeps the provider's rules, or an LlmError says why not.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import * as fc from 'fast-check';
import { user, type JsonObject, type Message, type Model, type Part } from 'rxllm';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { anthropic } from 'rxllm/anthropic';
import { gemini } from 'rxllm/gemini';
import { ollama } from 'rxllm/ollama';
import { openaiChat, openaiResponses } from 'rxllm/openai';
import { numRuns } from '../support/arbitraries.ts';
import { outcomeOfResponse } from '../support/outcome.ts';
import { bodyText } from '../support/servers.ts';
import {
  anthropicRules,
  geminiRules,
  ollamaRules,
  openaiChatRules,
  openaiResponsesRules,
  type Rules,
} from './requestRules.ts';

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const apiKey = 'key-of-nobody';
const sides: Readonly<Record<string, readonly [make: (fetch: Fetch) => Model<never>, rules: Rules]>> = {
  openaiChat: [(fetch) => openaiChat({ model: 'm', apiKey, fetch }), openaiChatRules],
  openaiResponses: [(fetch) => openaiResponses({ model: 'gpt-5', apiKey, fetch }), openaiResponsesRules],
  anthropic: [(fetch) => anthropic({ model: 'claude-sonnet-4-6', apiKey, fetch }), anthropicRules],
  gemini: [(fetch) => gemini({ model: 'gemini-3-pro-preview', apiKey, fetch }), geminiRules],
  ollama: [(fetch) => ollama({ model: 'qwen3', fetch }), ollamaRules],
  'fromAiSdk (Anthropic)': [
    (fetch) => fromAiSdk(createAnthropic({ apiKey, fetch: fetch as typeof globalThis.fetch })('claude-sonnet-4-6')),
    anthropicRules,
  ],
  'fromAiSdk (OpenAI)': [
    (fetch) => fromAiSdk(createOpenAI({ apiKey, fetch: fetch as typeof globalThis.fetch }).chat('gpt-4o')),
    openaiChatRules,
  ],
};

const words = fc.constantFrom('', ' ', 'Hello', 'line\nline');
const names = fc.constantFrom('weather', 'search');
const synthetic = 'tc_r_0';
/** Of several providers' forms, one that a decoder made, one that is too long, none. */
const ids = fc.constantFrom('call_1', 'toolu_01', 'functions.weather:0', synthetic, 'x'.repeat(70), undefined);
const metadata = fc.constantFrom<JsonObject | undefined>(
  undefined,
  { openai: { refusal: true } },
  { openai: { reasoning_field: 'reasoning_content' } },
  { openai: { reasoning_details: [{ type: 'reasoning.encrypted', data: 'abc' }] } },
  { anthropic: { signature: 'abc' } },
  { gemini: { thought_signature: 'abc' } },
  { ai_sdk: { by: 'google', metadata: { google: { thoughtSignature: 'abc' } } } },
  // What is none.
  { openai: null, anthropic: 1, gemini: 'x', ollama: [], ai_sdk: null, rxllm: null },
);
const yes = fc.constantFrom(undefined, true as const);
const attachment = fc.constantFrom(
  { type: 'image/png', content: 'iVBORw0KGgo=' },
  { url: 'data:image/png;base64,iVBORw0KGgo=' },
  { type: 'image/gif', content: 'R0lGODlh' },
);

const part: fc.Arbitrary<Part> = fc
  .oneof(
    fc.record({ type: fc.constant('text'), text: words, provider_metadata: metadata }),
    fc.record({ type: fc.constant('reasoning'), text: words, redacted: yes, provider_metadata: metadata }),
    fc.record({
      type: fc.constant('tool_call'),
      name: names,
      arguments: fc.constantFrom<unknown>({}, { city: 'Paris' }, { _raw: '{"ci' }, null, [1], 'x'),
      tool_call_id: ids,
      server_executed: yes,
      provider_metadata: metadata,
    }),
    fc.record({
      type: fc.constant('tool_result'),
      name: names,
      output: words,
      tool_call_id: ids,
      exception: fc.constantFrom(undefined, 'Error: broken'),
      server_executed: yes,
      attachments: fc.constantFrom(undefined, [{ type: 'image/png', content: 'iVBORw0KGgo=' }]),
      provider_metadata: metadata,
    }),
    fc.record({ type: fc.constant('attachment'), attachment, provider_metadata: metadata }),
  )
  // Through JSON, which leaves out what is undefined.
  .map((fields) => JSON.parse(JSON.stringify(fields)) as Part)
  .map((each) =>
    each.type === 'tool_call' && each.tool_call_id === synthetic
      ? { ...each, provider_metadata: { rxllm: { synthetic_id: true } } }
      : each,
  );

const message: fc.Arbitrary<Message> = fc.record({
  role: fc.constantFrom('user', 'assistant', 'assistant', 'tool', 'system', 'developer'),
  parts: fc.array(part, { maxLength: 4 }),
});

/** The user begins and ends. */
const history = fc
  .array(message, { maxLength: 6 })
  .map((messages): readonly Message[] => [user('Hi'), ...withoutSameIds(messages), user('And now?')]);

/** No provider gives one id to two calls of an answer, which may have several messages. */
function withoutSameIds(messages: readonly Message[]): readonly Message[] {
  const seen = new Set<string>();
  return messages.map(({ role, parts }) => {
    if (role !== 'assistant') seen.clear();
    const kept = parts.filter((each) => {
      if (each.type !== 'tool_call' || each.tool_call_id === undefined) return true;
      const isNew = !seen.has(each.tool_call_id);
      seen.add(each.tool_call_id);
      return isNew;
    });
    return { role, parts: kept };
  });
}

/** The body of the request that a history becomes, or the code of the error that says why it becomes none. */
async function bodyOf(
  make: (fetch: Fetch) => Model<never>,
  messages: readonly Message[],
): Promise<JsonObject | string> {
  let body: string | undefined;
  const model = make((_, init) => {
    body = bodyText(init);
    return Promise.resolve(new Response('{}', { status: 400 }));
  });
  const { error } = await outcomeOfResponse(model.prompt(messages));
  return body === undefined ? `${error?.code}: ${error?.message}` : (JSON.parse(body) as JsonObject);
}

describe.each(Object.entries(sides))('any history sent by %s', (_, [make, rules]) => {
  test('keeps the rules of the protocol', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (messages) => {
        const body = await bodyOf(make, messages);
        expect(typeof body === 'string' ? [body] : rules(body)).toEqual([]);
      }),
      { numRuns, seed: 1 },
    );
  }, 120_000);
});
