// The tests that every wire format has over its recorded streams: whole from a real server, and cut anywhere.
import { createHash } from 'node:crypto';
import type { LlmError, Model, Part } from 'rxllm';
import { cutAt, cutAtRandom, cutEvery, seeded, streamCases, type Expected, type StreamCase } from './corpus.ts';
import { needs } from './needs.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { fetchOf, startServer, type TestServer } from './servers.ts';

export interface CorpusSuite {
  /** `api` of the cases' meta.json. */
  readonly api: string;
  /** How many there are: none may be missing or new without being looked at. */
  readonly count: number;
  /** A model of the protocol under test that sends its requests there. */
  readonly model: (at: ModelPlace) => Model<never>;
  /** Values that the corpus has otherwise, by case, each with its reason. */
  readonly corrections?: Readonly<Record<string, Partial<Expected>>>;
}

export interface ModelPlace {
  readonly baseUrl: string;
  readonly fetch?: () => Promise<Response>;
  /** Name of the case: two protocols may differ in nothing but that. */
  readonly name: string;
}

const isFull = process.env.RXLLM_FULL !== undefined;

/** Every cut of a body this long is tried one by one in the full run; of longer ones many at a time. */
const oneByOneBytes = 16 * 1024;

/** Of bodies longer than this only random cuts are tried. */
const hugeBytes = 1024 * 1024;

