// The tools of real servers of the Model Context Protocol, through the official client, in memory and over stdio.
import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { firstValueFrom, from, lastValueFrom, of, toArray } from 'rxjs';
import type { Tool } from 'rxllm';
import { mcpTools, type McpClient, type McpTool } from 'rxllm/mcp';
import { ofType } from 'rxllm/operators';
import { root } from '../support/dist.ts';
import { callEvents, countingModel } from '../support/models.ts';
import { createServer, type TestServer } from './server.ts';

const open: Client[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

async function inMemory(): Promise<TestServer & { readonly client: Client }> {
  const made = createServer();
  const client = new Client({ name: 'tests', version: '1.0.0' });
  open.push(client);
  const [clientSide, serverSide] = InMemoryTransport.createLinkedPair();
  await Promise.all([client.connect(clientSide), made.server.connect(serverSide)]);
  return { ...made, client };
}

async function overStdio(): Promise<Client> {
  const client = new Client({ name: 'tests', version: '1.0.0' });
  open.push(client);
  const tsx = path.join(root, 'node_modules/tsx/dist/cli.mjs');
  const args = [tsx, path.join(root, 'test/mcp/server.ts'), 'serve'];
  await client.connect(new StdioClientTransport({ command: process.execPath, args, cwd: root }));
  return client;
}

/** A chain in which the model calls the tool once. */
function calling(tools: readonly Tool[], name: string, args: object = {}) {
  const model = countingModel((_, index) => (index === 0 ? from(callEvents(name, args, 'c1')) : of('ok')));
  return { model, chain: model.chain('Hi', { tools }) };
}

/** The messages that the model is sent after the call. */
async function saidAfter(tools: readonly Tool[], name: string, args: object = {}) {
  const { model, chain } = calling(tools, name, args);
  await lastValueFrom(chain);
  return model.requests[1]!.messages.slice(2);
}

async function resultOf(tools: readonly Tool[], name: string, args: object = {}) {
  const [message] = await saidAfter(tools, name, args);
  return message?.parts[0];
}

describe('mcpTools', () => {
  test('lists the tools of all pages, with their schemas and with names that every provider takes', async () => {
    const { client } = await inMemory();
    const model = countingModel(() => of('ok'));
    await model.prompt('Hi', { tools: await mcpTools(client) }).text();
    const input_schema = { type: 'object' };
    expect(model.requests[0]?.tools).toEqual([
      {
        name: 'add',
        description: 'Adds two numbers',
        input_schema: {
          type: 'object',
          properties: { a: { type: 'number' }, b: { type: 'number' } },
          required: ['a', 'b'],
        },
      },
      { name: 'say', description: 'Gives back the content that it is given', input_schema },
      { name: 'count', description: 'Tells of its progress', input_schema },
      { name: 'wait', description: 'Never answers', input_schema },
      { name: 'exit', description: 'Ends the server', input_schema },
      { name: 'files_read_v2', description: 'Reads', input_schema },
      { name: 'files_read_v2_2', input_schema },
    ]);
  });

  test('calls a tool by its own name, whatever the model is told', async () => {
    const { client } = await inMemory();
    const wanted = (tool: McpTool) => tool.name.startsWith('files');
    const tools = await mcpTools(client, { prefix: 'my.', filter: wanted });
    expect(tools.map(({ name }) => name)).toEqual(['my_files_read_v2', 'my_files_read_v2_2']);
    expect(await resultOf(tools, 'my_files_read_v2')).toMatchObject({ output: 'this is files/read.v2' });
    expect(await resultOf(tools, 'my_files_read_v2_2')).toMatchObject({ output: 'this is files_read_v2' });
  });

  test('cuts names that are too long, and keeps them apart', async () => {
    const { client } = await inMemory();
    const tools = await mcpTools(client, { prefix: 'x'.repeat(70), filter: ({ name }) => name.length < 5 });
    expect(tools.map(({ name }) => name)).toEqual([
      'x'.repeat(64),
      `${'x'.repeat(62)}_2`,
      `${'x'.repeat(62)}_3`,
      `${'x'.repeat(62)}_4`,
    ]);
  });

  test('gives the arguments to the server and its text to the model', async () => {
    const { client } = await inMemory();
    expect(await resultOf(await mcpTools(client), 'add', { a: 17, b: 25 })).toEqual({
      type: 'tool_result',
      name: 'add',
      output: '42',
      tool_call_id: 'c1',
    });
  });
});

describe('content', () => {
  async function said(result: object) {
    const { client } = await inMemory();
    return saidAfter(await mcpTools(client), 'say', result);
  }

  test('of all kinds is text in its order, and files', async () => {
    const messages = await said({
      content: [
        { type: 'text', text: 'Here it is:' },
        { type: 'image', data: 'aW1n', mimeType: 'image/png' },
        { type: 'audio', data: 'd2F2', mimeType: 'audio/wav' },
        { type: 'resource_link', uri: 'file:///a.txt', name: 'a.txt', mimeType: 'text/plain', description: 'notes' },
        { type: 'resource_link', uri: 'x:b', name: 'b', title: 'The b' },
        { type: 'resource', resource: { uri: 'x:c', mimeType: 'text/plain', text: 'inside' } },
        { type: 'resource', resource: { uri: 'x:d', mimeType: 'application/pdf', blob: 'cGRm' } },
        { type: 'resource', resource: { uri: 'x:e', blob: 'Ynl0ZXM=' } },
      ],
      structuredContent: { not: 'said twice' },
    });
    expect(messages).toEqual([
      {
        role: 'tool',
        parts: [
          {
            type: 'tool_result',
            name: 'say',
            tool_call_id: 'c1',
            output: [
              'Here it is:',
              '[attached: image/png]',
              '[attached: audio/wav]',
              'Resource a.txt: file:///a.txt (text/plain): notes',
              'Resource The b: x:b',
              'Resource x:c:',
              'inside',
              '[attached: x:d, application/pdf]',
              '[attached: x:e, application/octet-stream]',
            ].join('\n'),
          },
        ],
      },
      {
        role: 'user',
        parts: [
          { type: 'attachment', attachment: { type: 'image/png', content: 'aW1n' } },
          { type: 'attachment', attachment: { type: 'audio/wav', content: 'd2F2' } },
          { type: 'attachment', attachment: { type: 'application/pdf', content: 'cGRm' } },
          { type: 'attachment', attachment: { type: 'application/octet-stream', content: 'Ynl0ZXM=' } },
        ],
      },
    ]);
  });

  test.each([
    ['structured, where no text says it', { content: [], structuredContent: { a: 1 } }, '{"a":1}'],
    [
      'structured beside a file',
      { content: [{ type: 'image', data: 'aW1n', mimeType: 'image/png' }], structuredContent: { a: 1 } },
      '{"a":1}\n[attached: image/png]',
    ],
    ['none at all', { content: [] }, ''],
    ['missing', {}, ''],
    ['of old servers', { toolResult: 'plain' }, 'plain'],
  ])('%s', async (_, result, output) => {
    expect((await said(result))[0]?.parts).toMatchObject([{ output }]);
  });

  test.each([
    ['its text', [{ type: 'text', text: 'no such city' }], 'no such city'],
    ['nothing', [], 'the tool failed'],
  ])('that the server calls an error is an error that the model can read: %s', async (_, content, message) => {
    expect((await said({ content, isError: true }))[0]?.parts).toMatchObject([
      { output: `Error: ${message}`, exception: `McpToolError: ${message}` },
    ]);
  });
});

describe('a call', () => {
  test('tells its progress', async () => {
    const { client } = await inMemory();
    const { chain } = calling(await mcpTools(client), 'count');
    const events = await lastValueFrom(chain.pipe(ofType('tool_progress', 'tool_output'), toArray()));
    expect(events).toMatchObject([
      { type: 'tool_progress', tool_name: 'count', value: { progress: 1, total: 2, message: '1 of 2' } },
      { type: 'tool_progress', tool_name: 'count', value: { progress: 2, total: 2, message: '2 of 2' } },
      { type: 'tool_output', result: { output: 'counted' } },
    ]);
  });

  test('that is left is cancelled at the server', async () => {
    const { client, server, waits } = await inMemory();
    const { chain } = calling(await mcpTools(client), 'wait');
    const subscription = chain.subscribe();
    await until(() => waits.includes('begun'));
    subscription.unsubscribe();
    await until(() => waits.includes('cancelled'));
    expect(server.transport).toBeDefined();
  });

  test('that has ended is not cancelled', async () => {
    const { client, server } = await inMemory();
    const methods: string[] = [];
    const { transport } = server;
    const receive = transport?.onmessage;
    Object.assign(transport ?? {}, {
      onmessage(message: { readonly method?: string }, extra: object) {
        if (message.method) methods.push(message.method);
        Reflect.apply(receive ?? String, transport, [message, extra]);
      },
    });
    await resultOf(await mcpTools(client), 'add', { a: 1, b: 2 });
    await client.ping();
    expect(methods.slice(-2)).toEqual(['tools/call', 'ping']);
  });

  test('that is silent for too long is an error that the model can read', async () => {
    const { client } = await inMemory();
    const tools = await mcpTools(client, { timeoutMs: 20 });
    expect(await resultOf(tools, 'wait')).toMatchObject({
      output: expect.stringMatching(/^Error: .*Request timed out/),
    });
  });

  test('of a client that is closed is an error that the model can read', async () => {
    const { client } = await inMemory();
    const tools = await mcpTools(client);
    await client.close();
    expect(await resultOf(tools, 'add')).toMatchObject({ output: 'Error: Not connected' });
  });

  test('may need approval, by what the server says of the tool and by the arguments', async () => {
    const { client } = await inMemory();
    const tools = await mcpTools(client, {
      needsApproval: ({ annotations }, { a }) => annotations?.readOnlyHint !== true || Number(a) > 9,
    });
    expect(await resultOf(tools, 'add', { a: 1, b: 2 })).toMatchObject({ output: '3' });
    await expect(resultOf(tools, 'add', { a: 10, b: 2 })).rejects.toMatchObject({ code: 'paused' });
    await expect(resultOf(tools, 'say')).rejects.toMatchObject({ code: 'paused' });
  });
});

describe('listing', () => {
  test('that fails rejects with what the server says', async () => {
    const { client } = await inMemory();
    await client.close();
    await expect(mcpTools(client)).rejects.toMatchObject({
      name: 'LlmError',
      code: 'provider_error',
      message: 'the MCP server did not list its tools: Not connected',
    });
  });

  test('may be stopped', async () => {
    const { client } = await inMemory();
    await expect(mcpTools(client, { signal: AbortSignal.abort(new Error('left')) })).rejects.toMatchObject({
      code: 'provider_error',
      message: expect.stringContaining('left'),
    });
  });

  test('does not go round in circles', async () => {
    const listTools = () => Promise.resolve({ tools: [], nextCursor: 'again' });
    const circular: McpClient = { listTools, callTool: () => Promise.reject(new Error('never called')) };
    await expect(mcpTools(circular)).rejects.toMatchObject({
      code: 'bad_response',
      message: 'the MCP server gave the page "again" of its tools twice',
    });
  });

  test('that throws at once rejects no less', async () => {
    const broken: McpClient = {
      listTools() {
        throw new TypeError('not connected');
      },
      callTool: () => Promise.reject(new Error('never called')),
    };
    await expect(mcpTools(broken)).rejects.toMatchObject({
      name: 'LlmError',
      code: 'provider_error',
      message: 'the MCP server did not list its tools: not connected',
    });
  });

  test.each([
    ['{}', {}],
    ['undefined', undefined],
    ['{"tools":"add"}', { tools: 'add' }],
  ])('that gives no list is refused: %s', async (shown, page) => {
    const odd: McpClient = {
      listTools: () => Promise.resolve(page as never),
      callTool: () => Promise.reject(new Error('never called')),
    };
    await expect(mcpTools(odd)).rejects.toMatchObject({
      name: 'LlmError',
      code: 'bad_response',
      message: `the MCP server gave ${shown} where a list of its tools belongs`,
    });
  });

  test.each([0, -1, NaN])('refuses a timeout of %p', async (timeoutMs) => {
    const { client } = await inMemory();
    await expect(mcpTools(client, { timeoutMs })).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe('a client of version 2', () => {
  /** Whose options of a call are its second argument, and which lists all pages where no cursor is given. */
  function version2(result: object): McpClient & { readonly seen: unknown[] } {
    const seen: unknown[] = [];
    return {
      seen,
      listTools: () => Promise.resolve({ tools: [{ name: 'add', inputSchema: { type: 'object' } }] }),
      callTool(
        params: { readonly name: string; readonly arguments?: Record<string, unknown> },
        options?: { readonly signal?: AbortSignal; readonly timeout?: number; onprogress?(progress: object): void },
      ) {
        seen.push(params, options?.timeout, options?.signal?.aborted);
        options?.onprogress?.({ progress: 1 });
        return Promise.resolve(result);
      },
    };
  }

  test('fits as well', async () => {
    const client = version2({ content: [{ type: 'text', text: '3' }] });
    const { chain } = calling(await mcpTools(client, { timeoutMs: 500 }), 'add', { a: 1 });
    const events = await lastValueFrom(chain.pipe(ofType('tool_progress', 'tool_output'), toArray()));
    expect(events).toMatchObject([{ value: { progress: 1 } }, { result: { output: '3' } }]);
    expect(client.seen).toEqual([{ name: 'add', arguments: { a: 1 } }, 500, false]);
  });

  test.each([
    ['is not known is shown as it is', [{ type: 'hologram', url: 'x' }], '{"type":"hologram","url":"x"}'],
    ['is broken is shown as it is', [{ type: 'resource' }, 7], '{"type":"resource"}\n7'],
  ])('may know content that is newer: what %s', async (_, content, output) => {
    expect(await resultOf(await mcpTools(version2({ content })), 'add')).toMatchObject({ output });
  });
});

describe('a server over stdio', () => {
  test('lists, answers, tells its progress, is left and goes on', async () => {
    const client = await overStdio();
    const tools = await mcpTools(client);
    expect(tools).toHaveLength(7);
    expect(await resultOf(tools, 'add', { a: 17, b: 25 })).toMatchObject({ output: '42' });
    const { chain } = calling(tools, 'wait');
    const progress = await firstValueFrom(chain.pipe(ofType('tool_progress')));
    expect(progress).toMatchObject({ value: { progress: 1, total: 2 } });
    expect(await resultOf(tools, 'add', { a: 1, b: 1 })).toMatchObject({ output: '2' });
  }, 20_000);

  test('that ends during a call leaves an error that the model can read', async () => {
    const tools = await mcpTools(await overStdio());
    expect(await resultOf(tools, 'exit')).toMatchObject({
      output: expect.stringMatching(/^Error: .*Connection closed/),
    });
  }, 20_000);
});

/** Waits by turns of the event loop. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
