// Each way in which a request can fail, over real sockets, ends in its own error and keeps what had arrived.
import { Readable } from 'node:stream';
import type { LlmErrorCode } from 'rxllm';
import { openaiChat } from 'rxllm/openai';
import { outcomeOf, type Outcome } from '../support/outcome.ts';
import { delta, done, finish, streamOf } from '../providers/openai-chat/chunks.ts';
import { closedPort, startServer, type Answer, type TestServer } from '../support/servers.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function outcomeWith(answer: Answer): Promise<Outcome> {
  server = await startServer(answer);
  return outcomeOf(openaiChat({ model: 'm', maxRetries: 0, apiKey: 'sk-very-secret', baseUrl: `${server.url}/v1` }));
}

const hello = delta({ content: 'Hello' });
const partly = [{ role: 'assistant', parts: [{ type: 'text', text: 'Hello' }] }];

describe('a stream that fails after it has begun', () => {
  const failures: [string, Answer, LlmErrorCode, string, boolean][] = [
    [
      'breaks off when the connection does',
      { pieces: [streamOf([hello])], atEnd: 'destroy' },
      'truncated',
      'the other side closed the connection',
      true,
    ],
    [
      'breaks off within an event',
      { pieces: [streamOf([hello]), 'data: {"choi'], atEnd: 'destroy' },
      'truncated',
      '127.0.0.1',
      true,
    ],
    [
      'breaks off when it ends too early',
      { pieces: [streamOf([hello])] },
      'truncated',
      'before the provider said',
      true,
    ],
    [
      'breaks off when it ends within an event',
      { pieces: [streamOf([hello]), 'data: {"choices":[{"delta":{"con'] },
      'truncated',
      'before the provider said',
      true,
    ],
    [
      'is told of an error in a chunk',
      { pieces: [streamOf([hello, { error: { message: 'no luck', code: 400 } }])] },
      'provider_error',
      'no luck (400)',
      false,
    ],
    [
      'is told that the server is overloaded',
      { pieces: [streamOf([hello, { error: { message: 'later', type: 'overloaded_error' } }])] },
      'provider_error',
      'later',
      true,
    ],
    [
      'is told of an error by an event',
      { pieces: [streamOf([hello, 'event: error\ndata: {"message":"no luck","code":"x"}\n\n'])] },
      'provider_error',
      'no luck (x)',
      false,
    ],
    [
      'is told of an error by an event in words',
      { pieces: [streamOf([hello, 'event: error\ndata: no luck\n\n'])] },
      'provider_error',
      'no luck',
      false,
    ],
    [
      'is told of an error by a line of llama.cpp',
      { pieces: [streamOf([hello, 'error: {"code":500,"message":"no luck"}\n\n'])] },
      'provider_error',
      'no luck (500)',
      true,
    ],
    [
      'has a line that is no JSON',
      { pieces: [streamOf([hello, 'data: <oops>\n\n', finish('stop')])] },
      'bad_response',
      '<oops>',
      false,
    ],
    ['has a line that is no object', { pieces: [streamOf([hello, 'data: 7\n\n'])] }, 'bad_response', '7', false],
    [
      'has a chunk of another shape',
      { pieces: [streamOf([hello, delta({ content: [null] })])] },
      'bad_response',
      'another shape',
      false,
    ],
  ];

  test.each(failures)('%s', async (_, answer, code, message, retryable) => {
    const { error, messages } = await outcomeWith(answer);
    expect(error).toMatchObject({ code, retryable });
    expect(error?.message).toContain(message);
    expect(messages).toEqual(partly);
    expect(error?.partial?.status).toBe(code === 'truncated' ? 'truncated' : 'failed');
  });

  test.each<[string, Answer]>([
    ['the connection breaks', { pieces: [streamOf([hello, finish('stop')])], atEnd: 'destroy' }],
    ['the end marker is missing', { pieces: [streamOf([hello, finish('stop')])] }],
    ['the end marker is cut', { pieces: [streamOf([hello, finish('stop')]), 'data: [DO'] }],
    ['what follows is no JSON', { pieces: [streamOf([hello, finish('stop'), 'data: ???\n\n'])] }],
    ['the end marker is not terminated', { pieces: [streamOf([hello, finish('stop')]), done.trimEnd()] }],
  ])('is done all the same when after the finish reason %s', async (_, answer) => {
    const { error, events, messages } = await outcomeWith(answer);
    expect([error, messages]).toEqual([undefined, partly]);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop', raw_reason: 'stop' });
  });

  test('is done when its last event is whole though not terminated', async () => {
    const { error } = await outcomeWith({ pieces: [streamOf([hello]), `data: ${JSON.stringify(finish('stop'))}`] });
    expect(error).toBeUndefined();
  });

  test.each([
    [{ error: { message: 'no luck' } }, { error: { message: 'no luck' }, finish_reason: 'length' }],
    ['event: error\ndata: no luck\n\n', { error: 'no luck', finish_reason: 'length' }],
  ])('does not finish when the provider reports an error after a finish reason: %j', async (said, cause) => {
    const usage = { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } };
    const { error, events } = await outcomeWith({ pieces: [streamOf([hello, finish('length'), usage, said, done])] });
    expect(error).toMatchObject({ code: 'provider_error', cause });
    expect(error?.message).toBe('the provider broke off with an error (after finish reason length): no luck');
    expect(error?.partial).toMatchObject({ status: 'failed', messages: partly, usage: { input: 1, output: 2 } });
    expect(events.map((event) => event.type)).toEqual(['start', 'text', 'usage']);
  });
});

