// What is used of a client of the Model Context Protocol: structural, so that the client of `@modelcontextprotocol/sdk` and
// the newer one of `@modelcontextprotocol/client` both fit, and neither is loaded.

/** A tool as its server describes it. */
export interface McpTool {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** JSON Schema of the arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** What the server says of it; a server that is not trusted may say anything. */
  readonly annotations?:
    | {
        readonly title?: string | undefined;
        readonly readOnlyHint?: boolean | undefined;
        readonly destructiveHint?: boolean | undefined;
        readonly idempotentHint?: boolean | undefined;
        readonly openWorldHint?: boolean | undefined;
      }
    | undefined;
  readonly execution?: { readonly taskSupport?: string | undefined } | undefined;
}

/** How far a call has come. */
export interface McpProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** A client that is connected. */
export interface McpClient {
  listTools(
    params?: { readonly cursor?: string },
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly tools: readonly McpTool[]; readonly nextCursor?: string | undefined }>;
  /** Its options are the third argument in version 1 of the client, and the second in version 2. */
  callTool(
    params: { readonly name: string; readonly arguments?: Record<string, unknown> },
    second?: unknown,
    third?: unknown,
  ): Promise<unknown>;
}

/** What a call may be given. */
export interface CallOptions {
  readonly signal: AbortSignal;
  readonly onprogress: (progress: McpProgress) => void;
  readonly resetTimeoutOnProgress: true;
  readonly timeout?: number;
}

/** Calls a tool, whichever version the client is of. */
export function callWith(
  client: McpClient,
  name: string,
  args: Record<string, unknown>,
  options: CallOptions,
): Promise<unknown> {
  // Version 1 takes a schema of the result second, version 2 the options. This is both: a schema that takes any result,
  // which is read with care afterwards, and to version 2 options with two more keys.
  const second = {
    ...options,
    parse: (data: unknown) => data,
    safeParse: (data: unknown) => ({ success: true, data }),
  };
  return client.callTool({ name, arguments: args }, second, options);
}
