// Connections that are cut after every byte of a response: whatever had arrived is kept, and nothing that was cut short
// is taken for complete. The full run tries all bytes, another some of them.
import { MessageFold } from 'rxllm';
import { fetchOf } from '../support/servers.ts';
import { seeded } from '../support/corpus.ts';
import { headOf, startFaultServer, type FaultServer } from '../support/faultServer.ts';
import { needs } from '../support/needs.ts';
import { outcomeOf, type Outcome } from '../support/outcome.ts';
import { completeAt, recordings, streamOf, type Recording } from './recordings.ts';

type Framing = 'chunked' | 'close';

interface Response {
  /** Head and body, as they are sent. */
  readonly bytes: Buffer;
  readonly headLength: number;
  /** How much of the body the first bytes of the response hold. */
  readonly bodyLength: (count: number) => number;
}

const isFull = process.env.RXLLM_FULL !== undefined;
const atOnce = 16;

/** The response as a server sends it: one chunk an event, or a body that ends with its connection. */
function frame(body: Uint8Array, contentType: string, framing: Framing): Response {
  const head = headOf({ contentType, framing });
  if (framing === 'close') {
    const bodyLength = (count: number) => Math.max(0, count - head.length);
    return { bytes: Buffer.concat([head, body]), headLength: head.length, bodyLength };
  }
  const pieces: Buffer[] = [head];
  // Where in the response each chunk's data begins, and where in the body.
  const chunks: { readonly at: number; readonly from: number; readonly length: number }[] = [];
  let [at, from] = [head.length, 0];
  for (const data of eventsOf(body)) {
    const size = Buffer.from(`${data.length.toString(16)}\r\n`);
    chunks.push({ at: at + size.length, from, length: data.length });
    pieces.push(size, data, Buffer.from('\r\n'));
    at += size.length + data.length + 2;
    from += data.length;
  }
  pieces.push(Buffer.from('0\r\n\r\n'));
  return {
    bytes: Buffer.concat(pieces),
    headLength: head.length,
    bodyLength(count) {
      const last = chunks.findLast((chunk) => chunk.at <= count);
      return last === undefined ? 0 : last.from + Math.min(last.length, count - last.at);
    },
  };
}

/** Cut after each line: that is as good as after each event. */
function eventsOf(body: Uint8Array): Buffer[] {
  const lines =
    Buffer.from(body)
      .toString('latin1')
      .match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.map((line) => Buffer.from(line, 'latin1'));
}

function cutsOf({ bytes, headLength }: Response, edges: readonly number[]): number[] {
  const all = Array.from({ length: bytes.length + 1 }, (_, count) => count);
  if (isFull) return all;
  const random = seeded(bytes.length);
  const some = Array.from({ length: 36 }, () => Math.floor(random() * bytes.length));
  const wanted = [0, 1, headLength - 1, headLength, headLength + 1, ...edges, bytes.length - 1, bytes.length, ...some];
  return [...new Set(wanted)].filter((count) => count >= 0 && count <= bytes.length).toSorted((a, b) => a - b);
}

/** Some at a time. */
async function forEach<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of rest) await run(item);
    }),
  );
}

/** As text, to be compared fast; of `start` nothing: it comes also when nobody has said which model answers. */
function lasting({ events }: Pick<Outcome, 'events'>): string[] {
  return events.map((event) => (event.type === 'start' ? event.type : JSON.stringify(event)));
}

needs('corpus').describe('a connection that is cut', () => {
  const responses = new Map<string, Response>();
  let server: FaultServer;
  beforeAll(async () => {
    for (const recording of recordings) {
      const { bytes, contentType } = streamOf(recording);
      for (const framing of ['chunked', 'close'] as const) {
        responses.set(`${recordings.indexOf(recording)}/${framing}`, frame(bytes, contentType, framing));
      }
    }
    server = await startFaultServer(({ path }) => {
      const [, index, framing, count] = path.split('/');
      const { bytes } = responses.get(`${index}/${framing}`)!;
      return [{ do: 'raw', bytes: bytes.subarray(0, Number(count)) }, { do: 'cut' }];
    });
  });
  afterAll(() => server.close());

  describe.each(recordings)('in an answer for $name', (recording) => {
    test.each<Framing>(['chunked', 'close'])(
      'keeps what had arrived (%s)',
      async (framing) => {
        const { bytes: body, contentType } = streamOf(recording);
        const name = `${recordings.indexOf(recording)}/${framing}`;
        const response = responses.get(name)!;
        const { json, end } = completeAt(recording, body);
        const whole = await inMemory(recording, body, contentType);
        expect(whole.error).toBeUndefined();

        // A body that ends with its connection ends well wherever it is cut: its last line may be whole, which the AI SDK
        // leaves out.
        const completeLength = framing === 'close' && !recording.needsEnd ? json : end;
        const edges = Array.from({ length: end - json + 6 }, (_, at) => countOf(response, json - 3 + at));
        const wrong: unknown[] = [];
        await forEach(cutsOf(response, edges), async (count) => {
          const outcome = await outcomeOf(recording.make(`${server.url}/${name}/${count}`));
          const arrived = response.bodyLength(count);
          const isWhole = count === response.bytes.length;
          const isComplete = recording.needsEnd && framing === 'chunked' ? isWhole : arrived >= completeLength;
          const code = count < response.headLength ? 'connection' : isComplete ? undefined : 'truncated';
          const problem =
            faultOf(outcome, { whole, code, closesParts: recording.needsEnd === true }) ??
            (await lossOf(recording, { outcome, arrived, contentType, framing, body }));
          if (problem !== undefined)
            wrong.push({ count, problem, code: outcome.error?.code ?? 'none', expected: code });
        });
        expect(wrong).toEqual([]);
      },
      isFull ? 120_000 : 20_000,
    );
  });
});

