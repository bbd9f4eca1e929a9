// A server of the Model Context Protocol for tests, with every kind of answer; served over stdio when it is run.
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import {
  CallToolRequestSchema,
  ListToolsRequestSchema,
  type CallToolResult,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';

const pages: readonly (readonly Tool[])[] = [
  [
    {
      name: 'add',
      description: 'Adds two numbers',
      inputSchema: {
        type: 'object',
        properties: { a: { type: 'number' }, b: { type: 'number' } },
        required: ['a', 'b'],
      },
      annotations: { readOnlyHint: true },
    },
    { name: 'say', title: 'Gives back the content that it is given', inputSchema: { type: 'object' } },
  ],
  [
    { name: 'count', description: 'Tells of its progress', inputSchema: { type: 'object' } },
    { name: 'wait', description: 'Never answers', inputSchema: { type: 'object' } },
    { name: 'exit', description: 'Ends the server', inputSchema: { type: 'object' } },
  ],
  [
    { name: 'task', inputSchema: { type: 'object' }, execution: { taskSupport: 'required' } },
    { name: 'files/read.v2', annotations: { title: 'Reads' }, inputSchema: { type: 'object' } },
    { name: 'files_read_v2', inputSchema: { type: 'object' } },
  ],
];

export interface TestServer {
  readonly server: Server;
  /** What happened to calls of `wait`. */
  readonly waits: readonly ('begun' | 'cancelled')[];
}

export function createServer(): TestServer {
  const server = new Server({ name: 'test', version: '1.0.0' }, { capabilities: { tools: {} } });
  const waits: ('begun' | 'cancelled')[] = [];

  server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
    const index = Number(params?.cursor ?? 0);
    return { tools: [...(pages[index] ?? [])], ...(index + 1 < pages.length && { nextCursor: String(index + 1) }) };
  });

  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal, _meta, sendNotification }) => {
    const { name, arguments: args = {} } = params;
    const { progressToken = '' } = _meta ?? {};
    const progress = (step: number) =>
      sendNotification({
        method: 'notifications/progress',
        params: { progressToken, progress: step, total: 2, message: `${step} of 2` },
      });
    switch (name) {
      case 'add':
        return text(String(Number(args.a) + Number(args.b)));
      case 'say':
        return args;
      case 'count':
        await progress(1);
        await progress(2);
        return text('counted');
      case 'wait':
        waits.push('begun');
        signal.addEventListener('abort', () => waits.push('cancelled'));
        await progress(1);
        return new Promise<CallToolResult>(() => undefined);
      case 'exit':
        process.exit(1);
        break;
      default:
        return text(`this is ${name}`);
    }
    return text('');
  });
  return { server, waits };
}

function text(said: string): CallToolResult {
  return { content: [{ type: 'text', text: said }] };
}

if (process.argv[2] === 'serve') await createServer().server.connect(new StdioServerTransport());
