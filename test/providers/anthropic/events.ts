// Messages streams written by hand, and what a model makes of them.
import { anthropic, type AnthropicOptions } from 'rxllm/anthropic';
import type { PromptOptions } from 'rxllm';
import { outcomeOf, type Outcome } from '../../support/outcome.ts';
import { fetchOf } from '../../support/servers.ts';

interface WireEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** The beginning of a message. */
export function start(message: object = {}): WireEvent {
  const usage = { input_tokens: 3, output_tokens: 1 };
  return { type: 'message_start', message: { id: 'msg_1', model: 'served', content: [], usage, ...message } };
}

/** A whole content block: its beginning, its deltas and its end. */
export function block(index: number, content: object, ...deltas: readonly object[]): WireEvent[] {
  return [
    { type: 'content_block_start', index, content_block: content },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ];
}

export const text = (said: string) => ({ type: 'text_delta', text: said });
export const json = (part: string) => ({ type: 'input_json_delta', partial_json: part });

/** The end of a message. */
export function end(reason: string | null, more: object = {}): WireEvent[] {
  return [
    { type: 'message_delta', delta: { stop_reason: reason, ...more }, usage: { output_tokens: 5 } },
    { type: 'message_stop' },
  ];
}

/** A whole message that says `ok`. */
export const ok = [start(), ...block(0, { type: 'text', text: '' }, text('ok')), ...end('end_turn')];

export function streamOf(events: readonly WireEvent[]): string {
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** What a model makes of a stream of exactly these events. */
export function outcomeOfEvents(
  events: readonly WireEvent[],
  settings: Partial<AnthropicOptions> = {},
  options?: PromptOptions,
): Promise<Outcome> {
  return outcomeOfBody(streamOf(events), settings, options);
}

export function outcomeOfBody(
  body: string,
  settings: Partial<AnthropicOptions> = {},
  options?: PromptOptions,
): Promise<Outcome> {
  const fetch = fetchOf([new TextEncoder().encode(body)], body.startsWith('{') ? 'application/json' : undefined);
  return outcomeOf(
    anthropic({ model: 'm', maxRetries: 0, baseUrl: 'http://127.0.0.1:9/v1', fetch, ...settings }),
    options,
  );
}
