// Every recorded Chat Completions stream through the public model: whole from a real server, and cut anywhere.
import type { LlmError, Part } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import {
  cutAt,
  cutAtRandom,
  cutEvery,
  seeded,
  streamCases,
  type Expected,
  type StreamCase,
} from '../support/corpus.ts';
import { needs } from '../support/needs.ts';
import { fetchOf, startServer, type TestServer } from '../support/servers.ts';
import { outcomeOf, type Outcome } from './openaiChunks.ts';

const cases = streamCases('openai-chat-completions');
const isFull = process.env.RXLLM_FULL !== undefined;

/** Every cut of a body this long is tried one by one in the full run; of longer ones many at a time. */
const oneByOneBytes = 16 * 1024;

/**
 * Values that the corpus has otherwise. Snowflake sends reasoning in `reasoning_details` alone, where the reader that
 * computed the expected values did not look: `"reasoning_details":[{…,"text":"15","type":"reasoning.text"}]`, then
 * `"text":" * 27 = 405"`.
 */
const corrections: Readonly<Record<string, Partial<Expected>>> = {
  'snowflake/logprobs-claude-sonnet-4-6': { reasoning: '15 * 27 = 405' },
};

function run(fetch: () => Promise<Response>): Promise<Outcome> {
  return outcomeOf(openaiChat({ model: 'recorded', baseUrl: 'http://127.0.0.1:9/v1', fetch }));
}

/** What must not depend on cuts: everything but the run's own id and time. */
function lasting({ events, error }: Outcome): string {
  return JSON.stringify([events.map((event) => (event.type === 'start' ? event.resolved_model : event)), error?.code]);
}

function isRefusal(part: Part): boolean {
  const own = part.provider_metadata?.openai;
  return typeof own === 'object' && own !== null && 'refusal' in own;
}

/** An error of the provider after its finish reason has that in the cause: the response is not finished well. */
function finishReasonOf(error: LlmError | undefined): string | null {
  const cause = error?.cause;
  return typeof cause === 'object' && cause !== null && 'finish_reason' in cause ? String(cause.finish_reason) : null;
}

/** The outcome in the words of the corpus. */
function summarize({ events, messages, error }: Outcome, expected: Expected): Expected {
  const parts = messages.flatMap((message) => message.parts);
  const textOf = (belongs: (part: Part) => boolean) =>
    parts.map((part) => ('text' in part && belongs(part) ? part.text : '')).join('');
  const refusal = textOf(isRefusal);
  const finish = events.findLast((event) => event.type === 'finish');
  const usage = events.findLast((event) => event.type === 'usage')?.usage;
  const { raw: _, ...details } = usage?.details ?? {};
  const calls = parts.filter((part) => part.type === 'tool_call').filter((part) => !part.server_executed);
  const wantedCalls = expected.tool_calls.filter((call) => !call.server_executed);
  return {
    text: textOf((part) => part.type === 'text' && !isRefusal(part)),
    reasoning: textOf((part) => part.type === 'reasoning'),
    ...(refusal !== '' && { refusal }),
    tool_calls: calls.map((call, at) => ({
      id: wantedCalls[at]?.id === null ? null : (call.tool_call_id ?? ''),
      name: call.name,
      arguments: call.arguments,
      server_executed: false,
    })),
    finish_reason: finish?.raw_reason ?? finishReasonOf(error),
    finish_reason_unified: error ? expected.finish_reason_unified : (finish?.reason ?? ''),
    ...(usage && { usage: { input: usage.input, output: usage.output, ...details } as Record<string, number> }),
    ...(error && { error: { kind: error.code as 'truncated' } }),
  };
}

/** What the corpus expects, in a form that can be compared. */
function wanted(expected: Expected): Partial<Expected> {
  const { text, reasoning, refusal, tool_calls: calls, finish_reason, finish_reason_unified, usage, error } = expected;
  return {
    text,
    reasoning,
    ...(refusal !== undefined && { refusal }),
    tool_calls: calls
      .filter((call) => !call.server_executed)
      .map(({ id, name, arguments: args, arguments_invalid, arguments_raw = '' }) => ({
        id,
        name,
        arguments: arguments_invalid ? { _raw: arguments_raw } : args,
        server_executed: false,
      })),
    finish_reason,
    finish_reason_unified,
    ...(usage && { usage }),
    ...(error && { error: { kind: error.kind } }),
  };
}

