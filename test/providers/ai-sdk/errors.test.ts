// What goes wrong: what servers answer to real providers of the AI SDK, and errors of every kind.
import { inspect } from 'node:util';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, LoadAPIKeyError, TypeValidationError, UnsupportedFunctionalityError } from '@ai-sdk/provider';
import type { LlmError } from 'rxllm';
import { fromAiSdk } from 'rxllm/ai-sdk';
import { outcomeOf } from '../../support/outcome.ts';
import { closedPort, startServer, type Answer, type TestServer } from '../../support/servers.ts';
import { anthropic, google, openaiChat, openaiResponses } from './makers.ts';
import { outcomeOfParts, standIn, text, type Part } from './standIn.ts';

const providers = [
  ['openai.chat', openaiChat],
  ['openai.responses', openaiResponses],
  ['anthropic', anthropic],
  ['google', google],
] as const;

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function errorOf(make: (typeof providers)[number][1], answer: Answer, stream = true): Promise<LlmError> {
  server = await startServer(answer);
  const { error } = await outcomeOf(fromAiSdk(make(server.url), { maxRetries: 0 }), { stream });
  return error!;
}

const refusal = (status: number, message: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  contentType: 'application/json',
  pieces: [JSON.stringify({ type: 'error', error: { message, type: 'x', code: 1, status: 'X' } })],
});

describe.each(providers)('an error of a server that %s asks', (_, make) => {
  test.each([
    [401, 'auth', false],
    [403, 'permission', false],
    [404, 'not_found', false],
    [400, 'bad_request', false],
    [429, 'rate_limited', true],
    [500, 'server_error', true],
    [503, 'overloaded', true],
  ])('with status %i is %s', async (status, code, retryable) => {
    for (const stream of [true, false]) {
      const error = await errorOf(make, refusal(status, 'because of that', { 'retry-after': '7' }), stream);
      expect(error).toMatchObject({ code, retryable, status, retryAfterMs: 7000, partial: { messages: [] } });
      expect(error.message).toMatch(new RegExp(`^127.0.0.1:\\d+/.* answered ${status}: because of that`));
      expect(error.cause).toMatchObject({ error: { message: 'because of that' } });
      await server?.close();
    }
  });

  test('is connection when nothing listens', async () => {
    const { error } = await outcomeOf(fromAiSdk(make(`http://127.0.0.1:${await closedPort()}`), { maxRetries: 0 }));
    expect(error).toMatchObject({ code: 'connection', retryable: true });
    expect(error?.message).toMatch(/ECONNREFUSED/);
  });

  test('is bad_response or truncated when a web page comes', async () => {
    const error = await errorOf(make, { contentType: 'text/html', pieces: ['<html>Sign in</html>'] });
    expect(['bad_response', 'truncated', undefined]).toContain(error?.code);
  });
});

describe('a stream that breaks off', () => {
  test.each([
    [
      'openai.chat',
      openaiChat,
      'data: {"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"a"}}]}\n\n',
    ],
    [
      'anthropic',
      anthropic,
      [
        {
          type: 'message_start',
          message: {
            id: 'm',
            model: 'x',
            role: 'assistant',
            content: [],
            usage: { input_tokens: 1, output_tokens: 1 },
          },
        },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'a' } },
      ]
        .map((item) => `event: ${item.type}\ndata: ${JSON.stringify(item)}\n\n`)
        .join(''),
    ],
  ])('from %s is truncated, with what had come', async (_, make, begin) => {
    for (const atEnd of ['end', 'destroy'] as const) {
      const error = await errorOf(make, { pieces: [begin], atEnd });
      expect(error).toMatchObject({ code: 'truncated', retryable: true });
      if (atEnd === 'destroy') expect(error.message).toMatch(/^the answer of 127.0.0.1:.* broke off: .*closed/);
      expect(error.partial?.messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }]);
      await server?.close();
    }
  });

  test.each([
    ['the string', 'it broke', /: it broke$/, false],
    ['an object', { message: 'it broke', type: 'overloaded_error' }, /: it broke \(overloaded_error\)$/, true],
    ['an object of a server', { error: { message: 'it broke', code: 503 } }, /: it broke \(503\)$/, true],
    [
      'a form of its own',
      { message: 'it broke', statusCode: 500, isRetryable: true, data: { a: 1 } },
      /it broke$/,
      true,
    ],
    ['an error', new Error('it broke'), /: it broke$/, false],
  ])('with %s is a provider_error', async (_, thrown, message, retryable) => {
    const { error, messages } = await outcomeOfParts([...text('a'), { type: 'error', error: thrown }]);
    expect(error).toMatchObject({ code: 'provider_error', retryable });
    expect(error?.message).toMatch(message);
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'a' }]);
  });

  test('with what the server sent has that for its cause', async () => {
    const data = { type: 'error', error: { type: 'overloaded_error' } };
    const { error } = await outcomeOfParts([{ type: 'error', error: { message: 'm', isRetryable: true, data } }]);
    expect(error?.cause).toEqual(data);
  });

  test('with a part that is none is a bad_response', async () => {
    const { error } = await outcomeOfParts([JSON.parse('null') as Part]);
    expect(error).toMatchObject({ code: 'bad_response' });
  });
});

