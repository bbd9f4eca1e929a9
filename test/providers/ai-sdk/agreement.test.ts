// Recordings read by real providers of the AI SDK, and what the bridge makes of that: the same as the corpus expects, but
// for what those providers themselves read otherwise.
import type { Part } from 'rxllm';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { streamCases, type Expected } from '../../support/corpus.ts';
import { needs } from '../../support/needs.ts';
import { outcomeOf, type Outcome } from '../../support/outcome.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { makers } from './makers.ts';

/** What differs, by case, each with the AI SDK's reason. */
const exceptions: Readonly<Record<string, readonly (keyof Summary)[]>> = {
  // It checks each chunk against a schema that has no `choices: null`, no call without an index, no unknown event.
  'openai-chat/crafted-null-delta-empty-choices': ['end', 'usage'],
  'openai-chat/crafted-tool-index-missing': ['calls', 'end', 'usage'],
  'anthropic/crafted-unknown-events': ['text', 'end', 'usage'],
  // It takes an id and a name from the first fragment alone.
  'openai-chat/crafted-tool-id-late': ['calls'],
  'openai-chat/crafted-tool-name-split': ['calls'],
  // It reads all choices as one.
  'openai-chat/n-choices-tools-gpt-3.5-turbo-0125': ['calls'],
  // A refusal is `content-filter` for it.
  'openai-chat/refusal-gpt-4o-2024-08-06': ['end'],
  'openai-responses/refusal-gpt-4o-2024-08-06': ['end'],
  // It looks for an error before the answer, and gives it as if the server had answered with its status.
  'openai-responses/error-gpt-5-nano-2025-08-07': ['end'],
  // Tools of OpenAI have their arguments in a form of its own, and MCP tools another name.
  'openai-responses/apply-patch-tools-gpt-5.1-2025-11-13': ['calls'],
  'openai-responses/local-shell-tools-gpt-5-codex': ['calls'],
  'openai-responses/tool-search-tools-gpt-5.4-2026-03-05': ['calls'],
  'openai-responses/mcp-approval-gpt-5-mini-2025-08-07': ['calls'],
  'openai-responses/mcp-o4-mini-2025-04-16': ['calls'],
  // Whether a shell is the provider's or the client's, only the request says.
  'openai-responses/shell-gpt-5.2-2025-12-11': ['calls', 'end'],
  // Three tools of Anthropic have one name.
  'anthropic/bash-code-execution-text-editor-code-execution-claude-sonnet-4-5-20250929': ['calls'],
  // What the history was compacted to is text, and paid for.
  'anthropic/compaction-claude-sonnet-4-6': ['text', 'usage'],
  // Version 3 gives no reason where the provider gave none, also for a prompt that was blocked and for an error.
  'google-gemini/blocked-empty-none': ['end'],
  'google-gemini/crafted-bare-json-error': ['end'],
  'google-vertex/blocked-empty-none': ['end'],
};

const hugeBytes = 1024 * 1024;

needs('corpus').describe('recordings read by the AI SDK', () => {
  const cases = makers.flatMap(({ api, folders, make }) =>
    streamCases(api)
      .filter(({ name, bytes }) => folders.includes(name.split('/')[0]!) && bytes.length < hugeBytes)
      .map((entry) => ({ ...entry, api, make })),
  );

  let server: TestServer;
  beforeAll(async () => {
    const byName = new Map(cases.map((entry) => [entry.name, entry]));
    server = await startServer((path) => {
      const entry = byName.get(path.split('/').slice(1, 3).join('/'));
      return entry ? { contentType: entry.contentType, pieces: [entry.bytes] } : { status: 404 };
    });
  });
  afterAll(() => server.close());

  test('are many', () => {
    expect(cases.length).toBe(140);
    expect(Object.keys(exceptions)).toHaveLength(20);
  });

  test.each(cases)('$name', async ({ name, api, make, expected }) => {
    const outcome = await outcomeOf(fromAiSdk(make(`${server.url}/${name}`), { maxRetries: 0 }));
    const got = summarize(outcome, expected);
    const wanted = wantedOf(expected, api);
    const differing = (Object.keys(wanted) as (keyof Summary)[]).filter(
      (key) => JSON.stringify(got[key]) !== JSON.stringify(wanted[key]),
    );
    if (exceptions[name]) expect(differing).toEqual(exceptions[name]);
    else expect(got).toEqual(wanted);
    checkOrder(outcome);
  });
});

interface Summary {
  readonly text: string;
  readonly reasoning: string;
  readonly calls: unknown;
  readonly end: string;
  readonly usage: readonly unknown[];
}

function summarize({ messages, events, error }: Outcome, expected: Expected): Summary {
  const parts = messages.flatMap((message) => message.parts);
  const joined = (type: Part['type']) =>
    parts.map((part) => (part.type === type && 'text' in part ? part.text : '')).join('');
  const finish = events.findLast((event) => event.type === 'finish');
  const usage = events.findLast((event) => event.type === 'usage')?.usage;
  const { reasoning, cached } = usage?.details ?? {};
  return {
    text: joined('text'),
    reasoning: joined('reasoning'),
    calls: parts
      .filter((part) => part.type === 'tool_call')
      .map((call, at) => ({
        // The AI SDK makes an id where the provider sends none.
        id: expected.tool_calls[at]?.id === null ? null : call.tool_call_id,
        name: call.name,
        arguments: call.server_executed ? {} : call.arguments,
        server_executed: call.server_executed ?? false,
      })),
    end: error?.code ?? finish?.reason ?? '',
    usage: expected.usage ? [usage?.input, usage?.output, reasoning ?? 0, cached ?? 0] : [],
  };
}

/** The AI SDK does not tell a refusal from text, and its totals include everything. */
function wantedOf(expected: Expected, api: string): Summary {
  const { text = '', refusal = '', reasoning, tool_calls: calls, usage, error } = expected;
  const { input = 0, output = 0, reasoning: thought = 0, cached = 0, cache_write: written = 0 } = usage ?? {};
  const isGemini = api.startsWith('gemini');
  const isAnthropic = api.startsWith('anthropic');
  return {
    text: text + refusal,
    reasoning,
    calls: calls.map(({ id, name, arguments: args, arguments_invalid, arguments_raw = '', server_executed }) => ({
      id,
      name,
      arguments: server_executed ? {} : arguments_invalid ? { _raw: arguments_raw } : args,
      server_executed,
    })),
    end: error?.kind ?? expected.finish_reason_unified,
    usage: usage
      ? [isAnthropic ? input + cached + written : input, isGemini ? output + thought : output, thought, cached]
      : [],
  };
}

/** What holds of every run: parts in order, each ended once, `finish` last. */
function checkOrder({ events, error }: Outcome): void {
  const begun = events.flatMap((event) =>
    'part_index' in event && event.type !== 'part_end' ? [event.part_index] : [],
  );
  const distinct = [...new Set(begun)];
  expect(distinct).toEqual(distinct.map((_, at) => at));
  if (error) return;
  const ended = events.flatMap((event) => (event.type === 'part_end' ? [event.part_index] : []));
  expect(ended.toSorted((a, b) => a - b)).toEqual(distinct);
  expect(events.at(-1)?.type).toBe('finish');
}
