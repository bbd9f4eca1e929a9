// What Gemini said goes back to it as it came: asked, answered, written as JSON, read again, replied to.
import type { JsonObject, ResponseJSON, Tool } from 'rxllm';
import { gemini } from 'rxllm/gemini';
import { fromJSON } from 'rxllm/serialization';
import { streamCases } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { chunk, stop, streamOf } from './chunks.ts';

let server: TestServer;
afterEach(() => server?.close());

interface Content {
  readonly role: string;
  readonly parts: readonly JsonObject[];
}

/** The contents of the request that follows an answer, after the response has been JSON text. */
async function contentsAfter(body: Uint8Array | string, name: string): Promise<readonly Content[]> {
  server = await startServer({ pieces: [body] });
  const model = gemini({ model: name, baseUrl: server.url });
  const response = model.prompt('Hi');
  await response.messages();
  const again = fromJSON(JSON.parse(JSON.stringify(response)), { model });
  await again.reply('And then?', { tools: toolsFor(again.toJSON()) }).messages();
  return server.requests[1]!.json.contents as readonly Content[];
}

/** Tools for all calls of a response. */
function toolsFor({ messages }: ResponseJSON): readonly Tool[] {
  const calls = messages.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool_call'));
  return [...new Set(calls.map(({ name }) => name))].map((name) => ({ name, run: () => `result of ${name}` }));
}

interface Chunk {
  readonly candidates?: readonly { readonly content?: Partial<Content> }[];
}

/** The parts that came, those joined that the protocol lets be joined: texts of a kind, both without a signature. */
function partsOf(body: string): readonly JsonObject[] {
  const blocks = body.split(/\r?\n\r?\n/).filter((block) => block.startsWith('data:'));
  const chunks = blocks.map((block) => JSON.parse(block.slice('data:'.length)) as Chunk);
  const parts: JsonObject[] = [];
  let joined = '';
  for (const part of chunks.flatMap(({ candidates = [] }) => candidates[0]?.content?.parts ?? [])) {
    const { text, ...marks } = part;
    const { text: _, ...lastMarks } = parts.at(-1) ?? {};
    const isPlain = typeof text === 'string' && !('thoughtSignature' in marks);
    if (isPlain && text === '') continue;
    if (isPlain && joined !== '' && JSON.stringify(marks) === JSON.stringify(lastMarks)) {
      joined += text;
      parts[parts.length - 1] = { ...marks, text: joined };
    } else {
      joined = isPlain ? text : '';
      parts.push(part);
    }
  }
  return parts;
}

needs('corpus').describe('what was recorded goes back as it came', () => {
  const all = streamCases('gemini-stream-generate-content');
  const cases = all.filter(
    ({ name, expected }) => expected.finish_reason !== null && !expected.error && !name.includes('arg-paths'),
  );
  const modelOf = (name: string) => /gemini-\d[\w.-]*$/.exec(name)?.[0] ?? 'gemini-2.0-flash';

  test('in all cases that end well, twelve of them with signatures', () => {
    expect(cases).toHaveLength(27);
    const signed = cases.filter(({ bytes }) => new TextDecoder().decode(bytes).includes('thoughtSignature'));
    expect(signed).toHaveLength(12);
  });

  test.each(cases)('$name', async ({ bytes, name, expected }) => {
    const [, model, results] = await contentsAfter(bytes, modelOf(name));
    expect(model).toEqual({ role: 'model', parts: partsOf(new TextDecoder().decode(bytes)) });
    // One call the server ran itself, see the corrections of the corpus.
    const calls =
      name.endsWith('/tools-gemini-2.5-flash') && name.startsWith('google-gemini') ? [] : expected.tool_calls;
    const clients = calls.filter((call) => !call.server_executed);
    expect(results).toEqual({
      role: 'user',
      parts: [
        ...clients.map(({ id, name: called }) => ({
          functionResponse: { ...(id !== null && { id }), name: called, response: { output: `result of ${called}` } },
        })),
        { text: 'And then?' },
      ],
    });
  });

  test.each(all.filter(({ name }) => name.includes('arg-paths')))(
    '$name, put together',
    async ({ bytes, expected }) => {
      const [, model] = await contentsAfter(bytes, 'gemini-3-pro-preview');
      const [signature] = /"thoughtSignature":"([^"]+)"/.exec(new TextDecoder().decode(bytes))!.slice(1);
      expect(model!.parts).toEqual(
        expected.tool_calls.map(({ name, arguments: args }, at) => ({
          functionCall: { name, args },
          ...(at === 0 && { thoughtSignature: signature }),
        })),
      );
    },
  );
});

