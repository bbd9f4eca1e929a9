// A short recording for each protocol, with as many kinds of parts as there are, and where in its bytes it is complete.
import type { Model } from 'rxllm';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { createOpenAI } from '@ai-sdk/openai';
import { anthropic } from 'rxllm/anthropic';
import { gemini } from 'rxllm/gemini';
import { ollama } from 'rxllm/ollama';
import { openaiChat, openaiResponses } from 'rxllm/openai';
import { streamCases, type StreamCase } from '../support/corpus.ts';

export interface Recording {
  readonly name: string;
  readonly api: string;
  /** Of the corpus. */
  readonly stream: string;
  readonly make: (baseUrl: string, more?: object) => Model;
  /** Stands in the event with which nothing is missing any more. */
  readonly lastEvent: RegExp;
  /** The answer is complete only when its body has ended: the AI SDK says no word before. */
  readonly needsEnd?: true;
}

const retries = { maxRetries: 0 };
const settings = { model: 'm', apiKey: 'k', ...retries };

function aiSdk(baseURL: string, more?: object): Model {
  return fromAiSdk(createOpenAI({ baseURL, apiKey: 'k', ...more }).chat('m'), { ...retries });
}

export const recordings: readonly Recording[] = [
  {
    name: 'openaiChat',
    api: 'openai-chat-completions',
    stream: 'vercel-gateway/tools-claude-sonnet-4',
    make: (baseUrl, more) => openaiChat({ ...settings, baseUrl, ...more }),
    lastEvent: /"finish_reason":"/,
  },
  {
    name: 'openaiChat, with reasoning',
    api: 'openai-chat-completions',
    stream: 'openrouter/text-gemini-3.1-flash-lite-previe',
    make: (baseUrl, more) => openaiChat({ ...settings, baseUrl, ...more }),
    lastEvent: /"finish_reason":"/,
  },
  {
    name: 'openaiResponses',
    api: 'openai-responses',
    stream: 'openai-responses/text-gpt-4.1-2025-04-14',
    make: (baseUrl, more) => openaiResponses({ ...settings, baseUrl, ...more }),
    lastEvent: /"type":"response\.completed"/,
  },
  {
    name: 'openaiResponses, with a tool call',
    api: 'openai-responses',
    stream: 'openai-responses/tools-gpt-4o-mini-2024-07-18',
    make: (baseUrl, more) => openaiResponses({ ...settings, baseUrl, ...more }),
    lastEvent: /"type":"response\.completed"/,
  },
  {
    name: 'anthropic',
    api: 'anthropic-messages',
    stream: 'anthropic/reasoning-tools-claude-sonnet-4-6',
    make: (baseUrl, more) => anthropic({ ...settings, baseUrl, ...more }),
    lastEvent: /"type":"message_stop"/,
  },
  {
    name: 'gemini',
    api: 'gemini-stream-generate-content',
    stream: 'google-gemini/reasoning-gemini-3-pro-preview',
    make: (baseUrl, more) => gemini({ ...settings, baseUrl, ...more }),
    lastEvent: /"finishReason":/,
  },
  {
    name: 'ollama',
    api: 'ollama-chat',
    stream: 'ollama/reasoning-tools-qwen3.6-latest',
    make: (baseUrl, more) => ollama({ ...settings, baseUrl, ...more }),
    lastEvent: /"done":true/,
  },
  {
    name: 'ollama, with text',
    api: 'ollama-chat',
    stream: 'ollama/text-gemma3-1b',
    make: (baseUrl, more) => ollama({ ...settings, baseUrl, ...more }),
    lastEvent: /"done":true/,
  },
  {
    name: 'fromAiSdk',
    api: 'openai-chat-completions',
    stream: 'openai-chat/text-gpt-4o-mini-2024-07-18',
    make: aiSdk,
    lastEvent: /"finish_reason":"/,
    needsEnd: true,
  },
  {
    name: 'fromAiSdk, with a tool call',
    api: 'openai-chat-completions',
    stream: 'vercel-gateway/tools-claude-sonnet-4',
    make: aiSdk,
    lastEvent: /"finish_reason":"/,
    needsEnd: true,
  },
];

/** Where the JSON of the event that makes the answer complete ends, and where the event itself does. */
export function completeAt(
  { lastEvent }: Recording,
  bytes: Uint8Array,
): { readonly json: number; readonly end: number } {
  const text = Buffer.from(bytes).toString('latin1');
  const at = lastEvent.exec(text)?.index ?? text.length;
  const json = at + (/\r?\n/.exec(text.slice(at))?.index ?? text.length - at);
  // An event ends with a blank line, a line of JSON with its break.
  return { json, end: json + (/^(?:\r?\n){1,2}/.exec(text.slice(json))?.[0].length ?? 0) };
}

/** What was recorded. */
export function streamOf({ api, stream }: Recording): StreamCase {
  const found = streamCases(api).find(({ name }) => name === stream);
  if (found === undefined) throw new Error(`the corpus has no ${stream}`);
  return found;
}
