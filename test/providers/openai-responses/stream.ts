// Responses streams written by hand, and what a model makes of them.
import { openaiResponses, type OpenAIResponsesModelOptions } from 'rxllm/openai';
import type { PromptOptions } from 'rxllm';
import { outcomeOf, type Outcome } from '../../support/outcome.ts';
import { fetchOf } from '../../support/servers.ts';

/** A message of a stream: its type without `response.`, and its fields. */
export function event(type: string, fields: object = {}): string {
  const name = type === 'error' ? type : `response.${type}`;
  return `event: ${name}\ndata: ${JSON.stringify({ type: name, ...fields })}\n\n`;
}

export const created = event('created', { response: { id: 'resp_1', model: 'served', status: 'in_progress' } });

export function added(index: number, item: object): string {
  return event('output_item.added', { output_index: index, item });
}

export function done(index: number, item: object): string {
  return event('output_item.done', { output_index: index, item });
}

/** The message that ends a stream. */
export function completed(output: readonly object[] = [], more: object = {}): string {
  return event('completed', { response: { id: 'resp_1', model: 'served', status: 'completed', output, ...more } });
}

export function message(...content: readonly object[]) {
  return { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content };
}

export const outputText = (text: string, more: object = {}) => ({
  type: 'output_text',
  text,
  annotations: [],
  ...more,
});

/** What a model makes of exactly these messages. */
export function outcomeOfEvents(...events: readonly string[]): Promise<Outcome> {
  return outcomeOfBody(events.join(''));
}

export function outcomeOfBody(
  body: string,
  options: PromptOptions<OpenAIResponsesModelOptions> = {},
  contentType?: string,
): Promise<Outcome> {
  const fetch = fetchOf([new TextEncoder().encode(body)], contentType);
  return outcomeOf(openaiResponses({ model: 'm', maxRetries: 0, baseUrl: 'http://127.0.0.1:9/v1', fetch }), options);
}
