// The laws of responses, held against random runs: a model that emits at random times and ends in any way, wrapped or
// not, and subscribers who come, leave, throw and abort at random times. All in virtual time.
import * as fc from 'fast-check';
import { config, Observable, VirtualTimeScheduler } from 'rxjs';
import {
  defineModel,
  foldMessages,
  LlmError,
  MessageFold,
  withBudget,
  withFallback,
  withHedge,
  withRetry,
  type LiveResponse,
  type Message,
  type Model,
  type ResponseJSON,
  type StreamEvent,
} from 'rxllm';
import { fromJSON } from 'rxllm/serialization';
import { interleavedRun, rawRun } from '../operators/arbitraryEvents.ts';

const numRuns = process.env.RXLLM_FULL ? 10_000 : 500;

type Ending = 'complete' | 'truncated' | 'rate_limited' | 'provider_error' | 'never';

/** What a model does with one request. */
interface Script {
  readonly events: readonly { readonly at: number; readonly event: StreamEvent | string }[];
  readonly end: { readonly at: number; readonly how: Ending };
}

const timed = (run: readonly (StreamEvent | string)[], gaps: readonly number[], how: Ending): Script => {
  let now = 0;
  const events = run.map((event, index) => ({ at: (now += gaps[index % gaps.length] ?? 0), event }));
  return { events, end: { at: now + (gaps[0] ?? 0), how } };
};

const ending = fc.constantFrom<Ending>('complete', 'complete', 'truncated', 'rate_limited', 'provider_error', 'never');
const gaps = fc.array(fc.nat(3), { minLength: 1, maxLength: 4 });
const finish: StreamEvent = { type: 'finish', reason: 'stop' };
const run = fc
  .tuple(fc.oneof(rawRun, interleavedRun), fc.boolean())
  .map(([events, finishes]) => (finishes ? [...events, finish] : events));
const script = fc.tuple(run, gaps, ending).map(([events, times, how]) => timed(events, times, how));

interface Client {
  readonly joins: number;
  /** Undefined: stays to the end. */
  readonly leaves: number | undefined;
  readonly throws: boolean;
}

const client: fc.Arbitrary<Client> = fc.record({
  joins: fc.nat(40),
  leaves: fc.option(fc.nat(60), { nil: undefined }),
  throws: fc.boolean(),
});

/** The model that plays one script a request, the last one again and again, and counts who holds it. */
function playing(scripts: readonly Script[]): Model & { readonly open: () => number; readonly asked: () => number } {
  let open = 0;
  let asked = 0;
  const model = defineModel({
    id: 'playing',
    stream: (_, { scheduler }) =>
      new Observable((subscriber) => {
        const { events, end } = scripts[Math.min(asked++, scripts.length - 1)]!;
        open += 1;
        subscriber.add(() => (open -= 1));
        for (const { at, event } of events) {
          if (at === 0) subscriber.next(event);
          else subscriber.add(scheduler.schedule(() => subscriber.next(event), at));
        }
        const stop = () => {
          if (end.how === 'complete') subscriber.complete();
          else if (end.how !== 'never') subscriber.error(new LlmError(end.how, 'on purpose'));
        };
        subscriber.add(scheduler.schedule(stop, end.at));
      }),
  });
  return { ...model, open: () => open, asked: () => asked };
}

interface Seen {
  readonly events: StreamEvent[];
  /** As they were when they came. */
  readonly written: string[];
  readonly ends: ('complete' | LlmError)[];
  left: boolean;
}

/** A client that does what it does, and writes down what it sees. */
function join(live: LiveResponse, { joins, leaves, throws }: Client, scheduler: VirtualTimeScheduler): Seen {
  const seen: Seen = { events: [], written: [], ends: [], left: false };
  scheduler.schedule(() => {
    const subscription = live.subscribe({
      next(event) {
        seen.events.push(event);
        seen.written.push(JSON.stringify(event));
        if (throws) throw thrown;
      },
      error: (error: LlmError) => seen.ends.push(error),
      complete: () => seen.ends.push('complete'),
    });
    if (leaves === undefined) return;
    scheduler.schedule(() => {
      seen.left = seen.ends.length === 0;
      subscription.unsubscribe();
    }, leaves);
  }, joins);
  return seen;
}

/** Text and reasoning, part by part. */
function textOf(messages: readonly Message[]): string[] {
  return messages.flatMap(({ parts }) => parts.map((part) => ('text' in part ? part.text : '')));
}

/** What a sequence of events folds to; what does not fit its part is left out, as in a partial. */
function foldOf(events: readonly StreamEvent[], isDone: boolean): readonly Message[] {
  const fold = new MessageFold();
  for (const event of events) fold.add(event);
  return (isDone ? fold.end() : fold).kept;
}

const wrappers: Readonly<Record<string, (model: Model) => Model>> = {
  nothing: (model) => model,
  withRetry: (model) => withRetry(model, { initialDelayMs: 4 }),
  'withRetry, which restarts': (model) => withRetry(model, { initialDelayMs: 4, afterContent: 'restart' }),
  'withRetry, which continues': (model) => withRetry(model, { initialDelayMs: 4, afterContent: 'continue' }),
  'withFallback, which restarts': (model) => withFallback([model, model], { afterContent: 'restart' }),
  'withFallback, which continues': (model) => withFallback([model, model], { afterContent: 'continue' }),
  withHedge: (model) => withHedge([model, model, model], { afterMs: 2 }),
  withBudget: (model) => withBudget(model, { maxTokens: 1 }),
};

