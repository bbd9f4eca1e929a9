// A conversation that one provider began goes on with every other: with reasoning, tools and an image in it.
import { createAnthropic } from '@ai-sdk/anthropic';
import { attachment, toolMessage, user, type JsonObject, type Message, type Model } from 'rxllm';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { anthropic } from 'rxllm/anthropic';
import { gemini } from 'rxllm/gemini';
import { ollama } from 'rxllm/ollama';
import { openaiChat, openaiResponses } from 'rxllm/openai';
import { fromJSON } from 'rxllm/serialization';
import { streamCases } from '../support/corpus.ts';
import { needs } from '../support/needs.ts';
import { outcomeOfResponse } from '../support/outcome.ts';
import { bodyText, fetchOf } from '../support/servers.ts';
import {
  anthropicRules,
  geminiRules,
  ollamaRules,
  openaiChatRules,
  openaiResponsesRules,
  type Rules,
} from './requestRules.ts';

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

interface Side {
  readonly make: (fetch: Fetch) => Model<never>;
  readonly rules: Rules;
  /** A recorded answer with reasoning and a call, by wire format and name. */
  readonly recording: readonly [api: string, name: string];
  /** What of another provider's must never be in its requests. */
  readonly key: string;
}

const apiKey = 'key-of-nobody';
const chat = (fetch: Fetch) => openaiChat({ model: 'm', apiKey, fetch });

const sides: Readonly<Record<string, Side>> = {
  openaiChat: {
    make: chat,
    rules: openaiChatRules,
    // Its id, `functions.weather:0`, is legal nowhere else.
    recording: ['openai-chat-completions', 'avian/reasoning-tools-kimi-k2.5'],
    key: 'openai',
  },
  'openaiChat (OpenRouter)': {
    make: chat,
    rules: openaiChatRules,
    recording: ['openai-chat-completions', 'openrouter/reasoning-tools-grok-4.1-fast'],
    key: 'openai',
  },
  openaiResponses: {
    make: (fetch) => openaiResponses({ model: 'gpt-5', apiKey, fetch }),
    rules: openaiResponsesRules,
    recording: ['openai-responses', 'xai-responses/reasoning-tools-grok-4.3'],
    key: 'openai',
  },
  anthropic: {
    make: (fetch) => anthropic({ model: 'claude-sonnet-4-6', apiKey, fetch }),
    rules: anthropicRules,
    recording: ['anthropic-messages', 'anthropic/reasoning-tools-claude-sonnet-4-6'],
    key: 'anthropic',
  },
  gemini: {
    make: (fetch) => gemini({ model: 'gemini-3-pro-preview', apiKey, fetch }),
    rules: geminiRules,
    recording: ['gemini-stream-generate-content', 'google-gemini/reasoning-tools-gemini-2.5-flash'],
    key: 'gemini',
  },
  ollama: {
    make: (fetch) => ollama({ model: 'qwen3', fetch }),
    rules: ollamaRules,
    recording: ['ollama-chat', 'ollama/reasoning-tools-qwen3.6-latest'],
    key: 'ollama',
  },
  fromAiSdk: {
    make: (fetch) =>
      fromAiSdk(createAnthropic({ apiKey, fetch: fetch as typeof globalThis.fetch })('claude-sonnet-4-6')),
    rules: anthropicRules,
    recording: ['anthropic-messages', 'anthropic/reasoning-tools-claude-sonnet-4-6'],
    key: 'ai_sdk',
  },
};

const image = attachment({ content: 'iVBORw0KGgo=', type: 'image/png' });

/** The history that the recorded answer and the results of its calls make. */
async function begun({ make, recording: [api, name] }: Side): Promise<readonly Message[]> {
  const { bytes, contentType } = streamCases(api).find((entry) => entry.name === name)!;
  const model = make(fetchOf([bytes], contentType));
  const response = model.prompt([user('What is the weather here?', image)]);
  const { error } = await outcomeOfResponse(response);
  expect(error).toBeUndefined();
  // As it would arrive in another process.
  const { prompt, messages } = fromJSON(JSON.stringify(response.toJSON()), { model }).toJSON();
  const calls = messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call'));
  expect(calls.length).toBeGreaterThan(0);
  const results = calls.map((call) => ({
    type: 'tool_result' as const,
    name: call.name,
    output: 'sunny, 20 degrees',
    ...(call.tool_call_id !== undefined && { tool_call_id: call.tool_call_id }),
  }));
  return [...prompt.messages, ...messages, toolMessage(results)];
}

/** The body of the request that a history becomes. */
async function bodyOf({ make }: Side, history: readonly Message[]): Promise<JsonObject> {
  const bodies: string[] = [];
  const model = make((_, init) => {
    bodies.push(bodyText(init));
    return Promise.resolve(new Response('{}', { status: 400 }));
  });
  const { error } = await outcomeOfResponse(model.prompt(history));
  expect(error).toMatchObject({ code: 'bad_request' });
  return JSON.parse(bodies[0]!) as JsonObject;
}

/** What a provider alone can read: long strings that it keeps for itself. */
function secretsOf(messages: readonly Message[], key: string): readonly string[] {
  const own = messages.flatMap(({ parts }) => parts.map((part) => part.provider_metadata?.[key]));
  return [...JSON.stringify(own).matchAll(/"([^"\\]{60,})"/g)].map((match) => match[1]!);
}

needs('corpus').describe('a conversation begun with', () => {
  describe.each(Object.entries(sides))('%s', (_, from) => {
    test.each(Object.entries(sides))('goes on with %s', async (__, to) => {
      const history = await begun(from);
      const isSame = from.key === to.key;
      const afterAnswer = [
        ...history,
        { role: 'assistant', parts: [{ type: 'text' as const, text: 'It is sunny.' }] },
        user('And tomorrow?'),
      ];
      for (const messages of [history, afterAnswer]) {
        const body = await bodyOf(to, messages);
        expect(to.rules(body)).toEqual([]);
        const sent = JSON.stringify(body);
        expect(sent).toContain('What is the weather here?');
        expect(sent).toContain('iVBORw0KGgo=');
        expect(sent).toContain('sunny, 20 degrees');
        expect(sent).not.toContain('provider_metadata');
        // No mark of ours, and no id that a decoder made.
        expect(sent).not.toMatch(/synthetic_id|"tc_/);
        if (!isSame) for (const secret of secretsOf(history, from.key)) expect(sent).not.toContain(secret);
      }
    });
  });
});
