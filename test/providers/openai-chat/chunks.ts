// Chat Completions streams written by hand, and what a model makes of them.
import { openaiChat } from 'rxllm/openai';
import { outcomeOf, type Outcome } from '../../support/outcome.ts';
import { fetchOf } from '../../support/servers.ts';

/** A chunk with this delta. */
export function delta(content: object, choice: object = {}): object {
  return { id: 'chatcmpl-1', model: 'served', choices: [{ index: 0, delta: content, finish_reason: null, ...choice }] };
}

/** The chunk with the finish reason. */
export function finish(reason: string): object {
  return delta({}, { finish_reason: reason });
}

/** A chunk with one fragment of a tool call. */
export function call(fragment: object): object {
  return delta({ tool_calls: [fragment] });
}

/** The bytes of a stream: objects become data lines, strings stand as they are. */
export function streamOf(chunks: readonly (object | string)[]): string {
  return chunks.map((chunk) => (typeof chunk === 'string' ? chunk : `data: ${JSON.stringify(chunk)}\n\n`)).join('');
}

export const done = 'data: [DONE]\n\n';

/** What a model makes of a stream of exactly these chunks. */
export function outcomeOfChunks(...chunks: readonly (object | string)[]): Promise<Outcome> {
  return outcomeOfBytes([new TextEncoder().encode(streamOf(chunks))]);
}

export function outcomeOfBytes(pieces: Iterable<Uint8Array>, contentType?: string): Promise<Outcome> {
  const fetch = fetchOf(pieces, contentType);
  return outcomeOf(openaiChat({ model: 'm', maxRetries: 0, baseUrl: 'http://127.0.0.1:9/v1', fetch }));
}
