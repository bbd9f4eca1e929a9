// Recording: what stands on a tape, and that nobody notices.
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { config, of, VirtualTimeScheduler, type SchedulerLike } from 'rxjs';
import { tool, type LlmError, type Model, type StreamEvent } from 'rxllm';
import { anthropic } from 'rxllm/anthropic';
import {
  direct,
  sse,
  type DirectFetch,
  type Fetch,
  type HttpRequest,
  type ResponseHead,
  type SseEvent,
} from 'rxllm/http';
import { openaiChat } from 'rxllm/openai';
import { fakeModel, parseTape, parseTapes, record, replay, toMarbles, type Tape } from 'rxllm/testing';
import { block, end, start, streamOf as messagesOf, text as said } from '../providers/anthropic/events.ts';
import { call as callOf, delta, done, finish, streamOf } from '../providers/openai-chat/chunks.ts';
import { outcomeOf } from '../support/outcome.ts';
import { fetchOf, startServer, type Answer, type TestServer } from '../support/servers.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const chatBody = streamOf([delta({ content: 'Grüße, ' }), delta({ content: '😀!' }), finish('stop')]) + done;
const messagesBody = messagesOf([
  start(),
  ...block(0, { type: 'text', text: '' }, said('Grü'), said('ße')),
  ...end('end_turn'),
]);

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(answer: Answer | ((path: string) => Answer)): Promise<string> {
  server = await startServer(answer);
  return server.url;
}

/** A fetch that records, the tapes that it has made, and the first of them, which may come after the response. */
function recorder(options?: Parameters<typeof record>[1]) {
  const tapes: string[] = [];
  let made: (tape: string) => void;
  const first = new Promise<string>((resolve) => (made = resolve));
  const fetch = record((tape) => {
    tapes.push(tape);
    made(tape);
  }, options);
  return { tapes, first, fetch };
}

/** A response of a clock of its own: it stands at the time at which each piece comes. */
interface Script {
  readonly headMs: number;
  readonly pieces: readonly (readonly [waitMs: number, bytes: Uint8Array])[];
  readonly endMs: number;
  readonly breaks: boolean;
}

function scripted({ headMs, pieces, endMs, breaks }: Script) {
  const scheduler = new VirtualTimeScheduler();
  function pass(ms: number): void {
    scheduler.schedule(() => undefined, ms);
    scheduler.maxFrames = scheduler.frame + ms;
    scheduler.flush();
  }
  function* body(): Generator<Uint8Array> {
    for (const [ms, bytes] of pieces) {
      pass(ms);
      yield bytes.slice();
    }
    pass(endMs);
    if (breaks) throw new Error('broken');
  }
  const fetch = () => {
    pass(headMs);
    return fetchOf(body())();
  };
  return { scheduler, fetch };
}

describe('a tape holds', () => {
  test('the address without query and credentials, status and content type, and nothing else of either side', async () => {
    const url = await serve({ status: 201, contentType: 'text/plain', headers: { 'x-secret': 's1' }, pieces: ['hi'] });
    const { fetch, tapes } = recorder();
    const headers = { authorization: 'Bearer s2', cookie: 's3' };
    await (await fetch(`${url}/v1/talk?key=s4#s5`, { method: 'post', headers, body: 's6' })).text();
    expect(tapes).toHaveLength(1);
    expect(tapes[0]!.replaceAll(/^\d+ /gm, '')).toBe(`rxllm tape 1\nPOST ${url}/v1/talk\n201 text/plain\n"hi"\nend\n`);
  });

  test('no user name and no password', async () => {
    const { fetch, tapes } = recorder({ fetch: () => Promise.resolve(new Response('x')) });
    await (await fetch('https://me:secret@api.example/x')).text();
    expect(parseTape(tapes[0]!)).toMatchObject({ method: 'GET', url: 'https://api.example/x' });
  });

  test.each([
    ['a URL', new URL('https://api.example/x?k=1')],
    ['a Request', new Request('https://api.example/x?k=1', { method: 'POST', body: 'b' })],
  ])('the same for %s', async (_, input) => {
    const { fetch, tapes } = recorder({ fetch: () => Promise.resolve(new Response('x')) });
    await (await fetch(input)).text();
    expect(parseTape(tapes[0]!).url).toBe('https://api.example/x');
  });

  test('what came when, and how it ended', async () => {
    const { fetch: play, scheduler } = scripted({
      headMs: 31,
      pieces: [
        [9, utf8('data: 1\n\n')],
        [12, utf8('data: ü').slice(0, -1)],
        [0, utf8('ü').slice(1)],
      ],
      endMs: 188,
      breaks: false,
    });
    const { fetch, tapes } = recorder({ fetch: play, scheduler });
    await (await fetch('http://api.example/')).text();
    expect(tapes[0]!.split('\n').slice(2)).toEqual([
      '31 200 text/event-stream',
      String.raw`40 "data: 1\n\n"`,
      '52 base64 ZGF0YTogww==',
      '52 base64 vA==',
      '240 end',
      '',
    ]);
  });

  test('a body that is empty', async () => {
    const { fetch, tapes } = recorder({ fetch: () => Promise.resolve(new Response(null, { status: 204 })) });
    await fetch('http://api.example/');
    expect(parseTape(tapes[0]!)).toMatchObject({ status: 204, chunks: [], end: { how: 'end' } });
  });

  test('no redirect, but the response that it leads to', async () => {
    const url = await serve((path) =>
      path.startsWith('/moved') ? { pieces: [chatBody] } : { status: 307, headers: { location: '/moved' } },
    );
    const { fetch, tapes, first } = recorder();
    const { error } = await outcomeOf(openaiChat({ model: 'm', baseUrl: url, fetch }));
    expect(error).toBeUndefined();
    await first;
    expect(tapes.map((tape) => parseTape(tape).url)).toEqual([`${url}/moved`]);
  });
});

