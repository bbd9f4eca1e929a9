// What a model sends, as a server on this machine gets it; and parts of histories.
import type { JsonObject, Message, PromptOptions, ToolCallPart } from 'rxllm';
import { openaiChat, type OpenAIChatOptions } from 'rxllm/openai';
import { startServer, type ReceivedRequest, type TestServer } from '../../support/servers.ts';
import { outcomeOf } from '../../support/outcome.ts';
import { delta, done, finish, streamOf } from './chunks.ts';

let server: TestServer;

/** Starts a server before the tests of a file and closes it after them. */
export function useServer(): void {
  beforeAll(async () => {
    server = await startServer({ pieces: [streamOf([delta({ content: 'ok' }), finish('stop'), done])] });
  });
  afterAll(() => server.close());
}

/** The request of a prompt `Hi`. */
export async function sent(
  options: PromptOptions,
  settings: Partial<OpenAIChatOptions> = {},
): Promise<ReceivedRequest> {
  const before = server.requests.length;
  const { error } = await outcomeOf(openaiChat({ model: 'm', baseUrl: server.url, ...settings }), options);
  if (error) throw error;
  return server.requests[before]!;
}

/** The messages that a history becomes; the prompt at their end is left out. */
export async function encoded(messages: readonly Message[], options: PromptOptions = {}): Promise<readonly unknown[]> {
  const { json } = await sent({ messages, ...options });
  return (json.messages as readonly unknown[]).slice(0, -1);
}

export const call = (name: string, id?: string, more: object = {}): ToolCallPart => ({
  type: 'tool_call',
  name,
  arguments: { x: 1 },
  ...(id !== undefined && { tool_call_id: id }),
  ...more,
});
export const wireCall = (name: string, id: string) => ({
  id,
  type: 'function',
  function: { name, arguments: '{"x":1}' },
});
export const result = (name: string, output: string, id?: string) =>
  ({ type: 'tool_result', name, output, ...(id !== undefined && { tool_call_id: id }) }) as const;
export const thought = (text: string, openai: JsonObject) =>
  ({ type: 'reasoning', text, provider_metadata: { openai } }) as const;
