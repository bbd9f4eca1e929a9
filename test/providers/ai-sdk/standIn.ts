// A model of the AI SDK that gives the parts it is told to, and remembers what it was called with.
import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { fromAiSdk, type FromAiSdkOptions } from 'rxllm/ai-sdk';
import { outcomeOf, type Outcome } from '../../support/outcome.ts';

export type Part = LanguageModelV4StreamPart;

export const usage = {
  inputTokens: { total: 5, noCache: 1, cacheRead: 3, cacheWrite: 1 },
  outputTokens: { total: 7, text: 5, reasoning: 2 },
  raw: { prompt: 5, unset: undefined },
};

export const finish = (
  unified: Extract<Part, { type: 'finish' }>['finishReason']['unified'] = 'stop',
  raw: string | undefined = unified,
): Part => ({ type: 'finish', finishReason: { unified, raw }, usage });

export const text = (chunk: string, id = 't'): Part[] => [
  { type: 'text-start', id },
  { type: 'text-delta', id, delta: chunk },
  { type: 'text-end', id },
];

export interface StandIn extends LanguageModelV4 {
  readonly calls: readonly LanguageModelV4CallOptions[];
}

export function streamOf(parts: readonly Part[]): ReadableStream<Part> {
  return new ReadableStream({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
      controller.close();
    },
  });
}

export function standIn(parts: readonly Part[] = [finish()], more: Partial<LanguageModelV4> = {}): StandIn {
  const calls: LanguageModelV4CallOptions[] = [];
  return {
    specificationVersion: 'v4',
    provider: 'maker.chat',
    modelId: 'm',
    supportedUrls: {},
    doStream(options) {
      calls.push(options);
      return Promise.resolve({ stream: streamOf(parts) });
    },
    doGenerate: () => Promise.reject(new Error('not asked for')),
    ...more,
    calls,
  };
}

export function outcomeOfParts(parts: readonly Part[], settings: FromAiSdkOptions = {}): Promise<Outcome> {
  return outcomeOf(fromAiSdk(standIn(parts), { maxRetries: 0, ...settings }));
}
