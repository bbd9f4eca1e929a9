// Errors in the forms in which Google's servers send them, and bodies that break off.
import { LlmError } from 'rxllm';
import { gemini } from 'rxllm/gemini';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { chunk, outcomeOfBody, outcomeOfChunks, stop, streamOf } from './chunks.ts';

const overloaded = { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } };
const document = JSON.stringify(overloaded, null, 2);
const began = streamOf([chunk([{ text: 'a' }])]);

let server: TestServer;
afterEach(() => server?.close());

describe('an error in the stream', () => {
  test.each([
    ['an event', `${began}data: ${JSON.stringify(overloaded)}\r\n\r\n`],
    ['a bare document', `${began}${document}\n`],
    ['a document that the end of the body cut the newline from', `${began}${document}`],
  ])('may be %s, and is told with what had come', async (_, body) => {
    const { error } = await outcomeOfBody(body);
    expect(error).toMatchObject({ code: 'provider_error', retryable: true });
    expect(error?.message).toContain('The model is overloaded.');
    expect(error?.partial?.messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }]);
  });

  test('may be a list with the error in it', async () => {
    const { error } = await outcomeOfBody(`${began}[${document}]\n`);
    expect(error).toMatchObject({ code: 'provider_error' });
    expect(error?.message).toContain('The model is overloaded.');
  });

  test('may be all that there is', async () => {
    const { error } = await outcomeOfBody(document, {}, 'application/json');
    expect(error).toMatchObject({ code: 'provider_error', retryable: true });
  });

  test('takes a finished answer back', async () => {
    const { error } = await outcomeOfChunks([chunk([{ text: 'a' }], { finishReason: 'STOP' }), overloaded]);
    expect(error).toMatchObject({ code: 'provider_error', cause: { finish_reason: 'STOP' } });
  });

  test.each([
    [429, 'RESOURCE_EXHAUSTED', true],
    [500, 'INTERNAL', true],
    [504, 'DEADLINE_EXCEEDED', true],
    [400, 'INVALID_ARGUMENT', false],
    [403, 'PERMISSION_DENIED', false],
  ])('with the code %d may be tried again: %s', async (code, status, retryable) => {
    const documents = [
      { code, message: 'No.', status },
      { message: 'No.', status },
    ].flatMap((said) => [{ error: said }, [{ error: said }]]);
    for (const said of documents) {
      const { error } = await outcomeOfBody(`${streamOf([chunk([{ text: 'a' }])])}${JSON.stringify(said)}\n`);
      expect(error).toMatchObject({ code: 'provider_error', retryable });
    }
  });
});

describe('an error instead of the stream', () => {
  test.each([
    [400, 'bad_request'],
    [401, 'auth'],
    [403, 'permission'],
    [404, 'not_found'],
    [429, 'rate_limited'],
    [500, 'server_error'],
    [503, 'overloaded'],
  ])('with the status %d is %s, in a list or not', async (status, code) => {
    const body = JSON.stringify({ error: { code: status, message: 'API key not valid.', status: 'X' } });
    for (const piece of [body, `[${body}]`]) {
      server = await startServer({ status, contentType: 'application/json', pieces: [piece] });
      const { error } = await outcomeOf(
        gemini({ model: 'm', maxRetries: 0, baseUrl: server.url, apiKey: 'secret-key-1' }),
      );
      await server.close();
      expect(error).toBeInstanceOf(LlmError);
      expect(error).toMatchObject({ code, status });
      expect(error?.message).toContain('API key not valid.');
    }
  });
});

test('a key that is wrong is auth, though the status is 400', async () => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }];
  const said = { code: 400, message: 'API key not valid.', status: 'INVALID_ARGUMENT', details };
  server = await startServer({ status: 400, pieces: [JSON.stringify({ error: said })] });
  const { error } = await outcomeOf(gemini({ model: 'm', maxRetries: 0, baseUrl: server.url, apiKey: 'secret-key-1' }));
  await server.close();
  expect(error).toMatchObject({ code: 'auth', status: 400 });
});

test('the wait that is asked for stands in the body', async () => {
  const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.5s' }];
  server = await startServer({
    status: 429,
    pieces: [JSON.stringify({ error: { code: 429, message: 'No.', details } })],
  });
  const { error } = await outcomeOf(gemini({ model: 'm', maxRetries: 0, baseUrl: server.url, apiKey: 'secret-key-1' }));
  await server.close();
  expect(error).toMatchObject({ code: 'rate_limited', retryAfterMs: 34_500 });
});

describe('a body that breaks off', () => {
  const half = streamOf([chunk([{ text: 'b' }], { finishReason: 'STOP' })]).slice(0, 60);

  test('in the middle of a line is truncated before the finish reason', async () => {
    const { error } = await outcomeOfBody(began + half);
    expect(error).toMatchObject({ code: 'truncated', retryable: true });
    expect(error?.partial?.messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'a' }] }]);
  });

  test('in the middle of a line is done after it', async () => {
    const { error, events } = await outcomeOfBody(began + streamOf([stop]) + half);
    expect(error).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
  });

  test('after a whole line without its blank line is read to that', async () => {
    const { error, messages } = await outcomeOfBody(
      began + streamOf([chunk([{ text: 'b' }], { finishReason: 'STOP' })]).trimEnd(),
    );
    expect(error).toBeUndefined();
    expect(messages[0]?.parts).toEqual([{ type: 'text', text: 'ab' }]);
  });

  test('with its connection is truncated', async () => {
    server = await startServer({ pieces: [began], atEnd: 'destroy' });
    const { error } = await outcomeOf(gemini({ model: 'm', maxRetries: 0, baseUrl: server.url }));
    expect(error).toMatchObject({ code: 'truncated' });
  });
});

test('a chunk of another shape is an error, with what had come', async () => {
  const { error } = await outcomeOfChunks([chunk([{ text: 'a' }]), { candidates: [{ content: { parts: 7 } }] }]);
  expect(error).toMatchObject({ code: 'bad_response' });
  expect(error?.partial?.messages).toHaveLength(1);
});
