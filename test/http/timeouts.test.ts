// How long a server may be silent, over real sockets in virtual time. What holds without settings is in test/faults.
import { VirtualTimeScheduler } from 'rxjs';
import { attachment, type LlmError, type Model, type PromptOptions } from 'rxllm';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { anthropic } from 'rxllm/anthropic';
import { gemini } from 'rxllm/gemini';
import { ollama } from 'rxllm/ollama';
import { openaiChat, openaiResponses } from 'rxllm/openai';
import { hasCaughtUp, turn, watchClientSockets } from '../faults/clientSockets.ts';
import { standIn, type Part } from '../providers/ai-sdk/standIn.ts';
import { startFaultServer, type FaultRequest, type FaultServer, type Step } from '../support/faultServer.ts';
import { chatWire, geminiWire, messagesWire, ollamaWire, responsesWire } from '../support/faultWires.ts';
import { outcomeOf } from '../support/outcome.ts';

const timeouts = { connectMs: 10_000, firstEventMs: 20_000, idleMs: 30_000, keepAliveMs: 60_000 };
const apiKey = 'k';
const model = 'm';

let unwatch: () => void;
let server: FaultServer | undefined;
beforeAll(() => (unwatch = watchClientSockets()));
afterAll(() => unwatch());
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const head: Step = { do: 'head', contentType: 'text/event-stream' };
const stay: Step = { do: 'stay' };
const send = (bytes: string): Step => ({ do: 'send', bytes });
const repeat = (bytes: string): Step => ({ do: 'repeat', bytes, everyMs: 1 });
const spoken = chatWire.opening + chatWire.text('Hello');

async function serve(...steps: readonly Step[]): Promise<string> {
  server = await startFaultServer(() => steps);
  return server.url;
}

const chat = (baseUrl: string, more: object = {}): Model =>
  openaiChat({ model, apiKey, baseUrl, maxRetries: 0, timeouts, ...more });

/** A response in virtual time, which goes on when the client has read what was sent. */
function watch(asked: Model, options: PromptOptions = {}) {
  const scheduler = new VirtualTimeScheduler();
  const seen: { text: string; error: LlmError | undefined; done: boolean } = {
    text: '',
    error: undefined,
    done: false,
  };
  const subscription = asked.prompt('Hi', { scheduler, ...options }).subscribe({
    next: (event) => event.type === 'text' && (seen.text += event.chunk),
    error: (error: LlmError) => (seen.error = error),
    complete: () => (seen.done = true),
  });
  return {
    seen,
    scheduler,
    leave: () => subscription.unsubscribe(),
    /** Lets so many milliseconds pass. */
    pass(ms: number): LlmError | undefined {
      scheduler.schedule(() => undefined, ms);
      scheduler.maxFrames = scheduler.frame + ms;
      scheduler.flush();
      return seen.error;
    },
  };
}

type Watched = ReturnType<typeof watch>;

/** The request, when the client has read all of the answer that there is. */
async function answered(isIt: (request: FaultRequest) => boolean = () => true): Promise<FaultRequest> {
  const request = await server!.request(isIt);
  await request.played;
  await hasCaughtUp(request);
  return request;
}

/** Lets the time pass in such steps, with something of the server in each, until the response ends. */
async function passInSteps(watched: Watched, stepMs: number, untilMs: number): Promise<void> {
  const request = await answered();
  while (!watched.seen.error && watched.scheduler.frame < untilMs) {
    await request.nextWrite();
    await hasCaughtUp(request);
    watched.pass(stepMs);
  }
}

