// Requests that were recorded with the streams: a prompt of ours that says the same sends the same.
import { attachment, type AttachmentPart, type JsonObject, type Message, type Part, type PromptOptions } from 'rxllm';
import { streamCases } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { bodyOf, serverUrl, useServer } from './sent.ts';

useServer();

interface WireRequest {
  readonly model?: string;
  readonly system?: string | readonly WireBlock[];
  readonly messages: readonly { readonly role: string; readonly content: string | readonly WireBlock[] }[];
  readonly tools?: readonly WireTool[];
  readonly cache_control?: { readonly ttl: '5m' };
  readonly [option: string]: unknown;
}
interface WireBlock {
  readonly type: string;
  readonly text?: string;
  readonly source?: { readonly type: string; readonly media_type: string; readonly data: string };
  readonly [key: string]: unknown;
}
type WireTool = JsonObject & {
  readonly name: string;
  readonly input_schema?: JsonObject;
  readonly description: string;
};

/** What no prompt of ours says, by case: `extraBody` is the place for it. */
const exceptions: Readonly<Record<string, string>> = {
  // Breakpoints of the cache at single blocks; the option `cache` sets one for the whole request.
  'anthropic/parallel-tools-claude-sonnet-4-20250514-2': 'cache_control of blocks',
  'anthropic/web-search-citations-claude-sonnet-4-20250514': 'cache_control of blocks',
  // An attachment has no name.
  'anthropic/citations-claude-haiku-4-5-20251001': 'title of a document',
  // `defer_loading` of the client's own tools; as tools of the option `tools` they have it.
  'anthropic/tool-search-tools-claude-sonnet-4-6': 'defer_loading of tools',
  // An empty description is none.
  'anthropic/parallel-tools-claude-haiku-4-5-20251001': 'description of tools',
  // A model that thinks anyway is asked to show it.
  'anthropic/advisor-claude-sonnet-5': 'thinking',
};

needs('corpus').describe('a recorded request', () => {
  const cases = streamCases('anthropic-messages').flatMap(({ name, request }) =>
    request ? [{ name, request: request as object as WireRequest }] : [],
  );

  test('is there for most recordings', () => {
    expect(cases).toHaveLength(24);
  });

  test.each(cases)('is what we send: $name', async ({ name, request }) => {
    const { model = 'm', system, messages, tools = [], stream, cache_control: cache, ...options } = request;
    const isVertex = 'anthropic_version' in options;
    const instructions = system === undefined ? [] : [{ role: 'system', parts: partsOf(system) }];
    const history = messages.map(({ role, content }): Message => ({ role, parts: partsOf(content) }));
    const isOwn = (tool: WireTool) => tool.input_schema !== undefined && tool.defer_loading === undefined;
    const prompt: PromptOptions = {
      stream: stream === true,
      tools: tools.filter(isOwn).map((tool) => ({
        name: tool.name,
        description: tool.description,
        input_schema: tool.input_schema!,
      })),
      options: {
        ...(options as JsonObject),
        anthropic_version: undefined,
        ...(tools.every(isOwn) ? {} : { tools: tools.filter((tool) => !isOwn(tool)) }),
        ...(cache && { cache: cache.ttl }),
        ...(name.includes('citations-claude-haiku') && { citations: true }),
      },
    };
    const settings = { model, ...(isVertex && { baseUrl: `${serverUrl()}/publishers/anthropic/models` }) };
    const body: unknown = await bodyOf([...instructions, ...history], settings, prompt);
    expect(comparable(body as WireRequest, name)).toEqual(comparable(request, name));
  });

  test('differs from ours in nothing but what is named', () => {
    expect(Object.keys(exceptions).filter((name) => !cases.some((entry) => entry.name === name))).toEqual([]);
  });
});

function partsOf(content: string | readonly WireBlock[]): Part[] {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return blocks.map(({ text, source }: WireBlock): Part =>
    text === undefined ? file(source!) : { type: 'text', text },
  );
}

function file({ type, media_type, data }: NonNullable<WireBlock['source']>): AttachmentPart {
  const content = type === 'text' ? Buffer.from(data).toString('base64') : data;
  return attachment({ type: media_type, content });
}

/** The two spellings of text made one, and what is excepted left out. */
function comparable({ system, messages, tools, ...others }: WireRequest, name: string): unknown {
  const without = exceptions[name]?.split(' ')[0];
  const keep = <T extends object>(value: T) =>
    Object.fromEntries(Object.entries(value).filter(([key, field]) => key !== without && field !== null));
  const blocks = (content: string | readonly WireBlock[]) =>
    (typeof content === 'string' ? [{ type: 'text', text: content }] : content).map(keep);
  return {
    ...keep(others),
    ...(system !== undefined && { system: blocks(system) }),
    messages: messages.map(({ role, content }) => ({ role, content: blocks(content) })),
    ...(tools && { tools: tools.map(keep).toSorted((a, b) => String(a.name).localeCompare(String(b.name))) }),
  };
}
