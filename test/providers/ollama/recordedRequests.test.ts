// Requests that were recorded with the streams: a prompt of ours that says the same sends the same.
import { toolMessage, type JsonObject, type Message } from 'rxllm';
import type { OllamaModelOptions } from 'rxllm/ollama';
import { streamCases } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { call, result, sent, useServer } from './sent.ts';

interface WireMessage {
  readonly role: string;
  readonly content: string;
  readonly tool_calls?: readonly { readonly function: { readonly name: string; readonly arguments: JsonObject } }[];
}

interface Recorded {
  readonly model: string;
  readonly messages: readonly WireMessage[];
  readonly stream?: boolean;
  readonly options?: OllamaModelOptions;
  readonly tools?: readonly {
    readonly function: { readonly name: string; readonly description: string; readonly parameters: JsonObject };
  }[];
}

/** What the recorded clients say and we do not: it says nothing, or Ollama does not read it there. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  // No `stream` means true; an empty `format`, `options` or list of tools means none.
  'ollama/length-gemma3-1b': ['format', 'stream'],
  'ollama/text-gemma3-1b': ['format'],
  // `think` is no runtime option: Ollama passes over it there.
  'ollama/text-gemma3-1b-2': ['format', 'options.think', 'stream'],
  'ollama/text-llama3': ['format', 'keep_alive', 'options'],
  // The result of a tool says which tool it was.
  'ollama/text-llama3.1': ['format', 'keep_alive', 'messages', 'options', 'tools'],
  // `temperature` has its place in `options`; elsewhere Ollama passes over it.
  'ollama/text-llama3.2': ['temperature'],
  'ollama/reasoning-qwen3.6-latest': ['tools'],
};

useServer();

needs('corpus').describe('recorded requests of Ollama', () => {
  const cases = streamCases('ollama-chat').flatMap(({ name, request }) =>
    request ? [{ name, request: request as JsonObject & Recorded }] : [],
  );

  test('are those of all recordings', () => {
    expect(cases).toHaveLength(8);
  });

  test.each(cases)('$name', async ({ name, request }) => {
    const { messages, stream = true, options = {}, tools = [] } = request;
    const { think: _, ...usable } = options;
    const calls = messages.flatMap((message) => message.tool_calls ?? []);
    const history = messages.map(({ role, content, tool_calls = [] }): Message => {
      if (role === 'tool') return toolMessage(result(calls.shift()?.function.name ?? '', content));
      const said = content === '' ? [] : [{ type: 'text' as const, text: content }];
      return {
        role,
        parts: [...said, ...tool_calls.map((item) => call(item.function.name, undefined, item.function))],
      };
    });
    const { json } = await sent(
      {
        messages: history,
        options: usable,
        stream,
        tools: tools.map(({ function: { parameters, ...tool } }) => ({ ...tool, input_schema: parameters })),
      },
      { model: request.model },
    );
    // The prompt of the tests is left out.
    const got = { ...json, messages: (json.messages as readonly unknown[]).slice(0, -1) };
    expect(differences(got, request)).toEqual(exceptions[name] ?? []);
    if (name === 'ollama/text-llama3.1') {
      const [, { content }] = messages as [unknown, WireMessage];
      expect(got.messages).toEqual([messages[0], { role: 'tool', content, tool_name: 'get_current_weather' }]);
    }
  });
});

/** The keys in which two bodies differ. */
function differences(a: JsonObject | object, b: object): string[] {
  const [left, right] = [a, b].map((body) => body as Readonly<Record<string, unknown>>) as [JsonObject, JsonObject];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])]
    .flatMap((key) => {
      const [x, y] = [left[key], right[key]];
      if (JSON.stringify(sorted(x)) === JSON.stringify(sorted(y))) return [];
      return key === 'options' && x && y
        ? differences(x as object, y as object).map((inner) => `options.${inner}`)
        : [key];
    })
    .toSorted();
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
