// From a tape or events to a turn, and from the turn back to the same events.
import * as fc from 'fast-check';
import { firstValueFrom, timestamp, toArray, VirtualTimeScheduler } from 'rxjs';
import { type LlmError, type Model, type StreamEvent } from 'rxllm';
import { anthropic } from 'rxllm/anthropic';
import { gemini } from 'rxllm/gemini';
import type { Fetch } from 'rxllm/http';
import { ollama } from 'rxllm/ollama';
import { openaiChat, openaiResponses } from 'rxllm/openai';
import { fakeModel, parseTapes, replay, toMarbles, turn, writeTape, type Tape } from 'rxllm/testing';
import { numRuns, partEvents } from '../support/arbitraries.ts';
import { cutAtRandom, seeded, streamCases } from '../support/corpus.ts';
import { needs } from '../support/needs.ts';
import { delta, done, finish, streamOf } from '../providers/openai-chat/chunks.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

function tapeOf(chunks: Tape['chunks'], end: Tape['end'], contentType = 'text/event-stream'): Tape {
  return {
    method: 'POST',
    url: 'http://api.example/',
    status: 200,
    contentType,
    headMs: chunks[0]?.ms ?? 0,
    chunks,
    end,
  };
}

const say = (content: string) => utf8(streamOf([delta({ content })]));
const chat = (fetch: Fetch) => openaiChat({ model: 'x', baseUrl: 'http://api.example', maxRetries: 0, fetch });

/** All that a run gives, with its frames; the id of a run differs each time. */
function seenOf(model: Pick<Model, 'prompt'>): readonly (readonly [frame: number, what: unknown])[] {
  const scheduler = new VirtualTimeScheduler();
  const seen: (readonly [number, unknown])[] = [];
  model.prompt('Hi', { scheduler, key: 'k' }).subscribe({
    next: (event) => seen.push([scheduler.frame, event.type === 'start' ? { ...event, id: '' } : event]),
    error: ({ code, message, partial }: LlmError) =>
      seen.push([scheduler.frame, { code, message, partial: { ...partial, id: '' } }]),
    complete: () => seen.push([scheduler.frame, 'complete']),
  });
  scheduler.flush();
  return seen;
}