describe('a server may be silent', () => {
  test.each<[string, readonly Step[], number, object, string]>([
    [
      'before it answers for connectMs',
      [stay],
      10_000,
      { code: 'connect_timeout' },
      'did not answer for 10 s; `timeouts` can make connectMs longer',
    ],
    [
      'before its first event for firstEventMs',
      [head, stay],
      20_000,
      { code: 'first_event_timeout' },
      'sent no event for 20 s; `timeouts` can make firstEventMs longer',
    ],
    [
      'between two events for idleMs',
      [head, send(spoken), stay],
      30_000,
      { code: 'idle_timeout', partial: { messages: [{ parts: [{ text: 'Hello' }] }] } },
      'went silent in mid answer for 30 s; `timeouts` can make idleMs longer',
    ],
  ])('%s', async (_, steps, ms, error, message) => {
    const url = await serve(...steps);
    const watched = watch(chat(url));
    const { closed } = await answered();
    expect(watched.pass(ms - 1)).toBeUndefined();
    expect(watched.pass(1)).toMatchObject({ retryable: true, ...error });
    expect(watched.seen.error?.message).toBe(`${new URL(url).host}/chat/completions ${message}`);
    expect(await closed).not.toBe('server');
  });

  test('for milliseconds, which the message says so', async () => {
    const watched = watch(chat(await serve(stay), { timeouts: { connectMs: 500 } }));
    await answered();
    expect(watched.pass(500)?.message).toContain('did not answer for 500 ms;');
  });

  test('without an end, where the limit is Infinity', async () => {
    const endless = { connectMs: Infinity, firstEventMs: Infinity, idleMs: Infinity };
    for (const steps of [[stay], [head, stay], [head, send(spoken), stay]]) {
      const watched = watch(chat(await serve(...steps), { timeouts: endless }));
      await answered();
      expect(watched.scheduler.actions).toEqual([]);
      // keepAliveMs, which has an end, counts no less than the other limits.
      expect(watched.pass(100 * 24 * 3_600_000)).toBeUndefined();
      watched.leave();
      await server?.close();
    }
  });

  test('for longer than a timer can wait for at once', async () => {
    const connectMs = 2 ** 31 + 5;
    const watched = watch(chat(await serve(stay), { timeouts: { connectMs } }));
    await answered();
    expect(watched.scheduler.actions.map(({ delay }) => delay)).toEqual([2 ** 31 - 1]);
    expect(watched.pass(connectMs - 1)).toBeUndefined();
    expect(watched.pass(1)).toMatchObject({ code: 'connect_timeout' });
  });

  test('by what is left out, as without settings', async () => {
    const watched = watch(chat(await serve(stay), { timeouts: { idleMs: 5, connectMs: undefined } }));
    await answered();
    expect(watched.pass(239_999)).toBeUndefined();
    expect(watched.pass(1)).toMatchObject({ code: 'connect_timeout' });
  });

  test('no more when it has answered or the response was left', async () => {
    const url = await serve(head, send(spoken + chatWire.closing('Hello')), stay);
    const watched = watch(chat(url));
    await answered();
    expect(watched.seen).toEqual({ text: 'Hello', error: undefined, done: true });
    expect(watched.scheduler.actions).toEqual([]);
    await server?.close();
    const left = watch(chat(await serve(head, stay)));
    await answered();
    left.leave();
    expect(left.scheduler.actions).toEqual([]);
  });
});

describe('an answer in one piece', () => {
  const options = { stream: false };

  test('may come as late as firstEventMs says, whatever connectMs says', async () => {
    const watched = watch(chat(await serve(stay)), options);
    await answered();
    expect(watched.pass(19_999)).toBeUndefined();
    expect(watched.pass(1)).toMatchObject({ code: 'first_event_timeout', retryable: true });
  });

  test('may not break off in silence either', async () => {
    const json: Step = { do: 'head', contentType: 'application/json' };
    const watched = watch(chat(await serve(json, send('{"choices":[{"mess'), stay)), options);
    const { closed } = await answered();
    expect(watched.pass(20_000)).toMatchObject({ code: 'first_event_timeout' });
    expect(await closed).not.toBe('server');
  });
});

