// Streams of Ollama written by hand, and what a model makes of them.
import { ollama } from 'rxllm/ollama';
import { outcomeOf, type Outcome } from '../../support/outcome.ts';
import { fetchOf } from '../../support/servers.ts';

export const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A line with a piece of the message. */
export const line = (message: object, more: object = {}) => ({
  model: 'served',
  created_at: '2026-01-02T03:04:05.678Z',
  message: { role: 'assistant', content: '', ...message },
  done: false,
  ...more,
});

export const done = (reason = 'stop', more: object = {}) => line({}, { done: true, done_reason: reason, ...more });

export const streamOf = (lines: readonly object[]): string => lines.map((item) => `${JSON.stringify(item)}\n`).join('');

export function outcomeOfBytes(pieces: Iterable<Uint8Array>, contentType = 'application/x-ndjson'): Promise<Outcome> {
  return outcomeOf(ollama({ model: 'm', maxRetries: 0, fetch: fetchOf(pieces, contentType) }));
}

export function outcomeOfLines(...lines: readonly object[]): Promise<Outcome> {
  return outcomeOfBytes([encode(streamOf(lines))]);
}
