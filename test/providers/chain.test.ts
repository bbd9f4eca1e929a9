// The tool loop over real answers: recorded streams that call tools, their results, and the next request as the provider
// wants it.
import type { Tool, ToolCallPart } from 'rxllm';
import { anthropic } from 'rxllm/anthropic';
import { gemini } from 'rxllm/gemini';
import { ollama } from 'rxllm/ollama';
import { openaiChat, openaiResponses } from 'rxllm/openai';
import { streamCases, type StreamCase } from '../support/corpus.ts';
import { chatWire, geminiWire, messagesWire, ollamaWire, responsesWire } from '../support/faultWires.ts';
import { needs } from '../support/needs.ts';
import { outcomeOfResponse } from '../support/outcome.ts';
import { startServer } from '../support/servers.ts';
import { anthropicRules, geminiRules, ollamaRules, openaiChatRules, openaiResponsesRules } from './requestRules.ts';

const { describe } = needs('corpus');
const settings = { model: 'recorded', apiKey: 'k', maxRetries: 0 };

const providers = [
  {
    api: 'openai-chat-completions',
    wire: chatWire,
    rules: openaiChatRules,
    make: (baseUrl: string) => openaiChat({ ...settings, baseUrl }),
  },
  {
    api: 'openai-responses',
    wire: responsesWire,
    rules: openaiResponsesRules,
    make: (baseUrl: string) => openaiResponses({ ...settings, baseUrl }),
  },
  {
    api: 'anthropic-messages',
    wire: messagesWire,
    rules: anthropicRules,
    make: (baseUrl: string) => anthropic({ ...settings, baseUrl }),
  },
  {
    api: 'gemini-stream-generate-content',
    wire: geminiWire,
    rules: geminiRules,
    make: (baseUrl: string) => gemini({ ...settings, baseUrl }),
  },
  {
    api: 'ollama-chat',
    wire: ollamaWire,
    rules: ollamaRules,
    make: (baseUrl: string) => ollama({ ...settings, baseUrl }),
  },
] as const;

/** What is otherwise with some, and why. */
const exceptions: Readonly<Record<string, string>> = {
  // LM Studio's models think readably, and get their thoughts back so; the rule is OpenAI's.
  'lmstudio-responses/reasoning-tools-glm-4.7-flash': 'reasoning that is not encrypted',
  // OpenAI's tool that finds tools is run by the client, but its output is tools, which no text is.
  'openai-responses/tool-search-tools-gpt-5.4-2026-03-05': 'its result is a list of tools',
  // Google ran the tool itself (its MCP): the next chunk has the result.
  'google-gemini/tools-gemini-2.5-flash': 'it waits for nobody',
};

function callsTools({ name, expected }: StreamCase): boolean {
  if (exceptions[name] === 'it waits for nobody') return false;
  return !expected.error && expected.tool_calls.some((call) => !call.server_executed);
}

describe('a chain over recorded answers of', () => {
  for (const { api, wire, rules, make } of providers) {
    const cases = streamCases(api).filter(callsTools);

    test(`${api}: there are some that call tools`, () => expect(cases.length).toBeGreaterThan(0));

    test.each(cases.map((one) => [one.name, one] as const))('%s', async (name, { bytes, contentType, expected }) => {
      const called = expected.tool_calls.filter((call) => !call.server_executed);
      const ran: { readonly args: unknown; readonly call: ToolCallPart }[] = [];
      const tools = [...new Set(called.map((call) => call.name))].map((tool): Tool => ({
        name: tool,
        input_schema: { type: 'object' },
        run(args, { call }) {
          ran.push({ args, call });
          return `result ${ran.length} of ${tool}`;
        },
      }));
      let asked = 0;
      const closing = wire.opening + wire.text('All done.') + wire.closing('All done.');
      const server = await startServer(() =>
        asked++ === 0 ? { contentType, pieces: [bytes] } : { contentType: wire.contentType, pieces: [closing] },
      );
      const response = make(server.url).chain('Go on', { tools });
      const { error, messages } = await outcomeOfResponse(response);
      const next = server.requests[1]?.json ?? {};
      await server.close();

      expect(error).toBeUndefined();
      expect(server.requests).toHaveLength(2);
      const valid = called.filter((call) => !call.arguments_invalid);
      expect(ran.map(({ args }) => args)).toEqual(valid.map((call) => call.arguments));
      for (const [index, { id, name: tool }] of valid.entries()) {
        expect(ran[index]?.call.name).toBe(tool);
        if (id !== null) expect(ran[index]?.call.tool_call_id).toBe(id);
      }
      const results = messages.flatMap(({ parts }) =>
        parts.filter((part) => part.type === 'tool_result' && !part.server_executed),
      );
      expect(results).toHaveLength(called.length);
      expect(messages.at(-1)).toMatchObject({ role: 'assistant', parts: [{ type: 'text', text: 'All done.' }] });
      // The next request keeps the provider's rules, and has each result.
      expect(rules(next).filter((complaint) => complaint !== exceptions[name])).toEqual([]);
      if (exceptions[name] === 'its result is a list of tools') return;
      const said = JSON.stringify(next);
      for (const [index, { call }] of ran.entries()) expect(said).toContain(`result ${index + 1} of ${call.name}`);
    });
  }
});