describe('an error of the AI SDK', () => {
  const thrownBy = async (thrown: unknown) => {
    const model = standIn([], { doStream: () => Promise.reject(thrown) });
    return (await outcomeOf(fromAiSdk(model, { maxRetries: 0 }))).error!;
  };

  test.each([
    [new LoadAPIKeyError({ message: 'no key' }), 'missing_key'],
    [new UnsupportedFunctionalityError({ functionality: 'that' }), 'unsupported'],
    [new TypeValidationError({ value: 1, cause: new Error('x') }), 'bad_response'],
    [new APICallError({ message: 'no answer', url: 'http://x', requestBodyValues: {} }), 'connection'],
    [new APICallError({ message: 'no url', url: '', requestBodyValues: {}, statusCode: 500 }), 'provider_error'],
    [Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } }), 'connection'],
    [new RangeError('odd'), 'provider_error'],
    ['only a word', 'provider_error'],
  ])('%p is %s', async (thrown, code) => {
    const error = await thrownBy(thrown);
    expect(error.code).toBe(code);
    expect(error.message).toContain(thrown instanceof Error ? thrown.message : thrown);
  });

  test('that is thrown at once, or a model that gives no stream, is one as well', async () => {
    const throws = standIn([], {
      doStream() {
        throw new Error('at once');
      },
    });
    expect((await outcomeOf(fromAiSdk(throws))).error).toMatchObject({ code: 'provider_error' });
    for (const given of [{ stream: undefined }, undefined]) {
      const gives = standIn([], { doStream: () => Promise.resolve(given as never) });
      expect((await outcomeOf(fromAiSdk(gives))).error).toMatchObject({ code: 'provider_error' });
    }
  });

  test('says that a key is missing, as the AI SDK does', async () => {
    const before = process.env.OPENAI_API_KEY;
    delete process.env.OPENAI_API_KEY;
    const { error } = await outcomeOf(fromAiSdk(createOpenAI({}).chat('m')));
    if (before !== undefined) process.env.OPENAI_API_KEY = before;
    expect(error).toMatchObject({ code: 'missing_key', retryable: false });
    expect(error?.message).toContain('OPENAI_API_KEY');
  });

  test('shows neither the request nor a header', async () => {
    const headers = { 'x-secret': 'header-secret' };
    const apiKey = 'key-secret';
    const answers: Answer[] = [
      refusal(401, 'bad header header-secret', { 'set-cookie': 'cookie-secret' }),
      { contentType: 'application/json', pieces: ['{"odd":1}'] },
      { status: 500, contentType: 'text/html', pieces: ['<p>header-secret'] },
    ];
    for (const answer of answers) {
      server = await startServer(answer);
      for (const model of [
        createAnthropic({ apiKey, baseURL: server.url })('m'),
        createOpenAI({ apiKey, baseURL: server.url }).chat('m'),
      ]) {
        for (const stream of [true, false]) {
          const options = { system: 'prompt-secret', stream };
          const { error } = await outcomeOf(fromAiSdk(model, { headers, maxRetries: 0 }), options);
          // What was sent is in its partial, as the user's own.
          const { message, stack, cause } = error!;
          const shown = inspect({ message, stack, cause }, { depth: 9 });
          expect(shown).not.toMatch(/(key|header|cookie|prompt)-secret/);
        }
      }
      await server.close();
    }
  });

  test('of a body that breaks while it is read is truncated, and no secret of the error is kept', async () => {
    const error = Object.assign(new TypeError('terminated'), { requestBodyValues: 'prompt-secret' });
    const stream = new ReadableStream<Part>({
      start(controller) {
        for (const part of text('a')) controller.enqueue(part);
      },
      pull: (controller) => controller.error(error),
    });
    const outcome = await outcomeOf(fromAiSdk(standIn([], { doStream: () => Promise.resolve({ stream }) })));
    expect(outcome.error).toMatchObject({ code: 'truncated', message: 'terminated' });
    expect(inspect(outcome.error, { depth: 9 })).not.toContain('prompt-secret');
  });
});