function check(outcome: Outcome, { name, expected }: StreamCase): void {
  const [main, ...others] = [expected, ...(expected.also_acceptable ?? [])].map((reading) =>
    wanted({ ...expected, ...reading, ...corrections[name] }),
  );
  const got = summarize(outcome, expected);
  const alternative = others.find((reading) => JSON.stringify(reading) === JSON.stringify(got));
  expect(got).toEqual(alternative ?? main);
  if (expected.error?.message !== undefined) expect(outcome.error?.message).toContain(expected.error.message);
  if (outcome.error) expect(outcome.error.partial?.messages).toEqual(outcome.messages);
}

needs('corpus').describe('openaiChat over the recorded streams', () => {
  let server: TestServer;
  beforeAll(async () => {
    const byName = new Map(cases.map((entry) => [entry.name, entry]));
    server = await startServer((path) => {
      const entry = byName.get(path.slice(1, -'/chat/completions'.length));
      return entry ? { contentType: entry.contentType, pieces: [entry.bytes] } : { status: 404 };
    });
  });
  afterAll(() => server.close());

  test('knows all of them', () => {
    expect(cases).toHaveLength(113);
  });

  describe.each(cases)('$name', (entry) => {
    test('gives what the corpus expects, from a server', async () => {
      check(await outcomeOf(openaiChat({ model: 'recorded', baseUrl: `${server.url}/${entry.name}` })), entry);
    });

    test('gives the same events wherever its bytes are cut', async () => {
      const { bytes, contentType } = entry;
      const whole = await run(fetchOf([bytes], contentType));
      check(whole, entry);
      const same = lasting(whole);
      for (const pieces of cutsOf(entry)) {
        const outcome = lasting(await run(fetchOf(pieces, contentType)));
        // Compared as strings, because there are many; shown as values.
        if (outcome !== same) expect(JSON.parse(outcome)).toEqual(JSON.parse(same));
      }
    }, 1_200_000);

    test('is one message with parts numbered in order, each ended once, and one finish at the end', async () => {
      const { events, error } = await run(fetchOf([entry.bytes], entry.contentType));
      expect(events[0]?.type).toBe('start');
      expect(events.filter((event) => event.type === 'finish').length).toBe(entry.expected.error ? 0 : 1);
      if (!error) expect(events.at(-1)?.type).toBe('finish');
      const indexes = events.flatMap((event) =>
        'part_index' in event && event.type !== 'part_end' ? [event.part_index] : [],
      );
      const distinct = [...new Set(indexes)];
      expect(distinct.toSorted((a = 0, b = 0) => a - b)).toEqual(distinct.map((_, at) => at));
      const ended = events.flatMap((event) => (event.type === 'part_end' ? [event.part_index] : []));
      expect(new Set(ended).size).toBe(ended.length);
      if (!error) expect(ended.toSorted((a, b) => a - b)).toEqual(distinct.map((_, at) => at));
    });
  });
});

/** All cuts in the full run; otherwise some of them, the same in every run. */
function* cutsOf({ bytes, pieceBytes }: StreamCase): Generator<Iterable<Uint8Array>> {
  const random = seeded(bytes.length);
  for (const size of pieceBytes) yield cutEvery(bytes, size);
  if (isFull && bytes.length <= oneByOneBytes) {
    for (let at = 1; at < bytes.length; at++) yield cutAt(bytes, at);
  } else if (isFull) {
    // Combs that together cut at every position: each has every 997th.
    for (let first = 0; first < Math.min(997, bytes.length); first++) yield cutEvery(bytes, 997, first);
  } else {
    for (let n = 0; n < 25; n++) yield cutAt(bytes, 1 + Math.floor(random() * (bytes.length - 1)));
  }
  if (isFull || bytes.length < 8 * 1024) yield cutEvery(bytes, 1);
  for (const max of isFull ? [3, 20, 100, 1000, 10_000] : [40, 3000]) yield cutAtRandom(bytes, random, max);
}
