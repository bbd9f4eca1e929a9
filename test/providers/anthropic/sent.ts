// What a model sends, as a server on this machine gets it; and parts of histories.
import type { JsonObject, JsonValue, Message, PromptOptions, ToolCallPart } from 'rxllm';
import { anthropic, type AnthropicOptions } from 'rxllm/anthropic';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type ReceivedRequest, type TestServer } from '../../support/servers.ts';
import { ok, streamOf } from './events.ts';

let server: TestServer;

/** Starts a server before the tests of a file and closes it after them. */
export function useServer(): void {
  beforeAll(async () => {
    server = await startServer({ pieces: [streamOf(ok)] });
  });
  afterAll(() => server.close());
}

/** Where it is, once it has started. */
export function serverUrl(): string {
  return server.url;
}

/** The request of a prompt `Hi`. */
export async function sent(
  options: PromptOptions = {},
  settings: Partial<AnthropicOptions> = {},
): Promise<ReceivedRequest> {
  const before = server.requests.length;
  const { error } = await outcomeOf(anthropic({ model: 'm', baseUrl: server.url, ...settings }), options);
  if (error) throw error;
  return server.requests[before]!;
}

/** The turns that a history becomes, as it is sent without a prompt of its own. */
export async function encoded(
  messages: readonly Message[],
  settings: Partial<AnthropicOptions> = {},
): Promise<readonly JsonValue[]> {
  return (await bodyOf(messages, settings)).messages as readonly JsonValue[];
}

/** The whole body that a history becomes. */
export async function bodyOf(
  messages: readonly Message[],
  settings: Partial<AnthropicOptions> = {},
  options: PromptOptions = {},
): Promise<JsonObject> {
  const before = server.requests.length;
  await anthropic({ model: 'm', baseUrl: server.url, ...settings })
    .prompt(messages, options)
    .text();
  return server.requests[before]!.json as JsonObject;
}

export const said = (text: string) => ({ type: 'text', text });

export const call = (name: string, id?: string, more: object = {}): ToolCallPart => ({
  type: 'tool_call',
  name,
  arguments: { x: 1 },
  ...(id !== undefined && { tool_call_id: id }),
  ...more,
});
export const wireCall = (name: string, id: string) => ({ type: 'tool_use', id, name, input: { x: 1 } });

export const result = (name: string, output: string, id?: string) =>
  ({ type: 'tool_result', name, output, ...(id !== undefined && { tool_call_id: id }) }) as const;
export const wireResult = (id: string, content: string) => ({ type: 'tool_result', tool_use_id: id, content });
export const notRun = (id: string) => ({ ...wireResult(id, 'This tool was not run.'), is_error: true });

/** Metadata of this provider's own. */
export const own = (anthropicData: JsonObject) => ({ provider_metadata: { anthropic: anthropicData } });
