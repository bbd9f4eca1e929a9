// Gives the tools of a Model Context Protocol server to a model; the server is this file again, started over stdio.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { demo } from 'rxllm/demo';
import { mcpTools } from 'rxllm/mcp';
import { ofType } from 'rxllm/operators';
import { z } from 'zod';

if (process.argv.includes('serve')) {
  const server = new McpServer({ name: 'calculator', version: '1.0.0' });
  const inputSchema = { a: z.number(), b: z.number() };
  server.registerTool('multiply', { description: 'Multiplies two numbers', inputSchema }, ({ a, b }) => ({
    content: [{ type: 'text', text: String(a * b) }],
  }));
  await server.connect(new StdioServerTransport());
} else {
  const client = new Client({ name: 'example', version: '1.0.0' });
  const args = [...process.execArgv, import.meta.filename, 'serve'];
  await client.connect(new StdioClientTransport({ command: process.execPath, args }));
  const tools = await mcpTools(client, { prefix: 'calc_' });
  const response = demo({ chunkMs: 0 }).chain('Multiply 17 and 23.', { tools }).share();
  response.pipe(ofType('tool_output')).subscribe(({ result }) => console.log(`${result.name}: ${result.output}`));
  console.log(await response.text());
  await client.close();
}

// calc_multiply: 391
// calc_multiply says: 391
