// Streams of generateContent, written chunk by chunk, and what a model makes of them.
import type { JsonObject, PromptOptions } from 'rxllm';
import { gemini, type GeminiModelOptions } from 'rxllm/gemini';
import { outcomeOf, type Outcome } from '../../support/outcome.ts';
import { fetchOf } from '../../support/servers.ts';

/** A chunk with parts, and more of the candidate. */
export function chunk(parts: readonly JsonObject[], candidate: JsonObject = {}, response: JsonObject = {}): JsonObject {
  return {
    candidates: [{ content: { role: 'model', parts }, index: 0, ...candidate }],
    modelVersion: 'gemini-3-test',
    responseId: 'r1',
    ...response,
  };
}

export const stop: JsonObject = { candidates: [{ finishReason: 'STOP', index: 0 }] };

export function streamOf(chunks: readonly JsonObject[]): string {
  return chunks.map((value) => `data: ${JSON.stringify(value)}\r\n\r\n`).join('');
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** What comes of a body. */
export function outcomeOfBody(
  body: string,
  options: PromptOptions<GeminiModelOptions> = {},
  contentType = 'text/event-stream',
): Promise<Outcome> {
  const model = gemini({ model: 'gemini-3-test', baseUrl: 'http://h', fetch: fetchOf([encode(body)], contentType) });
  return outcomeOf(model, options);
}

export function outcomeOfChunks(chunks: readonly JsonObject[]): Promise<Outcome> {
  return outcomeOfBody(streamOf(chunks));
}