export function testCorpus({ api, count, model, corrections = {} }: CorpusSuite): void {
  const cases = streamCases(api);

  needs('corpus').describe(`the recorded streams of ${api}`, () => {
    let server: TestServer;
    beforeAll(async () => {
      const byName = new Map(cases.map((entry) => [entry.name, entry]));
      server = await startServer((path) => {
        const entry = byName.get(path.split('/').slice(1, 3).join('/'));
        return entry ? { contentType: entry.contentType, pieces: [entry.bytes] } : { status: 404 };
      });
    });
    afterAll(() => server.close());

    function run({ name }: StreamCase, fetch: () => Promise<Response>): Promise<Outcome> {
      return outcomeOf(model({ name, baseUrl: 'http://127.0.0.1:9', fetch }));
    }

    test('are all known', () => {
      expect(cases).toHaveLength(count);
    });

    describe.each(cases)('$name', (entry) => {
      const corrected: StreamCase = { ...entry, expected: { ...entry.expected, ...corrections[entry.name] } };

      test('gives what the corpus expects, from a server', async () => {
        const { name } = entry;
        check(await outcomeOf(model({ name, baseUrl: `${server.url}/${name}` })), corrected);
      });

      test('gives the same events wherever its bytes are cut', async () => {
        const { bytes, contentType } = entry;
        const whole = await run(entry, fetchOf([bytes], contentType));
        check(whole, corrected);
        const same = lasting(whole);
        for (const pieces of cutsOf(entry)) {
          const outcome = lasting(await run(entry, fetchOf(pieces, contentType)));
          // Compared as strings, because there are many; shown as values.
          if (outcome !== same) expect(JSON.parse(outcome)).toEqual(JSON.parse(same));
        }
      }, 1_200_000);

      test('numbers its parts in order, ends each once, and finishes once, at the end', async () => {
        const { events, error } = await run(entry, fetchOf([entry.bytes], entry.contentType));
        expect(events[0]?.type).toBe('start');
        expect(events.filter((event) => event.type === 'finish').length).toBe(error ? 0 : 1);
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
}

/** What must not depend on cuts: everything but the run's own id and time. */
function lasting({ events, error }: Outcome): string {
  return JSON.stringify([events.map((event) => (event.type === 'start' ? event.resolved_model : event)), error?.code]);
}

/** The mark stands under the key of whatever server it was. */
function isRefusal(part: Part): boolean {
  return Object.values(part.provider_metadata ?? {}).some(
    (own) => typeof own === 'object' && own !== null && 'refusal' in own,
  );
}

/** An error of the provider after its finish reason has that in the cause: the response is not finished well. */
function finishReasonOf(error: LlmError | undefined): string | null {
  const cause = error?.cause;
  return typeof cause === 'object' && cause !== null && 'finish_reason' in cause ? String(cause.finish_reason) : null;
}

/** The outcome in the words of the corpus, as far as this case has them. */
function summarize({ events, messages, error }: Outcome, expected: Expected): Partial<Expected> {
  const parts = messages.flatMap((message) => message.parts);
  const textsOf = (belongs: (part: Part) => boolean) =>
    parts.flatMap((part) => ('text' in part && belongs(part) && part.text !== '' ? [part.text] : []));
  const texts = textsOf((part) => part.type === 'text' && !isRefusal(part));
  const thoughts = textsOf((part) => part.type === 'reasoning');
  const refusal = textsOf(isRefusal).join('');
  const finish = events.findLast((event) => event.type === 'finish');
  const usage = events.findLast((event) => event.type === 'usage')?.usage;
  const { raw: _, ...details } = usage?.details ?? {};
  const calls = parts.filter((part) => part.type === 'tool_call');
  const files = parts.flatMap((part) => (part.type === 'attachment' && part.attachment?.content) || []);
  return {
    text: expected.text === undefined ? digest(texts.join('')) : texts.join(''),
    reasoning: thoughts.join(''),
    ...(expected.text_parts && { text_parts: texts }),
    ...(expected.reasoning_parts && {
      // Also those of which nothing is shown.
      reasoning_parts: parts.flatMap((part) => (part.type === 'reasoning' ? [part.text] : [])),
    }),
    ...(refusal !== '' && { refusal }),
    tool_calls: calls.map((call, at) => ({
      id: expected.tool_calls[at]?.id === null ? null : (call.tool_call_id ?? ''),
      name: call.name,
      // Of tools that the provider runs these are told in many ways.
      arguments: call.server_executed ? {} : call.arguments,
      server_executed: call.server_executed ?? false,
    })),
    ...(expected.images && { images: files.map(describeImage) }),
    finish_reason: finish?.raw_reason ?? finishReasonOf(error),
    finish_reason_unified: error ? expected.finish_reason_unified : (finish?.reason ?? ''),
    ...(usage && { usage: { input: usage.input, output: usage.output, ...details } as Record<string, number> }),
    ...(error && { error: { kind: error.code as 'truncated' } }),
  };
}

/** Stands for a text that is too long to be written down. */
function digest(text: string): string {
  return `${text.length} ${createHash('sha256').update(text).digest('hex')}`;
}

function describeImage(base64: string) {
  return { base64_chars: base64.length, sha256_of_base64: createHash('sha256').update(base64).digest('hex') };
}

/** What the corpus expects, in a form that can be compared. */
function wanted(expected: Expected): Partial<Expected> {
  const { text, text_length, text_sha256, reasoning, refusal, tool_calls: calls, usage, error, images } = expected;
  return {
    text: text ?? `${text_length} ${text_sha256}`,
    reasoning,
    ...(expected.text_parts && { text_parts: expected.text_parts }),
    ...(expected.reasoning_parts && { reasoning_parts: expected.reasoning_parts }),
    ...(refusal !== undefined && { refusal }),
    tool_calls: calls.map(({ id, name, arguments: args, arguments_invalid, arguments_raw = '', server_executed }) => ({
      id,
      name,
      arguments: server_executed ? {} : arguments_invalid ? { _raw: arguments_raw } : args,
      server_executed,
    })),
    ...(images && {
      images: images.map(({ base64_chars, sha256_of_base64 }) => ({ base64_chars, sha256_of_base64 })),
    }),
    finish_reason: expected.finish_reason,
    finish_reason_unified: expected.finish_reason_unified,
    ...(usage && { usage }),
    ...(error && { error: { kind: error.kind } }),
  };
}

function check(outcome: Outcome, { expected }: StreamCase): void {
  const [main, ...others] = [expected, ...(expected.also_acceptable ?? [])].map((reading) =>
    wanted({ ...expected, ...reading }),
  );
  const got = summarize(outcome, expected);
  const alternative = others.find((reading) => JSON.stringify(reading) === JSON.stringify(got));
  expect(got).toEqual(alternative ?? main);
  if (expected.error?.message !== undefined) expect(outcome.error?.message).toContain(expected.error.message);
  if (outcome.error) expect(outcome.error.partial?.messages).toEqual(outcome.messages);
}

/** All cuts in the full run; otherwise some of them, the same in every run. */
function* cutsOf({ bytes, pieceBytes }: StreamCase): Generator<Iterable<Uint8Array>> {
  const random = seeded(bytes.length);
  for (const size of pieceBytes) yield cutEvery(bytes, size);
  if (bytes.length > hugeBytes) {
    for (let n = 0; n < (isFull ? 40 : 4); n++) yield cutAt(bytes, 1 + Math.floor(random() * (bytes.length - 1)));
    for (const max of [997, 100_000]) yield cutAtRandom(bytes, random, max);
    return;
  }
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
