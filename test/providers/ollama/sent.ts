// What a model sends, as a server on this machine gets it; and parts of histories.
import type { Message, PromptOptions, ToolCallPart } from 'rxllm';
import { ollama, type OllamaModelOptions, type OllamaOptions } from 'rxllm/ollama';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type ReceivedRequest, type TestServer } from '../../support/servers.ts';
import { done, line, streamOf } from './lines.ts';

let server: TestServer;

/** Starts a server before the tests of a file and closes it after them. */
export function useServer(): void {
  beforeAll(async () => {
    const pieces = [streamOf([line({ content: 'ok' }), done()])];
    server = await startServer((path) =>
      path === '/cat' ? { contentType: 'image/png', pieces: ['cat'] } : { contentType: 'application/x-ndjson', pieces },
    );
  });
  afterAll(() => server.close());
}

/** A file on that server. */
export const catUrl = () => `${server.url}/cat`;

/** The request of a prompt `Hi`. */
export async function sent(
  options: PromptOptions<OllamaModelOptions>,
  settings: Partial<OllamaOptions> = {},
): Promise<ReceivedRequest> {
  const { error } = await outcomeOf(ollama({ model: 'm', baseUrl: server.url, ...settings }), options);
  if (error) throw error;
  return server.requests.at(-1)!;
}

/** The messages that a history becomes; the prompt at their end is left out. */
export async function encoded(
  messages: readonly Message[],
  options: PromptOptions<OllamaModelOptions> = {},
): Promise<readonly unknown[]> {
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
export const result = (name: string, output: string, id?: string) =>
  ({ type: 'tool_result', name, output, ...(id !== undefined && { tool_call_id: id }) }) as const;
export const wireCall = (name: string, id?: string) => ({
  ...(id !== undefined && { id }),
  function: { name, arguments: { x: 1 } },
});
