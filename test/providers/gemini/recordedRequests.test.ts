// Requests that were recorded with the streams: a prompt of ours that says the same sends the same. Where the programs
// that were recorded write otherwise than we do, the same is written on both sides before they are compared:
// - names are in camelCase (some write `thinking_budget`), and an empty `generationConfig` is none;
// - the parameters of a tool are a JSON Schema (`object`; most write Google's `OBJECT`), under one name;
// - contents of one role that follow each other are one content, and a system instruction has no role;
// - what a tool gave back is called `output` (the one program that sends any calls it `result`);
// - a description without a word is none.
import type { JsonObject, Message, Part } from 'rxllm';
import { gemini } from 'rxllm/gemini';
import { streamCases } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { outcomeOfResponse } from '../../support/outcome.ts';
import { chunk, streamOf } from './chunks.ts';
import { own } from './sent.ts';

interface Body {
  readonly contents: readonly { readonly role: string; readonly parts: readonly WirePart[] }[];
  readonly systemInstruction?: { readonly parts: readonly [{ readonly text: string }] };
  readonly tools?: readonly (JsonObject & { readonly functionDeclarations?: readonly Declaration[] })[];
  readonly toolConfig?: JsonObject;
  readonly generationConfig?: JsonObject;
}

interface WirePart {
  readonly text?: string;
  readonly inlineData?: { readonly mimeType: string; readonly data: string };
  readonly functionCall?: { readonly id?: string; readonly name: string; readonly args: JsonObject };
  readonly functionResponse?: {
    readonly id?: string;
    readonly name: string;
    readonly response: { readonly output: string };
  };
  readonly thoughtSignature?: string;
}

interface Declaration {
  readonly name: string;
  readonly description?: string;
  readonly parametersJsonSchema: JsonObject;
}

needs('corpus').describe('recorded requests', () => {
  const cases = streamCases('gemini-stream-generate-content').filter(({ request }) => request !== undefined);

  test('are 23, all of which a prompt of ours can say', () => {
    expect(cases).toHaveLength(23);
  });

  test.each(cases)('$name', async ({ name, request }) => {
    const recorded = common(JSON.stringify(request));
    expect(common(await sentFor(recorded, /gemini-\d[\w.-]*$/.exec(name)![0]))).toEqual(recorded);
  });
});

/** The body that is sent for a prompt that says what this body says. */
async function sentFor({ contents, tools = [], systemInstruction, ...rest }: Body, model: string): Promise<string> {
  const { toolConfig, generationConfig } = rest;
  let sent = '';
  const asked = gemini({
    model,
    baseUrl: 'http://h',
    fetch(_, { body }) {
      sent = body as string;
      return Promise.resolve(new Response(streamOf([chunk([{ text: 'ok' }], { finishReason: 'STOP' })])));
    },
  });
  const messages = contents.map(({ role, parts }): Message => ({
    role: role === 'model' ? 'assistant' : role,
    parts: parts.map(toPart),
  }));
  const response = asked.prompt(messages, {
    ...(systemInstruction && { system: systemInstruction.parts[0].text }),
    tools: tools
      .flatMap(({ functionDeclarations = [] }) => functionDeclarations)
      .map(({ parametersJsonSchema, ...tool }) => ({ ...tool, input_schema: parametersJsonSchema })),
    options: {
      ...generationConfig,
      ...(toolConfig && { toolConfig }),
      tools: tools.filter((tool) => !tool.functionDeclarations),
    },
    hideReasoning: generationConfig?.thinkingConfig === undefined,
  });
  const { error } = await outcomeOfResponse(response);
  if (error) throw error;
  return sent;
}

function toPart(wire: WirePart): Part {
  const { text = '', inlineData, functionCall: call, functionResponse: response, thoughtSignature } = wire;
  const signed = thoughtSignature === undefined ? {} : own({ thoughtSignature });
  // In the one conversation whose calls have no ids the server ran the tool.
  const id = call?.id ?? response?.id;
  const marks =
    id === undefined
      ? { server_executed: true as const, ...own({ part: { ...wire } }) }
      : { tool_call_id: id, ...signed };
  if (inlineData) return { type: 'attachment', attachment: { type: inlineData.mimeType, content: inlineData.data } };
  if (call) return { type: 'tool_call', name: call.name, arguments: call.args, ...marks };
  if (response) return { type: 'tool_result', name: response.name, output: response.response.output, ...marks };
  return { type: 'text', text, ...signed };
}

/** A body as both sides of the comparison have it. */
function common(json: string): Body {
  const body = JSON.parse(
    json
      .replaceAll(
        /"(include_thoughts|thinking_(?:level|budget)|property_ordering|parameters_json_schema|file_search_store_names)":/g,
        (name) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      )
      .replaceAll('"parameters":', '"parametersJsonSchema":')
      .replaceAll(/"type":"[A-Z]+"/g, (type) => type.toLowerCase())
      .replaceAll('"response":{"result":', '"response":{"output":')
      .replaceAll('"description":"",', ''),
  ) as Body;
  const { contents, systemInstruction, generationConfig, ...rest } = body;
  const joined: { readonly role: string; readonly parts: WirePart[] }[] = [];
  for (const { role, parts } of contents) {
    const last = joined.at(-1);
    if (last?.role === role) last.parts.push(...parts);
    else joined.push({ role, parts: [...parts] });
  }
  return {
    ...rest,
    contents: joined,
    ...(systemInstruction && { systemInstruction: { parts: systemInstruction.parts } }),
    ...(generationConfig && Object.keys(generationConfig).length > 0 && { generationConfig }),
  };
}