describe('a request that gets no stream', () => {
  const answers: [string, Answer, LlmErrorCode, string][] = [
    [
      'a web page',
      { contentType: 'text/html', pieces: ['<html><head><title>Sign in</title></head><body>x</body></html>'] },
      'bad_response',
      'text/html that begins "Sign in"',
    ],
    [
      'a web page labelled as a stream',
      { pieces: ['<!doctype html><script>x</script><p>Hello  you</p>'] },
      'bad_response',
      '"Hello you"',
    ],
    [
      'plain text',
      { contentType: 'text/plain', pieces: ['Ollama is running'] },
      'bad_response',
      'text/plain that begins "Ollama is running"',
    ],
    ['nothing', { contentType: 'application/json' }, 'bad_response', 'application/json'],
    ['an empty stream', {}, 'truncated', 'before the provider said'],
    ['only comments', { pieces: [': ping\n\n'] }, 'truncated', 'before the provider said'],
    [
      'an error document with status 200',
      { contentType: 'application/json', pieces: ['{"error":{"message":"no luck"}}'] },
      'provider_error',
      'no luck',
    ],
  ];

  test.each(answers)('but %s says so', async (_, answer, code, message) => {
    const { error, messages } = await outcomeWith(answer);
    expect([error?.code, messages]).toEqual([code, []]);
    expect(error?.message).toContain(message);
  });

  test('because nobody listens says where, and why in plain words', async () => {
    const port = await closedPort();
    const { error } = await outcomeOf(
      openaiChat({ model: 'm', maxRetries: 0, baseUrl: `http://127.0.0.1:${port}/v1?key=sk-very-secret` }),
    );
    expect(error).toMatchObject({ code: 'connection', retryable: true });
    expect(error?.message).toBe(
      `cannot reach 127.0.0.1:${port}/v1/chat/completions: nothing listens there (ECONNREFUSED)`,
    );
    expect(error?.cause).toMatchObject({ message: 'fetch failed' });
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('no network here');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no network here'))],
  ])('because the injected fetch %s says why', async (_, fetch) => {
    const { error } = await outcomeOf(openaiChat({ model: 'm', maxRetries: 0, baseUrl: 'http://127.0.0.1:9', fetch }));
    expect(error?.code).toBe('connection');
    expect(error?.message).toBe('cannot reach 127.0.0.1:9/chat/completions: no network here');
  });

  const usable = () => new Response(streamOf([hello, finish('stop'), done]));
  const locked = (status: number) => {
    const response = new Response('no luck', { status });
    response.body?.getReader();
    return response;
  };
  test.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['text', () => 'data: {}'],
    ['a Response without headers', () => ({ ok: true, body: usable().body })],
    ['a Response without a body', () => ({ ok: true, headers: new Headers() })],
    ["Node's stream for a body", () => ({ ok: true, headers: new Headers(), body: Readable.from(['data: {}']) })],
    ['a body that is being read elsewhere', () => locked(200)],
    ['the body of an error that is being read elsewhere', () => locked(500)],
    [
      'texts for bytes',
      () => new Response(new ReadableStream({ start: (controller) => controller.enqueue('data: {}') })),
    ],
  ])('because the injected fetch gives %s says so', async (what, answer) => {
    const fetch = () => Promise.resolve(answer() as Response);
    const { error } = await outcomeOf(openaiChat({ model: 'm', maxRetries: 0, baseUrl: 'http://127.0.0.1:9', fetch }));
    expect(error).toMatchObject({ code: 'bad_response', retryable: false, partial: { status: 'failed' } });
    if (what === 'texts for bytes') return;
    expect(error?.message).toMatch(/^fetch gave no usable Response for 127\.0\.0\.1:9\/chat\/completions: \S/);
  });

  test('because no connection came in time is an error of its own', async () => {
    const refused = new TypeError('fetch failed', {
      cause: Object.assign(new Error('x'), { code: 'UND_ERR_CONNECT_TIMEOUT' }),
    });
    const { error } = await outcomeOf(
      openaiChat({ model: 'm', maxRetries: 0, baseUrl: 'http://127.0.0.1:9', fetch: () => Promise.reject(refused) }),
    );
    expect(error).toMatchObject({ code: 'connect_timeout', retryable: true });
  });
});
