// The tools of a server of the Model Context Protocol.
import { Observable } from 'rxjs';
import type { Tool } from '../tools/tool.ts';
import { describe, messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { JsonValue } from '../values/json.ts';
import { callWith, type McpClient, type McpTool } from './client.ts';
import { toOutput } from './content.ts';
import { acceptableNames } from './names.ts';

export interface McpToolsOptions {
  /** Put before each name, so that the tools of several servers can be told apart: `github_`. */
  readonly prefix?: string | undefined;
  /** Which tools are wanted. Default: all. */
  readonly filter?: ((tool: McpTool) => boolean) | undefined;
  /**
   * Which calls wait for approval, as with `tool()`. Default: none. Hints of a server (`tool.annotations`) are worth as much
   * as the server is trusted.
   */
  readonly needsApproval?:
    boolean | ((tool: McpTool, args: Record<string, JsonValue>) => boolean | PromiseLike<boolean>) | undefined;
  /** How long a call may be silent, in milliseconds: progress begins it anew. Default: that of the client, 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Stops the listing. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks a server for its tools, all pages of them. What the server says of progress is progress of the tool, images, sounds
 * and other files are attached, and what it calls an error the model can read. A call that is left is cancelled.
 *
 * A Promise, because `tools` of a prompt is a list. The list is as it is now: ask again when the server says that it has
 * changed (`listChanged` of the client's options). Tools that run as tasks only are left out.
 *
 * @param client A client that is connected, of `@modelcontextprotocol/sdk` or `@modelcontextprotocol/client`. It stays
 *   yours: close it when the last call has ended.
 * @throws LlmError (rejects) `invalid_input` for options that make no sense, `provider_error` when the server cannot be
 *   asked, `bad_response` when it gives the same page again, or no list.
 *
 * @example
 * const client = new Client({ name: 'my-app', version: '1.0.0' });
 * await client.connect(new StdioClientTransport({ command: 'my-server' }));
 * model.chain('What is new?', { tools: await mcpTools(client, { prefix: 'news_' }) });
 */
export async function mcpTools(client: McpClient, options: McpToolsOptions = {}): Promise<readonly Tool[]> {
  const { prefix = '', filter = () => true, timeoutMs } = options;
  if (timeoutMs !== undefined && !(timeoutMs > 0)) {
    throw new LlmError('invalid_input', `timeoutMs is a number of milliseconds above 0, not ${describe(timeoutMs)}`);
  }
  const listed = await listTools(client, options.signal);
  const wanted = listed.filter((tool) => tool.execution?.taskSupport !== 'required' && filter(tool));
  const names = acceptableNames(
    wanted.map(({ name }) => name),
    prefix,
  );
  return wanted.map((tool, index) => toTool(client, tool, names[index] ?? tool.name, options));
}

async function listTools(client: McpClient, signal: AbortSignal | undefined): Promise<readonly McpTool[]> {
  const all: McpTool[] = [];
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await listPage(client, cursor, signal);
    all.push(...page.tools);
    cursor = page.nextCursor;
    if (cursor !== undefined && seen.has(cursor)) {
      throw new LlmError('bad_response', `the MCP server gave the page ${describe(cursor)} of its tools twice`);
    }
    if (cursor !== undefined) seen.add(cursor);
  } while (cursor !== undefined);
  return all;
}

type Page = Awaited<ReturnType<McpClient['listTools']>>;

async function listPage(client: McpClient, cursor: string | undefined, signal: AbortSignal | undefined): Promise<Page> {
  let page: Partial<Page> | undefined;
  try {
    page = await client.listTools(cursor === undefined ? undefined : { cursor }, signal && { signal });
  } catch (cause) {
    throw new LlmError('provider_error', `the MCP server did not list its tools: ${messageOf(cause)}`, { cause });
  }
  const { tools, ...others } = page ?? {};
  if (Array.isArray(tools)) return { ...others, tools };
  throw new LlmError('bad_response', `the MCP server gave ${describe(page)} where a list of its tools belongs`);
}

function toTool(client: McpClient, tool: McpTool, name: string, options: McpToolsOptions): Tool {
  const { needsApproval = false, timeoutMs } = options;
  const description = tool.description ?? tool.title ?? tool.annotations?.title;
  return {
    name,
    ...(description !== undefined && { description }),
    input_schema: tool.inputSchema,
    needsApproval: typeof needsApproval === 'function' ? (args) => needsApproval(tool, args) : needsApproval,
    run: (args, { signal }) =>
      new Observable<unknown>((subscriber) => {
        const give = (output: unknown) => {
          subscriber.next(output);
          subscriber.complete();
        };
        const result = callWith(client, tool.name, args, {
          signal,
          onprogress: (progress) => subscriber.next(progress),
          resetTimeoutOnProgress: true,
          ...(timeoutMs !== undefined && { timeout: timeoutMs }),
        });
        result.then(toOutput).then(give, (error: unknown) => subscriber.error(error));
      }),
  };
}