/** One for all: RxJS keeps each until a timer of its own, and a hundred thousand stacks would fill the memory. */
const thrown = new Error('a subscriber throws');
const unhandled = new Set<string>();
const { onUnhandledError } = config;
beforeAll(() => (config.onUnhandledError = (error) => unhandled.add((error as Error).message)));
afterEach(toldByNow);
afterAll(() => (config.onUnhandledError = onUnhandledError));

describe.each(Object.entries(wrappers))('a response of a model in %s', (_, wrap) => {
  const property = fc.property(
    fc.array(script, { minLength: 1, maxLength: 3 }),
    fc.array(client, { minLength: 1, maxLength: 4 }),
    fc.option(fc.nat(60), { nil: undefined }),
    fc.constantFrom('abort' as const, 'keep' as const, { graceMs: 3 }),
    (scripts, clients, aborts, onEmpty) => {
      const scheduler = new VirtualTimeScheduler();
      const played = playing(scripts);
      const live = wrap(played).prompt('Hi', { scheduler }).share({ onEmpty });
      const all = clients.map((each) => join(live, each, scheduler));
      if (aborts !== undefined) scheduler.schedule(() => live.abort(), aborts);
      // A run that never ends is ended here, so that every run has an end.
      scheduler.schedule(() => live.abort('time is up'), 10_000);
      scheduler.flush();
      const late = join(live, { joins: 0, leaves: undefined, throws: false }, scheduler);
      scheduler.flush();

      // One end for all who stayed, the same sequence for all, and nothing after the end.
      const written = late.written.join('\n');
      expect(late.ends).toHaveLength(1);
      for (const { written: lines, ends, left } of all) {
        expect(ends).toEqual(left ? [] : late.ends);
        if (left) expect(written.startsWith(lines.join('\n'))).toBe(true);
        else expect(lines).toEqual(late.written);
      }
      // Values that were handed out have not changed.
      for (const { events, written: lines } of [late, ...all]) {
        expect(events.map((event) => JSON.stringify(event))).toEqual(lines);
      }
      // Nobody holds the model any more.
      expect(played.open()).toBe(0);

      const [end] = late.ends;
      const { events } = late;
      // Aborted before anybody subscribed, it never began.
      if (events.length === 0) expect(end).toMatchObject({ code: 'aborted' });
      else expect(events[0]?.type).toBe('start');
      expect(events.filter(({ type }) => type === 'finish').length).toBe(end === 'complete' ? 1 : 0);
      if (end === 'complete') {
        expect(events.at(-1)?.type).toBe('finish');
      } else {
        // The partial is the fold of what came, and so is the JSON of the response.
        const { code, partial } = end!;
        const status = code === 'aborted' || code === 'truncated' ? code : 'failed';
        expect(partial).toMatchObject({ status, messages: foldOf(events, false) });
        expectSame(live.toJSON(), partial!);
      }
      const json = jsonOf(live, events);
      if (json === undefined) return;
      expect(json.messages).toEqual(foldOf(events, end === 'complete'));
      // Written and read back it is the same.
      const text = JSON.stringify(json);
      const restored = fromJSON(text, { model: played });
      expect(JSON.stringify(restored)).toBe(text);
    },
  );

  test('keeps the laws', () => {
    fc.assert(property, { numRuns });
  });
});

/** The JSON, unless the events of a run that is done do not fit together. */
function jsonOf(live: LiveResponse, events: readonly StreamEvent[]): ResponseJSON | undefined {
  try {
    return live.toJSON();
  } catch (error) {
    expect(error).toMatchObject({ code: 'assembly' });
    expect(() => foldMessages(events)).toThrow();
    return undefined;
  }
}

function expectSame(a: ResponseJSON, b: ResponseJSON): void {
  expect(JSON.stringify(a)).toBe(JSON.stringify(b));
}

describe('a run that is cut anywhere', () => {
  test('keeps a prefix: of its events, and of the text of each part', () => {
    fc.assert(
      fc.property(
        interleavedRun,
        fc.nat(30),
        fc.constantFrom<Ending>('truncated', 'provider_error'),
        (whole, at, how) => {
          const scheduler = new VirtualTimeScheduler();
          const ask = (events: readonly StreamEvent[], end: Ending) =>
            join(
              playing([timed(events, [1], end)])
                .prompt('Hi', { scheduler })
                .share(),
              { joins: 0, leaves: undefined, throws: false },
              scheduler,
            );
          const [all, kept] = [ask(whole, 'complete'), ask(whole.slice(0, at), how)];
          scheduler.flush();
          const cut = kept.ends[0] as LlmError;
          expect(cut.code).toBe(how);
          // All but `start`, whose id and time are its own.
          expect(all.written.slice(1).join('\n').startsWith(kept.written.slice(1).join('\n'))).toBe(true);
          const texts = textOf(foldOf(all.events, true));
          for (const text of textOf(cut.partial!.messages)) {
            const index = texts.findIndex((longer) => longer.startsWith(text));
            expect(index).not.toBe(-1);
          }
        },
      ),
      { numRuns },
    );
  });
});

test('what subscribers throw, and nothing else, is told where RxJS tells it', async () => {
  await toldByNow();
  expect(unhandled).toEqual(new Set(['a subscriber throws']));
});

/** RxJS tells it in a timer. */
function toldByNow(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
