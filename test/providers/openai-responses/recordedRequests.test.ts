// Requests that were recorded with the streams: a prompt of ours that says the same sends the same.
import { attachment, type JsonObject, type Message, type Part, type PromptOptions } from 'rxllm';
import type { OpenAIResponsesModelOptions } from 'rxllm/openai';
import { streamCases } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { call, result, sent, useServer } from './sent.ts';

useServer();

needs('corpus').describe('recorded requests', () => {
  const cases = streamCases('openai-responses').flatMap(({ name, request }) =>
    request ? [{ name, request: asRequest(request) }] : [],
  );

  test('are all compared', () => {
    expect(cases).toHaveLength(32);
  });

  test.each(cases)('$name', async ({ request }) => {
    const { json } = await sent(promptOf(request), { model: request.model });
    const body = asRequest(json);
    // The prompt of the helper stands at the end.
    const got = comparable({ ...body, input: body.input.slice(0, -1) });
    const wanted = comparable(request);
    // Ours asks for encrypted reasoning wherever a model has it, and for the outputs of code that is run.
    expect(new Set(got.include)).toEqual(new Set([...wanted.include, ...got.include]));
    expect({ ...got, include: [] }).toEqual({ ...wanted, include: [] });
  });
});

interface WirePart {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: string;
}

interface WireItem {
  readonly type?: string;
  readonly role?: string;
  readonly content?: string | readonly WirePart[];
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly output?: string;
}

interface WireTool {
  readonly type: string;
  readonly name?: string;
  readonly description?: string | null;
  readonly parameters?: JsonObject;
  readonly strict?: boolean;
  readonly [field: string]: unknown;
}

interface WireRequest extends Omit<OpenAIResponsesModelOptions, 'tools' | 'text'> {
  readonly model: string;
  readonly input: string | readonly WireItem[];
  readonly instructions?: string;
  readonly stream?: boolean;
  readonly tools?: readonly WireTool[];
  readonly text?: { readonly format?: { readonly schema?: JsonObject } };
}

function asRequest(body: unknown): WireRequest {
  return body as WireRequest;
}

function promptOf({
  model,
  include = [],
  input,
  instructions,
  stream,
  tools = [],
  text,
  ...options
}: WireRequest): PromptOptions<OpenAIResponsesModelOptions> {
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  const functions = tools.filter(isFunction);
  const others = tools.filter((tool) => !functions.includes(tool));
  const schema = text?.format?.schema;
  return {
    messages: items.map((item) => messageOf(item, items)),
    ...(instructions !== undefined && { system: instructions }),
    ...(stream !== undefined && { stream }),
    ...(schema && { schema }),
    // Without that it asks for a summary of the reasoning.
    hideReasoning: options.reasoning?.summary === undefined,
    tools: functions.map(({ name, description, parameters }) => ({
      name: name ?? '',
      ...(description && { description }),
      ...(parameters && { input_schema: parameters }),
    })),
    options: {
      ...options,
      ...(others.length > 0 && { tools: others }),
      // Models of OpenAI are asked for encrypted reasoning anyway.
      ...(/grok/.test(model) && { include }),
    },
  };
}

/** One that a tool of ours can be. */
function isFunction(tool: WireTool): boolean {
  return tool.type === 'function' && !('defer_loading' in tool);
}

function messageOf(item: WireItem, items: readonly WireItem[]): Message {
  const { type, role = '', content = '', call_id: id = '', name = '', arguments: args = '', output = '' } = item;
  if (type === 'function_call') {
    return { role: 'assistant', parts: [call(name, id, { arguments: JSON.parse(args) as JsonObject })] };
  }
  if (type === 'function_call_output') {
    const called = items.find((other) => other.type === 'function_call' && other.call_id === id)?.name ?? '';
    return { role: 'tool', parts: [result(called, output, id)] };
  }
  const parts = typeof content === 'string' ? [{ type: 'input_text', text: content }] : content;
  return {
    role,
    parts: parts.map((part): Part =>
      part.type === 'input_image' ? attachment({ url: part.image_url }) : { type: 'text', text: part.text ?? '' },
    ),
  };
}

/** What is the same in all forms in which it can be said, without what ours says in its own way. */
function comparable({ input, instructions, tools = [], text, include = [], store: _, ...others }: WireRequest) {
  const items = typeof input === 'string' ? [{ role: 'user', content: input }] : [...input];
  // A system message at the beginning is instructions.
  const first = items[0]?.role === 'system' ? items.shift() : undefined;
  return {
    ...others,
    instructions: instructions ?? first?.content,
    input: items.map(comparableItem),
    // Ours are never strict, here and in the schema of an answer, which is always called `output`. A tool without a
    // description has none.
    // Functions stand before the others.
    tools: tools
      .map(({ strict: __, description, ...tool }) => ({ ...tool, ...(description && { description }) }))
      .toSorted((a, b) => Number(isFunction(b)) - Number(isFunction(a))),
    schema: text?.format?.schema,
    include,
  };
}

/** Only what the model is told: not the ids of items, which are those of a server that stores them. */
function comparableItem({ type, role, content, call_id: id, name, arguments: args, output }: WireItem) {
  const [only, ...more] = typeof content === 'string' || content === undefined ? [] : content;
  const isPlain = only?.type === 'input_text' && more.length === 0;
  return { type, role, content: isPlain ? only.text : content, id, name, args, output };
}