describe('recording changes nothing:', () => {
  test('status, headers and URL are those of the response', async () => {
    const url = await serve({ status: 203, headers: { 'x-request-id': '7' }, pieces: ['hi'] });
    const { fetch } = recorder();
    const response = await fetch(`${url}/a?b=c`);
    expect(response).toMatchObject({ status: 203, statusText: 'Non-Authoritative Information', url: `${url}/a?b=c` });
    expect(response.headers.get('x-request-id')).toBe('7');
    expect(await response.text()).toBe('hi');
  });

  test('the chunks are the same, and not read before they are wanted', async () => {
    const pieces = ['a', 'bc', 'd'].map(utf8);
    let taken = 0;
    function* body(): Generator<Uint8Array> {
      for (const piece of pieces) {
        taken += 1;
        yield piece;
      }
    }
    const { fetch, tapes } = recorder({ fetch: fetchOf(body()) });
    const reader = (await fetch('http://api.example/')).body!.getReader();
    expect(taken).toBe(0);
    for (const [index, piece] of pieces.entries()) {
      expect((await reader.read()).value).toBe(piece);
      expect(taken).toBe(index + 1);
      piece.fill(0);
    }
    expect(tapes).toEqual([]);
    expect((await reader.read()).done).toBe(true);
    expect(parseTape(tapes[0]!).chunks.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual(['a', 'bc', 'd']);
  });

  test('who cancels the body cancels the request', async () => {
    const url = await serve({ pieces: ['a'], atEnd: 'stay' });
    const { fetch, tapes } = recorder();
    const reader = (await fetch(url)).body!.getReader();
    await reader.read();
    await reader.cancel();
    expect(await (await server!.request(0)).closed).toBe('aborted');
    expect(parseTape(tapes[0]!)).toMatchObject({ chunks: [{ bytes: utf8('a') }], end: { how: 'aborted' } });
  });

  test('who aborts the request does so', async () => {
    const url = await serve({ pieces: ['a'], atEnd: 'stay' });
    const { fetch, tapes } = recorder();
    const controller = new AbortController();
    const reader = (await fetch(url, { signal: controller.signal })).body!.getReader();
    await reader.read();
    const next = reader.read();
    controller.abort();
    await expect(next).rejects.toMatchObject({ name: 'AbortError' });
    expect(parseTape(tapes[0]!).end.how).toBe('aborted');
  });

  test('a response that is left is aborted, down to the socket', async () => {
    const url = await serve({ pieces: [streamOf([delta({ content: 'Hi' })])], atEnd: 'stay' });
    const { fetch, tapes } = recorder();
    await new Promise<void>((resolve) => {
      const subscription = openaiChat({ model: 'm', baseUrl: url, fetch })
        .prompt('Hi')
        .subscribe((event) => {
          if (event.type !== 'text') return;
          subscription.unsubscribe();
          resolve();
        });
    });
    expect(await (await server!.request(0)).closed).toBe('aborted');
    expect(parseTape(tapes[0]!)).toMatchObject({ chunks: [{}], end: { how: 'aborted' } });
  });

  test('a connection that breaks breaks', async () => {
    const url = await serve({ pieces: [streamOf([delta({ content: 'Hi' })])], atEnd: 'destroy' });
    const { fetch, tapes } = recorder();
    const { error } = await outcomeOf(openaiChat({ model: 'm', baseUrl: url, fetch }));
    expect(error?.code).toBe('truncated');
    expect(parseTape(tapes[0]!).end.how).toBe('error');
  });

  test('a request without a response fails as it does, and makes no tape', async () => {
    const refused = new TypeError('no');
    const { fetch, tapes } = recorder({ fetch: () => Promise.reject(refused) });
    await expect(fetch('http://api.example/')).rejects.toBe(refused);
    expect(tapes).toEqual([]);
  });

  test('what the writer throws reaches RxJS’s handler of such errors, not the stream', async () => {
    const full = new Error('the disk is full');
    const handled = new Promise((resolve) => {
      config.onUnhandledError = resolve;
    });
    const fetch = record(
      () => {
        throw full;
      },
      { fetch: fetchOf([utf8('hi')]) },
    );
    expect(await (await fetch('http://api.example/')).text()).toBe('hi');
    expect(await handled).toBe(full);
    config.onUnhandledError = null;
  });
});

describe('what is recorded is played again:', () => {
  const request: Omit<HttpRequest, 'scheduler'> = { url: 'http://api.example/', headers: new Headers(), body: {} };

  /** Events with their times, and the end. */
  async function eventsOf(fetch: HttpRequest['fetch'], scheduler: VirtualTimeScheduler, flush: boolean) {
    const seen: (readonly [ms: number, what: SseEvent | string])[] = [];
    await new Promise<void>((resolve) => {
      const timeouts = { connectMs: Infinity, firstEventMs: Infinity, idleMs: Infinity, keepAliveMs: Infinity };
      sse({ ...request, fetch, scheduler, timeouts }, { isLast: () => false }).subscribe({
        next: (event) => seen.push([scheduler.frame, event]),
        error: (error: { readonly code: string }) => resolve(void seen.push([scheduler.frame, error.code])),
        complete: () => resolve(void seen.push([scheduler.frame, 'complete'])),
      });
      if (flush) scheduler.flush();
    });
    return seen;
  }

  const wait = fc.nat(3000);
  const piece = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 9 }),
    fc.constantFrom('data: 1\n', '\n', 'data: {"a":"Grüße"}\n\n', 'event: x\n', ': ping\n\n', '😀').map(utf8),
  );
  const anyScript: fc.Arbitrary<Script> = fc.record({
    headMs: wait,
    pieces: fc.array(
      fc
        .tuple(
          wait,
          piece.chain((bytes) => cut(bytes)),
        )
        .map(([ms, bytes]) => [ms, bytes] as const),
      {
        maxLength: 12,
      },
    ),
    endMs: wait,
    breaks: fc.boolean(),
  });

  /** Now and then a piece that begins or ends within a character. */
  function cut(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
    return fc
      .nat(bytes.length - 1)
      .map((at) => new Uint8Array(bytes.slice(at % 3)).slice(0, Math.max(1, bytes.length)));
  }

  test('whatever came, however it was cut and whenever it came: the same chunks, events and end at the same times', async () => {
    await fc.assert(
      fc.asyncProperty(anyScript, async (script) => {
        const { fetch: play, scheduler } = scripted(script);
        const { fetch, tapes } = recorder({ fetch: play, scheduler });
        const live = await eventsOf(fetch, scheduler, false);

        const virtual = new VirtualTimeScheduler();
        expect(await eventsOf(replay(tapes[0]!), virtual, true)).toEqual(live);

        const chunks: unknown[] = [];
        const again = new VirtualTimeScheduler();
        const played$ = replay(tapes[0]!)[direct]({ ...request, scheduler: again });
        played$.subscribe({
          next: (part: ResponseHead | Uint8Array) => chunks.push([again.frame, part]),
          error: () => chunks.push([again.frame, 'error']),
          complete: () => chunks.push([again.frame, 'end']),
        });
        again.flush();
        let ms = script.headMs;
        expect(chunks).toEqual([
          [ms, { status: 200, contentType: 'text/event-stream' }],
          ...script.pieces.map(([pause, bytes]) => [(ms += pause), bytes]),
          [ms + script.endMs, script.breaks ? 'error' : 'end'],
        ]);
      }),
      { numRuns: process.env.RXLLM_FULL ? 3000 : 150 },
    );
  });

  const makers: [string, (settings: { baseUrl: string; fetch?: HttpRequest['fetch'] }) => Model<never>, string][] = [
    ['openaiChat', (settings) => openaiChat({ model: 'm', apiKey: 'k', ...settings }), chatBody],
    ['anthropic', (settings) => anthropic({ model: 'm', apiKey: 'k', ...settings }), messagesBody],
  ];

  /** Without what differs in two runs of the same. */
  const steady = (events: readonly StreamEvent[]) =>
    JSON.parse(
      JSON.stringify(events, (key, value: unknown) => (['id', 'datetime_utc'].includes(key) ? '' : value)),
    ) as unknown;

  test.each(makers)('an answer of a real server to %s, in virtual time and as a fetch', async (_, make, body) => {
    const bytes = utf8(body);
    const pieces = [bytes.slice(0, 100), bytes.slice(100, 157), bytes.slice(157)];
    const baseUrl = await serve({ pieces });
    const { fetch, first } = recorder();
    const live = await outcomeOf(make({ baseUrl, fetch }));
    expect(live.error).toBeUndefined();
    const tape: Tape = parseTape(await first);
    expect(Buffer.concat(tape.chunks.map((chunk) => chunk.bytes))).toEqual(Buffer.from(bytes));
    expect(tape.chunks.length).toBeGreaterThan(0);

    const scheduler = new VirtualTimeScheduler();
    const replayed: StreamEvent[] = [];
    make({ baseUrl, fetch: replay(tape) })
      .prompt('Hi', { scheduler })
      .subscribe((event) => replayed.push(event));
    scheduler.flush();
    expect(steady(replayed)).toEqual(steady(live.events));

    const player = replay(tape, { speed: Infinity });
    const called = await outcomeOf(make({ baseUrl, fetch: (url, init) => player(url, init) }));
    expect(steady(called.events)).toEqual(steady(live.events));
  });

  describe('a chain with a tool, whose tapes stand one after the other', () => {
    const callBody =
      streamOf([
        callOf({ index: 0, id: 'call_1', function: { name: 'weather', arguments: '{"city":"Rome"}' } }),
        finish('tool_calls'),
      ]) + done;
    const weather = tool({ name: 'weather', run: ({ city }) => of({ city, sky: 'rain' }) });
    const ask = (fetch: Fetch, baseUrl: string, scheduler?: SchedulerLike) =>
      openaiChat({ model: 'm', apiKey: 'k', baseUrl, fetch }).chain('Umbrella?', { tools: [weather], scheduler });

    /** A file to which the tapes of a run were appended, the events of the run and what it sent. */
    async function recorded() {
      const bodies = [callBody, chatBody];
      const baseUrl = await serve(() => ({ pieces: [bodies.shift() ?? ''] }));
      const folder = mkdtempSync(join(tmpdir(), 'tapes-'));
      const file = join(folder, 'answer.tape');
      // Two tapes, and the end of the run.
      let left = 3;
      const events: StreamEvent[] = [];
      await new Promise<void>((resolve, reject) => {
        const complete = () => {
          if (--left === 0) resolve();
        };
        const fetch = record((tape) => {
          appendFileSync(file, tape);
          complete();
        });
        ask(fetch, baseUrl).subscribe({ next: (event) => events.push(event), error: reject, complete });
      });
      const text = readFileSync(file, 'utf8');
      rmSync(folder, { recursive: true });
      return { text, events, baseUrl, sent: server!.requests.map(({ json }) => json) };
    }

    /** What a run in virtual time gives, and what it asks for. */
    function replayed(play: DirectFetch, baseUrl: string) {
      const scheduler = new VirtualTimeScheduler();
      const sent: unknown[] = [];
      const fetch = Object.assign((url: string, init: RequestInit) => play(url, init), {
        [direct]: (asked: HttpRequest) => {
          sent.push(asked.body);
          return play[direct](asked);
        },
      });
      const events: StreamEvent[] = [];
      let error: LlmError | undefined;
      ask(fetch, baseUrl, scheduler).subscribe({
        next: (event) => events.push(event),
        error: (thrown: LlmError) => (error = thrown),
      });
      scheduler.flush();
      return { events, error, sent };
    }

    test('in virtual time, with the same requests', async () => {
      const { text, events, baseUrl, sent } = await recorded();
      const again = replayed(replay(text), baseUrl);
      expect(again.error).toBeUndefined();
      expect(steady(again.events)).toEqual(steady(events));
      expect(sent).toMatchObject([
        { messages: [{ role: 'user' }] },
        {
          messages: [
            { role: 'user' },
            { role: 'assistant' },
            { role: 'tool', content: '{"city":"Rome","sky":"rain"}' },
          ],
        },
      ]);
      expect(again.sent).toEqual(sent);
    });

    test('as turns of a fake model', async () => {
      const { text, baseUrl } = await recorded();
      const make = (fetch: DirectFetch) => openaiChat({ model: 'm', baseUrl, fetch });
      const model = fakeModel(toMarbles(parseTapes(text), make));
      expect(await model.chain('Umbrella?', { tools: [weather] }).text()).toBe('Grüße, 😀!');
      expect(model.requests.map(({ messages }) => messages.length)).toEqual([1, 3]);
    });

    test('with a fault in the second answer', async () => {
      const { text, baseUrl } = await recorded();
      const byte = utf8(streamOf([delta({ content: 'Grüße, ' })])).length;
      const again = replayed(replay(text, { faults: { do: 'cut', tape: 1, at: { byte } } }), baseUrl);
      expect(again.error?.code).toBe('truncated');
      expect(again.sent).toHaveLength(2);
    });
  });
});