describe('what says nothing', () => {
  const keepAlive = 'event: keepalive\ndata: {"type":"keepalive","sequence_number":3}\n\n';
  const bareKeepAlive = 'data: {"type": "keepalive"}\n\n';
  const barePing = 'data: {"type": "ping"}\n\n';
  const settings = (baseUrl: string) => ({ model, apiKey, baseUrl, maxRetries: 0, timeouts });
  const signs: [string, (url: string) => Model, { opening: string; text(chunk: string): string }, string][] = [
    ['comments', (url) => openaiChat(settings(url)), chatWire, ': keep-alive\n\n'],
    ['empty lines', (url) => openaiChat(settings(url)), chatWire, '\n\n'],
    ['keepalive events', (url) => openaiResponses(settings(url)), responsesWire, keepAlive],
    ['keepalive events without a name', (url) => openaiResponses(settings(url)), responsesWire, bareKeepAlive],
    ['pings', (url) => anthropic(settings(url)), messagesWire, messagesWire.signOfLife],
    ['pings without a name', (url) => anthropic(settings(url)), messagesWire, barePing],
    ['comments of Google', (url) => gemini(settings(url)), geminiWire, geminiWire.signOfLife],
    ['empty lines between lines of JSON', (url) => ollama(settings(url)), ollamaWire, ollamaWire.signOfLife],
  ];

  test.each(signs)('puts the limit off for keepAliveMs: %s', async (_, make, wire, sign) => {
    const url = await serve(head, send(wire.opening + wire.text('Hello')), repeat(sign));
    const watched = watch(make(url));
    await passInSteps(watched, 20_000, 600_000);
    expect(watched.seen).toMatchObject({ text: 'Hello', error: { code: 'idle_timeout', retryable: true } });
    expect(watched.seen.error?.message).toMatch(/ sent nothing but signs of life for 60 s; .+ keepAliveMs longer$/);
    expect(watched.scheduler.frame).toBe(60_000);
  });

  test('does so before the first event, too', async () => {
    const watched = watch(chat(await serve(head, repeat(': wait\n\n'))));
    await passInSteps(watched, 15_000, 600_000);
    expect(watched.seen.error).toMatchObject({ code: 'first_event_timeout' });
    expect(watched.scheduler.frame).toBe(60_000);
  });

  test('counts from the head', async () => {
    const watched = watch(chat(await serve({ do: 'gate' }, head, repeat(': wait\n\n'))));
    const request = await server!.request(() => true);
    expect(watched.pass(9_000)).toBeUndefined();
    request.go();
    await passInSteps(watched, 15_000, 600_000);
    expect(watched.seen.error).toMatchObject({ code: 'first_event_timeout' });
    expect(watched.scheduler.frame).toBe(69_000);
  });

  test('never makes a limit shorter', async () => {
    const watched = watch(chat(await serve(head, repeat(': wait\n\n')), { timeouts: { ...timeouts, keepAliveMs: 5 } }));
    await passInSteps(watched, 10_000, 600_000);
    expect(watched.seen.error).toMatchObject({ code: 'first_event_timeout' });
    expect(watched.scheduler.frame).toBe(20_000);
  });

  test('does so without an end where keepAliveMs is Infinity', async () => {
    const endless = { timeouts: { ...timeouts, keepAliveMs: Infinity } };
    const watched = watch(chat(await serve(head, repeat(': wait\n\n')), endless));
    await passInSteps(watched, 19_000, 1_000_000);
    expect(watched.seen.error).toBeUndefined();
    watched.leave();
  });
});

test.each([
  ['events', (url: string) => chat(url), spoken],
  ['lines', (url: string): Model => ollama({ model, baseUrl: url, timeouts }), ollamaWire.text('Hello')],
])('an answer may take as long as it likes while %s come in time', async (_, make, bytes) => {
  const watched = watch(make(await serve(head, repeat(bytes))));
  await passInSteps(watched, 29_999, 1_000_000);
  expect(watched.seen.error).toBeUndefined();
  expect(watched.seen.text).toContain('HelloHello');
  watched.leave();
});

describe('a file that has to be fetched first', () => {
  test.each<[string, readonly Step[], number, string]>([
    ['connectMs', [stay], 10_000, 'did not answer for 10 s'],
    ['firstEventMs', [{ do: 'head', contentType: 'audio/wav' }, stay], 20_000, 'sent no event for 20 s'],
    [
      'idleMs',
      [{ do: 'head', contentType: 'audio/wav' }, send('RIFF'), stay],
      30_000,
      'went silent in mid answer for 30 s',
    ],
  ])('keeps to %s', async (_, steps, ms, message) => {
    const url = await serve(...steps);
    const attachments = [attachment({ url: `${url}/a.wav?sig=secret`, type: 'audio/wav' })];
    const watched = watch(chat(url), { attachments });
    const { closed, path } = await answered();
    expect(path).toBe('/a.wav?sig=secret');
    expect(watched.pass(ms - 1)).toBeUndefined();
    expect(watched.pass(1)?.message).toContain(`the file at ${new URL(url).host}/a.wav ${message}`);
    expect(watched.seen.error).toMatchObject({ retryable: true });
    expect(await closed).not.toBe('server');
  });
});

