// The models that the faults are played to, each with what its provider sends.
import { createOpenAI } from '@ai-sdk/openai';
import type { Model } from 'rxllm';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { anthropic } from 'rxllm/anthropic';
import { gemini } from 'rxllm/gemini';
import { ollama } from 'rxllm/ollama';
import { openaiChat, openaiResponses } from 'rxllm/openai';
import { chatWire, geminiWire, messagesWire, ollamaWire, responsesWire, type Wire } from '../support/faultWires.ts';

export interface FaultProvider {
  readonly name: string;
  readonly wire: Wire;
  /** @param more Settings that all of them have. */
  readonly make: (baseUrl: string, more?: object) => Model;
}

export const apiKey = 'key-of-nobody';
const model = 'm-1';

export const providers: readonly FaultProvider[] = [
  {
    name: 'openaiChat',
    wire: chatWire,
    make: (baseUrl, more) => openaiChat({ model, apiKey, baseUrl, ...more }),
  },
  {
    name: 'openaiResponses',
    wire: responsesWire,
    make: (baseUrl, more) => openaiResponses({ model, apiKey, baseUrl, ...more }),
  },
  {
    name: 'anthropic',
    wire: messagesWire,
    make: (baseUrl, more) => anthropic({ model, apiKey, baseUrl, ...more }),
  },
  {
    name: 'gemini',
    wire: geminiWire,
    make: (baseUrl, more) => gemini({ model, apiKey, baseUrl, ...more }),
  },
  {
    name: 'ollama',
    wire: ollamaWire,
    make: (baseUrl, more) => ollama({ model, apiKey, baseUrl, ...more }),
  },
  {
    name: 'fromAiSdk',
    wire: chatWire,
    make: (baseURL, more) => fromAiSdk(createOpenAI({ baseURL, apiKey }).chat(model), { ...more }),
  },
];

export const wires: Readonly<Record<string, Wire>> = Object.fromEntries(
  providers.map(({ name, wire }) => [name, wire]),
);
