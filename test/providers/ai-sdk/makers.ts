// Models of the AI SDK's own providers, sending to a server on this machine, by the folders of the recordings.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google-v3';
import { createOpenAI } from '@ai-sdk/openai';
import type { AiSdkModel } from 'rxllm/ai-sdk';

export type Maker = (baseURL: string) => AiSdkModel;

export const openaiChat: Maker = (baseURL) => createOpenAI({ baseURL, apiKey: 'k' }).chat('gpt-x');
export const openaiResponses: Maker = (baseURL) => createOpenAI({ baseURL, apiKey: 'k' }).responses('gpt-5');
export const anthropic: Maker = (baseURL) => createAnthropic({ baseURL, apiKey: 'k' })('claude-x');
export const google: Maker = (baseURL) => createGoogleGenerativeAI({ baseURL, apiKey: 'k' })('gemini-x');

/** By api and provider of the recordings: those that the AI SDK's providers are for. */
export const makers: readonly { readonly api: string; readonly folders: readonly string[]; readonly make: Maker }[] = [
  { api: 'openai-chat-completions', folders: ['openai-chat', 'azure-openai-chat'], make: openaiChat },
  { api: 'openai-responses', folders: ['openai-responses', 'azure-openai-responses'], make: openaiResponses },
  { api: 'anthropic-messages', folders: ['anthropic', 'anthropic-vertex'], make: anthropic },
  { api: 'gemini-stream-generate-content', folders: ['google-gemini', 'google-vertex'], make: google },
];