describe('a model of the AI SDK', () => {
  const never = new Promise<never>(() => undefined);
  const signals: (AbortSignal | undefined)[] = [];
  const silentAfter = (...parts: readonly Part[]) =>
    new ReadableStream({ start: (controller) => parts.forEach((part) => controller.enqueue(part)) });
  const start: Part = { type: 'stream-start', warnings: [] };
  const begun: Part[] = [start, { type: 'text-start', id: 't' }, { type: 'text-delta', id: 't', delta: 'Hello' }];

  test.each([
    ['connectMs', () => never, {}, 10_000, 'connect_timeout'],
    ['firstEventMs', () => Promise.resolve({ stream: silentAfter(start) }), {}, 20_000, 'first_event_timeout'],
    ['idleMs', () => Promise.resolve({ stream: silentAfter(...begun) }), {}, 30_000, 'idle_timeout'],
    ['firstEventMs, in one piece', () => never, { stream: false }, 20_000, 'first_event_timeout'],
  ] as const)('keeps to %s', async (_, answer, options, ms, code) => {
    const stand = standIn([], {
      doStream: ({ abortSignal }) => (signals.push(abortSignal), answer()),
      doGenerate: ({ abortSignal }) => (signals.push(abortSignal), never),
    });
    const watched = watch(fromAiSdk(stand, { maxRetries: 0, timeouts }), options);
    await turn();
    expect(watched.pass(ms - 1)).toBeUndefined();
    expect(watched.pass(1)).toMatchObject({ code, retryable: true });
    expect(watched.seen.error?.message).toMatch(/^maker\.chat m /);
    expect(signals.at(-1)?.aborted).toBe(true);
  });
});

describe('limits that make no sense', () => {
  const makers: [string, (timeouts: object) => Model][] = [
    ['openaiChat', (given) => openaiChat({ model, timeouts: given })],
    ['openaiResponses', (given) => openaiResponses({ model, timeouts: given })],
    ['anthropic', (given) => anthropic({ model, timeouts: given })],
    ['gemini', (given) => gemini({ model, timeouts: given })],
    ['ollama', (given) => ollama({ model, timeouts: given })],
    ['fromAiSdk', (given) => fromAiSdk(standIn(), { timeouts: given })],
  ];

  test.each(makers)('%s refuses them at the call', (_, make) => {
    for (const value of [0, -1, NaN, 0.5, '5', null]) {
      expect(() => make({ idleMs: value })).toThrow(
        expect.objectContaining({
          code: 'invalid_input',
          message: expect.stringMatching(
            /^timeouts\.idleMs is a number of milliseconds from 1 up, or Infinity, not/,
          ) as unknown,
        }),
      );
    }
    for (const [given, seen] of [
      [5 as never, '5'],
      [null as never, 'null'],
    ] as const) {
      const message = `timeouts is an object of limits, such as { idleMs: 30_000 }, not ${seen}`;
      expect(() => make(given)).toThrow(expect.objectContaining({ code: 'invalid_input', message }));
    }
    expect(() => make({ idle: 5 })).toThrow(
      'timeouts has no "idle", only connectMs, firstEventMs, idleMs, keepAliveMs',
    );
    expect(() => make({ idleMs: undefined, connectMs: Infinity })).not.toThrow();
  });
});

describe('when Node itself gives up waiting', () => {
  /** As Node 20 puts it. */
  const givesUp = (message: string, code: string) =>
    new TypeError(message, { cause: Object.assign(new Error('Timeout Error'), { code }) });

  test('for the head, it is a connect_timeout', async () => {
    const fetch = () => Promise.reject(givesUp('fetch failed', 'UND_ERR_HEADERS_TIMEOUT'));
    const { error } = await outcomeOf(chat('http://127.0.0.1:9', { fetch }));
    expect(error).toMatchObject({ code: 'connect_timeout', retryable: true });
    expect(error?.message).toBe(
      'cannot reach 127.0.0.1:9/chat/completions: no answer in time (UND_ERR_HEADERS_TIMEOUT)',
    );
  });

  test('for a piece of the body, it is an idle_timeout', async () => {
    const pieces = [new TextEncoder().encode(spoken)];
    const body = new ReadableStream({
      pull(controller) {
        const piece = pieces.shift();
        if (piece) controller.enqueue(piece);
        else controller.error(givesUp('terminated', 'UND_ERR_BODY_TIMEOUT'));
      },
    });
    const fetch = () => Promise.resolve(new Response(body));
    const { error, messages } = await outcomeOf(chat('http://127.0.0.1:9', { fetch }));
    expect(error).toMatchObject({ code: 'idle_timeout', retryable: true, partial: { status: 'failed' } });
    expect(error?.message).toContain('broke off: nothing came for too long (UND_ERR_BODY_TIMEOUT)');
    expect(messages).toMatchObject([{ parts: [{ text: 'Hello' }] }]);
  });
});