describe('what has a signature goes back', () => {
  const image = (data: string) => ({ inlineData: { mimeType: 'image/png', data } });

  test.each<[string, readonly JsonObject[]]>([
    ['a text in the middle', [{ text: 'a' }, { text: 'b', thoughtSignature: 'S' }, { text: 'c' }]],
    ['an empty text alone', [{ text: '', thoughtSignature: 'S' }]],
    ['an empty text first', [{ text: '', thoughtSignature: 'S' }, { text: 'a' }]],
    [
      'an empty text after a call',
      [
        { functionCall: { id: 'i', name: 'f', args: {} }, thoughtSignature: 'F' },
        { text: '', thoughtSignature: 'S' },
      ],
    ],
    ['an empty text between texts', [{ text: 'a' }, { text: '', thoughtSignature: 'S' }, { text: 'b' }]],
    [
      'an empty thought',
      [{ text: 'Hm', thought: true }, { text: '', thought: true, thoughtSignature: 'S' }, { text: 'a' }],
    ],
    ['a thought', [{ text: 'Hm', thought: true, thoughtSignature: 'S' }, { text: 'a' }]],
    [
      'images',
      [
        { text: 'Here:', thoughtSignature: 'S' },
        { ...image('AAAA'), thoughtSignature: 'T' },
        { ...image('BBBB'), thoughtSignature: 'U' },
      ],
    ],
    ['an empty text after an image', [{ text: 'a' }, image('AAAA'), { text: '', thoughtSignature: 'S' }]],
    [
      'an image of a thought',
      [
        { ...image('AAAA'), thought: true },
        { ...image('BBBB'), thoughtSignature: 'S' },
      ],
    ],
    [
      'code',
      [
        { executableCode: { language: 'PYTHON', code: '1', id: 'c' }, thoughtSignature: 'S' },
        { codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'x', id: 'c' }, thoughtSignature: 'T' },
        { text: 'a' },
      ],
    ],
    [
      'a search',
      [
        { toolCall: { id: 't', toolType: 'GOOGLE_SEARCH_WEB', args: { queries: ['q'] } }, thoughtSignature: 'S' },
        { toolResponse: { id: 't', toolType: 'GOOGLE_SEARCH_WEB', response: { x: 1 } }, thoughtSignature: 'T' },
      ],
    ],
    ['something new', [{ text: 'a' }, { newThing: { x: 1 }, thoughtSignature: 'S' }, { text: 'b' }]],
  ])('%s', async (_, parts) => {
    const chunks = [...parts.map((part) => chunk([part])), stop];
    const [, model] = await contentsAfter(streamOf(chunks), 'gemini-3-pro-preview');
    expect(model).toEqual({ role: 'model', parts });
  });
});

test('an answer that was cut off goes back as far as it had come', async () => {
  server = await startServer({ pieces: [streamOf([chunk([{ text: 'a', thoughtSignature: 'S' }])])] });
  const model = gemini({ model: 'gemini-3-pro-preview', baseUrl: server.url });
  const live = model.prompt('Hi').share();
  await expect(live.messages()).rejects.toMatchObject({ code: 'truncated' });
  await expect(live.reply('Go on').messages()).rejects.toMatchObject({ code: 'truncated' });
  expect(server.requests[1]!.json.contents).toEqual([
    { role: 'user', parts: [{ text: 'Hi' }] },
    { role: 'model', parts: [{ text: 'a', thoughtSignature: 'S' }] },
    { role: 'user', parts: [{ text: 'Go on' }] },
  ]);
});