describe('toMarbles', () => {
  const answer = utf8(streamOf([finish('stop')]) + done);
  const tape = tapeOf(
    [
      { ms: 3, bytes: say('Hel') },
      { ms: 5, bytes: say('lo') },
      { ms: 245, bytes: say('!') },
      { ms: 245, bytes: answer },
    ],
    { ms: 246, how: 'end' },
  );

  test('makes a short diagram of a tape, and values by its letters', () => {
    const made = toMarbles(tape, chat);
    const text = (chunk: string): StreamEvent => ({ type: 'text', chunk, part_index: 0, message_index: 0 });
    expect(made.marbles).toBe('---a-b 239ms (c|)');
    expect(made.values).toEqual({
      a: [{ type: 'start', id: '', model: '', datetime_utc: '', resolved_model: 'served' }, text('Hel')],
      b: text('lo'),
      c: [text('!'), { type: 'part_end', part_index: 0 }, { type: 'finish', reason: 'stop', raw_reason: 'stop' }],
    });
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
    expect(seenOf(fakeModel(made, { id: 'x' }))).toEqual(seenOf(chat(replay(tape))));
  });

  test('reads the text of a tape as well', () => {
    expect(toMarbles(writeTape(tape), chat)).toEqual(toMarbles(tape, chat));
  });

  test('makes a turn of each tape of several, which a fake model plays in turn', async () => {
    const other = tapeOf(
      [
        { ms: 1, bytes: say('Bye') },
        { ms: 2, bytes: answer },
      ],
      { ms: 2, how: 'end' },
    );
    const several = writeTape(tape) + writeTape(other);
    const turns = toMarbles(parseTapes(several), chat);
    expect(turns).toEqual([toMarbles(tape, chat), toMarbles(other, chat)]);
    expect(toMarbles([several], chat)).toEqual(turns);
    const model = fakeModel(turns);
    expect(await model.prompt('1').text()).toBe('Hello!');
    expect(await model.prompt('2').text()).toBe('Bye');
    expect(() => toMarbles(several, chat)).toThrow('another tape begins here; parseTapes() reads several');
  });

  test('needs no key', () => {
    const make = (fetch: Fetch) => openaiChat({ model: 'x', fetch, maxRetries: 0 });
    expect(toMarbles(tape, make).marbles).toBe('---a-b 239ms (c|)');
  });

  test('keeps the error of a tape that breaks off', () => {
    const broken = tapeOf([{ ms: 500, bytes: say('Hel') }], { ms: 517, how: 'error' });
    const made = toMarbles(broken, chat);
    expect(made.marbles).toBe('500ms a 16ms #');
    expect(made.error).toMatchObject({ code: 'truncated' });
    expect(seenOf(fakeModel(made, { id: 'x' }))).toEqual(seenOf(chat(replay(broken))));
  });

  test('keeps the time limit of the model for a tape that ends in silence', () => {
    const made = toMarbles(tapeOf([{ ms: 3, bytes: say('a') }], { ms: 3, how: 'silence' }), chat);
    expect(made.marbles).toBe('---a 239999ms #');
    expect(made.error).toMatchObject({ code: 'idle_timeout' });
  });

  test('refuses a model that asks again', () => {
    const busy: Tape = { ...tapeOf([], { ms: 1, how: 'end' }), status: 503 };
    const make = (fetch: Fetch) => openaiChat({ model: 'x', fetch });
    const message = 'the model "x" sent 2 requests, and there is one tape; turn its retries off with maxRetries: 0';
    expect(() => toMarbles(busy, make)).toThrow(expect.objectContaining({ code: 'invalid_input', message }));
  });

  test('refuses a model that waits for a Promise, and one that has no end', () => {
    const make = (fetch: Fetch) => chat((url, init) => fetch(url, init));
    expect(() => toMarbles(tape, make)).toThrow(
      'the model "x" did not come to an end in virtual time: it waits for a Promise',
    );
    const endless = (fetch: Fetch) =>
      openaiChat({ model: 'x', fetch, timeouts: { idleMs: Infinity, keepAliveMs: Infinity } });
    const open = tapeOf([{ ms: 3, bytes: say('a') }], { ms: 3, how: 'silence' });
    expect(() => toMarbles(open, endless)).toThrow('a tape that ends in silence');
  });

  test('refuses a tape without a model', () => {
    expect(() => toMarbles(tape as never)).toThrow('needs a function that makes the model');
  });

  test('makes a turn of events, one a frame', () => {
    const events: StreamEvent[] = [
      { type: 'text', chunk: 'a' },
      { type: 'usage', usage: { input: 1 } },
    ];
    expect(toMarbles(events)).toEqual({ marbles: 'a(b|)', values: { a: events[0], b: events[1] } });
    expect(toMarbles([])).toEqual({ marbles: '|', values: {} });
    expect(toMarbles(['x', 'x', 'y'])).toEqual({ marbles: 'aa(b|)', values: { a: 'x', b: 'y' } });
  });

  test('makes a turn of events with times, from the first of them on', async () => {
    const scheduler = new VirtualTimeScheduler();
    const response = fakeModel(turn(' 500ms a-(bc) 100ms d|')).prompt('Hi', { scheduler });
    const timed = firstValueFrom(response.pipe(timestamp(scheduler), toArray()));
    scheduler.flush();
    const made = toMarbles(await timed);
    expect(made.marbles).toBe('a-b 103ms c(d|)');
    expect(
      toMarbles([
        { value: 'x', timestamp: 10.4 },
        { value: 'y', timestamp: 9 },
      ]).values,
    ).toEqual({ a: ['x', 'y'] });
  });

  test('has letters enough for a long answer', () => {
    const texts = Array.from({ length: 3000 }, (_, index) => String(index));
    const made = toMarbles(texts);
    expect(Object.keys(made.values!)).toHaveLength(3000);
    const seen = seenOf(fakeModel(made)).map(([, event]) => event as StreamEvent);
    expect(seen.flatMap((event) => (event.type === 'text' ? [event.chunk] : []))).toEqual(texts);
  });

  test('gives back the same events at the same times', () => {
    const anyEvents = partEvents.chain((events) =>
      fc.tuple(fc.constant(events), fc.array(fc.nat(40), { minLength: events.length, maxLength: events.length })),
    );
    fc.assert(
      fc.property(anyEvents, ([events, waits]) => {
        let ms = 0;
        const timed = events.map((value, index) => ({ value, timestamp: (ms += waits[index]!) }));
        const said: unknown[] = [];
        const scheduler = new VirtualTimeScheduler();
        const request = { messages: [], options: {}, tools: [], hideReasoning: false, stream: true, raw: false };
        fakeModel(toMarbles(timed))
          .stream(request, { scheduler })
          .subscribe((value) => said.push({ value, timestamp: scheduler.frame + (timed[0]?.timestamp ?? 0) }));
        scheduler.flush();
        expect(said).toEqual(timed);
      }),
      { numRuns },
    );
  });
});

needs('corpus').describe('every recorded stream', () => {
  const makers: Readonly<Record<string, (fetch: Fetch) => Model<never>>> = {
    'openai-chat-completions': chat,
    'openai-responses': (fetch) => openaiResponses({ model: 'x', baseUrl: 'http://api.example', maxRetries: 0, fetch }),
    'anthropic-messages': (fetch) => anthropic({ model: 'x', baseUrl: 'http://api.example', maxRetries: 0, fetch }),
    'gemini-stream-generate-content': (fetch) => gemini({ model: 'x', apiKey: 'k', maxRetries: 0, fetch }),
    'ollama-chat': (fetch) => ollama({ model: 'x', maxRetries: 0, fetch }),
  };

  describe.each(Object.entries(makers))('of %s', (api, make) => {
    // Of the long ones there is no more to be learnt.
    const cases = streamCases(api).filter(({ bytes }) => bytes.length < 64 * 1024);

    test('are there', () => expect(cases.length).toBeGreaterThan(5));

    test.each(cases)('$name: its marbles give the same events at the same times', ({ bytes, contentType }) => {
      const random = seeded(bytes.length);
      let ms = 0;
      const chunks = [...cutAtRandom(bytes, random, 400)].map((piece) => ({
        ms: (ms += Math.floor(random() * random() * 200)),
        bytes: piece,
      }));
      const tape = tapeOf(chunks, { ms: ms + 5, how: 'end' }, contentType);
      const live = seenOf(make(replay(writeTape(tape))));
      expect(live.length).toBeGreaterThan(0);
      expect(seenOf(fakeModel(toMarbles(tape, make), { id: 'x' }))).toEqual(live);
    });
  });
});
