// Chat Completions streams written by hand, and what a model makes of them.
import { LlmError, type Message, type Model, type PromptOptions, type StreamEvent } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { fetchOf } from '../support/servers.ts';

export interface Outcome {
  readonly events: readonly StreamEvent[];
  /** Of the whole response, or of its partial. */
  readonly messages: readonly Message[];
  readonly error: LlmError | undefined;
}

/** Subscribes once and waits for the end. */
export function outcomeOf(model: Model, options?: PromptOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const events: StreamEvent[] = [];
    const response = model.prompt('Hi', options);
    response.subscribe({
      next: (event) => events.push(event),
      error(error: unknown) {
        if (error instanceof LlmError) resolve({ events, messages: error.partial?.messages ?? [], error });
        else reject(new Error('no LlmError', { cause: error }));
      },
      complete: () => resolve({ events, messages: response.toJSON().messages, error: undefined }),
    });
  });
}

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
  return outcomeOf(openaiChat({ model: 'm', baseUrl: 'http://127.0.0.1:9/v1', fetch }));
}