/** The first byte of the response with which so much of the body has come. */
function countOf({ bytes, bodyLength }: Response, length: number): number {
  let count = 0;
  while (count < bytes.length && bodyLength(count) < length) count += 1;
  return count;
}

function inMemory(recording: Recording, bytes: Uint8Array, contentType: string): Promise<Outcome> {
  return outcomeOf(recording.make('http://127.0.0.1:9', { fetch: fetchOf([bytes], contentType) }));
}

interface Wanted {
  /** The whole answer. */
  readonly whole: Outcome;
  readonly code: string | undefined;
  readonly closesParts: boolean;
}

/** What is wrong with an outcome. */
function faultOf(outcome: Outcome, { whole, code, closesParts }: Wanted): string | undefined {
  const { events, messages, error } = outcome;
  if (error?.code !== code) return 'ends otherwise';
  const status = error && (error.code === 'truncated' ? 'truncated' : 'failed');
  if (error?.partial?.status !== status) return `is ${error?.partial?.status}`;
  if (events.filter(({ type }) => type === 'finish').length !== (error ? 0 : 1)) return 'finishes otherwise';
  const shown = lasting(outcome);
  // The AI SDK ends what is open when its body ends, also before the answer does.
  if (closesParts) while (shown.at(-1)?.includes('"part_end"')) shown.pop();
  if (error && !isPrefix(shown, lasting(whole))) return 'its events are no prefix';
  // What says something about the answer as a whole may be missing where that is complete, such as the usage.
  const texts = textsOf(whole);
  if ([...textsOf(outcome)].some(([part, text]) => texts.get(part)?.startsWith(text) !== true)) {
    return 'its texts are no prefixes';
  }
  const calls = callsOf(whole);
  if (callsOf(outcome).some((call) => !calls.includes(call))) return 'its messages have half a call';
  const fold = new MessageFold();
  for (const event of events) fold.add(event);
  if (!error) fold.end();
  if (JSON.stringify(messages) !== JSON.stringify(fold.messages)) return 'its messages are not the fold of its events';
  if (error && JSON.stringify(error.partial?.incomplete ?? []) !== JSON.stringify(fold.incomplete)) {
    return 'its incomplete calls are not those of its events';
  }
  return undefined;
}

function isPrefix(some: readonly string[], all: readonly string[]): boolean {
  return some.every((event, at) => event === all[at]);
}

/** Everything of a call that is run. */
function callsOf({ messages }: Outcome): string[] {
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === 'tool_call' ? [JSON.stringify([part.name, part.arguments])] : [])),
  );
}

/** By part and by what it is of the part. */
function textsOf({ events }: Outcome): Map<string, string> {
  const texts = new Map<string, string>();
  for (const event of events) {
    if (!('chunk' in event) || typeof event.chunk !== 'string') continue;
    const part = `${event.part_index} ${event.type}`;
    texts.set(part, (texts.get(part) ?? '') + event.chunk);
  }
  return texts;
}

interface Arrival {
  readonly outcome: Outcome;
  readonly arrived: number;
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly framing: Framing;
}

/** Whether anything is lost that had come: all whole events count, and what the end of a body leaves of its last one. */
async function lossOf(recording: Recording, arrival: Arrival): Promise<string | undefined> {
  const { outcome, arrived, contentType, framing, body } = arrival;
  if (recording.needsEnd || !outcome.error || outcome.error.code === 'connection') return undefined;
  const came = Buffer.from(body.subarray(0, arrived));
  const isLines = contentType.includes('ndjson');
  const text = came.toString('latin1');
  const lastEnd = isLines ? text.lastIndexOf('\n') + 1 : lastBlankLine(text);
  const { events } = await inMemory(recording, framing === 'close' ? came : came.subarray(0, lastEnd), contentType);
  const [kept, there] = [lasting(outcome), lasting({ events })];
  return kept.length === there.length ? undefined : `keeps ${kept.length} of ${there.length} events`;
}

function lastBlankLine(text: string): number {
  const ends = [...text.matchAll(/\n\r?\n/g)];
  const last = ends.at(-1);
  return last === undefined ? 0 : last.index + last[0].length;
}
