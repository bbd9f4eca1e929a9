// What a model sends, as a server on this machine gets it; and parts of histories.
import type { JsonObject, Message, PromptOptions, ToolCallPart } from 'rxllm';
import { openaiResponses, type OpenAIResponsesModelOptions, type OpenAIResponsesOptions } from 'rxllm/openai';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type ReceivedRequest, type TestServer } from '../../support/servers.ts';
import { completed, message, outputText } from './stream.ts';

let server: TestServer;

/** Starts a server before the tests of a file and closes it after them. */
export function useServer(): void {
  beforeAll(async () => {
    server = await startServer({ pieces: [completed([message(outputText('ok'))])] });
  });
  afterAll(() => server.close());
}

/** The request of a prompt `Hi`. */
export async function sent(
  options: PromptOptions<OpenAIResponsesModelOptions>,
  settings: Partial<OpenAIResponsesOptions> = {},
): Promise<ReceivedRequest> {
  const before = server.requests.length;
  const { error } = await outcomeOf(openaiResponses({ model: 'm', baseUrl: server.url, ...settings }), options);
  if (error) throw error;
  return server.requests[before]!;
}

/** The items that a history becomes; the prompt at their end is left out. */
export async function encoded(
  messages: readonly Message[],
  options: PromptOptions<OpenAIResponsesModelOptions> = {},
): Promise<readonly JsonObject[]> {
  const { json } = await sent({ messages, ...options });
  return (json.input as readonly JsonObject[]).slice(0, -1);
}

export const call = (name: string, id?: string, more: object = {}): ToolCallPart => ({
  type: 'tool_call',
  name,
  arguments: { x: 1 },
  ...(id !== undefined && { tool_call_id: id }),
  ...more,
});
export const wireCall = (name: string, id: string) => ({
  type: 'function_call',
  call_id: id,
  name,
  arguments: '{"x":1}',
});
export const result = (name: string, output: string, id?: string) =>
  ({ type: 'tool_result', name, output, ...(id !== undefined && { tool_call_id: id }) }) as const;
export const wireResult = (id: string, output: unknown) => ({ type: 'function_call_output', call_id: id, output });
export const own = (openai: JsonObject) => ({ provider_metadata: { openai } });
