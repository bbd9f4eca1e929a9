// What a model sends, as a server on this machine gets it; and parts of histories.
import type { JsonObject, Message, PromptOptions, ToolCallPart } from 'rxllm';
import { gemini, type GeminiModelOptions, type GeminiOptions } from 'rxllm/gemini';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type ReceivedRequest, type TestServer } from '../../support/servers.ts';
import { chunk, streamOf } from './chunks.ts';

let server: TestServer;

/** Starts a server before the tests of a file and closes it after them. */
export function useServer(): void {
  beforeAll(async () => {
    server = await startServer({ pieces: [streamOf([chunk([{ text: 'ok' }], { finishReason: 'STOP' })])] });
  });
  afterAll(() => server.close());
}

/** The request of a prompt `Hi`. */
export async function sent(
  options: PromptOptions<GeminiModelOptions>,
  settings: Partial<GeminiOptions> = {},
): Promise<ReceivedRequest> {
  const before = server.requests.length;
  const { error } = await outcomeOf(gemini({ model: 'gemini-2.0-flash', baseUrl: server.url, ...settings }), options);
  if (error) throw error;
  return server.requests[before]!;
}

/** The contents that a history becomes; the prompt at their end is left out. */
export async function encoded(messages: readonly Message[], model = 'gemini-2.0-flash'): Promise<readonly unknown[]> {
  const { json } = await sent({ messages }, { model });
  const contents = json.contents as readonly { readonly role: string; readonly parts: readonly JsonObject[] }[];
  const { role, parts } = contents.at(-1)!;
  const rest = parts.slice(0, -1);
  return [...contents.slice(0, -1), ...(rest.length > 0 ? [{ role, parts: rest }] : [])];
}

export const own = (data: JsonObject) => ({ provider_metadata: { gemini: data } });

export const call = (name: string, id?: string, more: object = {}): ToolCallPart => ({
  type: 'tool_call',
  name,
  arguments: { x: 1 },
  ...(id !== undefined && { tool_call_id: id }),
  ...more,
});
export const wireCall = (name: string, id?: string) => ({
  functionCall: { ...(id !== undefined && { id }), name, args: { x: 1 } },
});
export const result = (name: string, output: string, id?: string) =>
  ({ type: 'tool_result', name, output, ...(id !== undefined && { tool_call_id: id }) }) as const;
export const wireResult = (name: string, output: string, id?: string) => ({
  functionResponse: { ...(id !== undefined && { id }), name, response: { output } },
});
