// What goes wrong on the way, and what is kept of it.
import { anthropic } from 'rxllm/anthropic';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type Answer, type TestServer } from '../../support/servers.ts';
import { block, end, json, ok, outcomeOfBody, outcomeOfEvents, start, streamOf, text } from './events.ts';

let server: TestServer | undefined;
afterEach(() => server?.close());

const said = (type: string, message: string) => ({ type: 'error', error: { type, message }, request_id: 'req_1' });

async function failureOf(answer: Answer) {
  server = await startServer(answer);
  const { error } = await outcomeOf(
    anthropic({ model: 'm', maxRetries: 0, baseUrl: server.url, apiKey: 'sk-secret-key' }),
  );
  expect(JSON.stringify([error?.message, error?.cause])).not.toContain('sk-secret-key');
  return error;
}

describe('a status', () => {
  test.each([
    [401, 'authentication_error', 'auth', false],
    [402, 'billing_error', 'permission', false],
    [403, 'permission_error', 'permission', false],
    [404, 'not_found_error', 'not_found', false],
    [400, 'invalid_request_error', 'bad_request', false],
    [413, 'request_too_large', 'bad_request', false],
    [429, 'rate_limit_error', 'rate_limited', true],
    [500, 'api_error', 'server_error', true],
    [504, 'timeout_error', 'server_error', true],
    [529, 'overloaded_error', 'overloaded', true],
  ])('%d (%s) is %s', async (status, type, code, retryable) => {
    const error = await failureOf({
      status,
      contentType: 'application/json',
      headers: { 'retry-after': '3' },
      pieces: [JSON.stringify(said(type, 'Words of the server'))],
    });
    expect(error).toMatchObject({ code, retryable, status, retryAfterMs: 3000 });
    expect(error?.message).toContain('Words of the server');
  });
});

describe('an error in the stream', () => {
  const beginning = [start(), ...block(0, { type: 'text', text: '' }, text('Hel'))];

  test.each([
    ['overloaded_error', true],
    ['rate_limit_error', true],
    ['timeout_error', true],
    ['invalid_request_error', false],
  ])('of type %s may pass: %p', async (type, retryable) => {
    const { error, messages } = await outcomeOfEvents([...beginning, said(type, 'Words of the server')]);
    expect(error).toMatchObject({ code: 'provider_error', retryable });
    expect(error?.message).toContain(`Words of the server (${type})`);
    expect(messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'Hel' }] }]);
  });

  test('needs no name of its event, and may follow the reason to stop', async () => {
    const events = [...beginning, end('end_turn')[0]!, said('overloaded_error', 'Overloaded')];
    const { error } = await outcomeOfBody(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
    expect(error).toMatchObject({ code: 'provider_error', retryable: true });
    expect(error?.message).toContain('after finish reason end_turn');
  });

  test('is found in a document that comes with status 200', async () => {
    const { error } = await outcomeOfBody(
      JSON.stringify(said('overloaded_error', 'Overloaded')),
      {},
      { stream: false },
    );
    expect(error).toMatchObject({ code: 'provider_error', retryable: true });
  });
});

describe('a stream that is cut', () => {
  test('is truncated wherever message_stop did not come, and keeps no half of a call', async () => {
    const call = { type: 'tool_use', id: 'a', name: 'f', input: {} };
    const events = [
      start(),
      ...block(0, { type: 'text', text: '' }, text('Hel')),
      { type: 'content_block_start', index: 1, content_block: call },
      { type: 'content_block_delta', index: 1, delta: json('{"x"') },
    ];
    const { error, messages } = await outcomeOfEvents(events);
    expect(error).toMatchObject({ code: 'truncated', retryable: true });
    expect(messages).toEqual([{ role: 'assistant', parts: [{ type: 'text', text: 'Hel' }] }]);
    expect(error?.partial).toMatchObject({
      incomplete: [{ name: 'f', arguments_raw: '{"x"', tool_call_id: 'a' }],
      usage: { input: 3 },
    });
    expect((await outcomeOfEvents(ok.slice(0, -1))).error?.code).toBe('truncated');
  });

  test.each([
    ['a delta for no block', { type: 'content_block_delta', index: 7, delta: text('a') }],
    ['an object of another protocol', { choices: [{ delta: { content: 'a' } }] }],
  ])('is refused for %s', async (_, odd) => {
    const body = `${streamOf([start()])}data: ${JSON.stringify(odd)}\n\n`;
    expect((await outcomeOfBody(body)).error).toMatchObject({ code: 'bad_response' });
  });
});

test('unsubscribing closes the connection; after message_stop the body may end by itself', async () => {
  server = await startServer({ pieces: [streamOf(ok.slice(0, 3))], atEnd: 'stay' });
  const subscription = anthropic({ model: 'm', maxRetries: 0, baseUrl: server.url }).prompt('q').subscribe();
  const { closed, played } = await server.request(0);
  await played;
  subscription.unsubscribe();
  expect(await closed).toBe('aborted');
  await server.close();
  server = await startServer({ pieces: [streamOf(ok)] });
  await anthropic({ model: 'm', maxRetries: 0, baseUrl: server.url }).prompt('q').text();
  expect(await server.requests[0]!.closed).toBe('finished');
});
