// Keys, addresses, headers and model options.
import type { JsonObject, LlmError } from 'rxllm';
import { anthropic, type AnthropicOptions } from 'rxllm/anthropic';
import { outcomeOf } from '../../support/outcome.ts';
import { headerOf, sentBy, withoutVariables, type Sent } from '../../support/sent.ts';
import { ok, streamOf } from './events.ts';

withoutVariables('ANTHROPIC_API_KEY');

/** What a model would send. */
function sent(settings: Partial<AnthropicOptions>, options: object = {}): Promise<Sent | LlmError> {
  return sentBy((fetch) => anthropic({ model: 'claude-x', fetch, ...settings }), streamOf(ok), options);
}

const key = (request: Sent | LlmError) => headerOf('x-api-key', request);

describe('anthropic', () => {
  test('has the id of the model as given', () => {
    expect(anthropic({ model: 'claude-x' }).id).toBe('claude-x');
  });

  test('takes the key of the call before its own before that of the environment, read at each request', async () => {
    process.env.ANTHROPIC_API_KEY = 'sk-env';
    expect(key(await sent({ apiKey: 'sk-own' }, { key: 'sk-call' }))).toBe('sk-call');
    expect(key(await sent({ apiKey: 'sk-own' }))).toBe('sk-own');
    expect(key(await sent({}))).toBe('sk-env');
    expect(key(await sent({ baseUrl: 'https://api.anthropic.com/v1/' }))).toBe('sk-env');
  });

  test('never sends the key of the environment to another server', async () => {
    process.env.ANTHROPIC_API_KEY = 'sk-env';
    expect(key(await sent({ baseUrl: 'https://api.deepseek.com/anthropic/v1' }))).toBeNull();
    expect(key(await sent({ baseUrl: 'https://api.anthropic.com.example.com/v1' }))).toBeNull();
    expect(key(await sent({ baseUrl: 'http://localhost:8080/v1', apiKey: 'sk-own' }))).toBe('sk-own');
  });

  test('says how to give a key when Anthropic needs one, and takes a bearer token for one', async () => {
    delete process.env.ANTHROPIC_API_KEY;
    const error = await sent({});
    expect(error).toMatchObject({ code: 'missing_key', retryable: false });
    expect((error as LlmError).message).toMatch(/apiKey.*ANTHROPIC_API_KEY.*demo/);
    const request = await sent({ headers: { Authorization: 'Bearer token' } });
    expect([headerOf('authorization', request), key(request)]).toEqual(['Bearer token', null]);
  });

  test('sends the version of the API, and given headers over its own', async () => {
    expect(headerOf('anthropic-version', await sent({ apiKey: 'k' }))).toBe('2023-06-01');
    const headers = { 'Anthropic-Version': '2030-01-01', 'anthropic-dangerous-direct-browser-access': 'true' };
    const request = await sent({ apiKey: 'k', headers });
    expect(headerOf('anthropic-version', request)).toBe('2030-01-01');
    expect(headerOf('anthropic-dangerous-direct-browser-access', request)).toBe('true');
  });

  test('does not let the betas of one request into the next', async () => {
    const seen: (string | null)[] = [];
    const model = anthropic({
      model: 'm',
      baseUrl: 'http://127.0.0.1:9',
      headers: { 'anthropic-beta': 'own' },
      fetch(_, { headers }) {
        seen.push(new Headers(headers).get('anthropic-beta'));
        return Promise.resolve(new Response(streamOf(ok)));
      },
    });
    await outcomeOf(model, { options: { betas: ['a'] } });
    await outcomeOf(model);
    expect(seen).toEqual(['own, a', 'own']);
  });

  test.each([
    [undefined, 'https://api.anthropic.com/v1/messages'],
    ['http://localhost:8080/v1/', 'http://localhost:8080/v1/messages'],
    ['https://x.example.com/anthropic/v1?api-version=1', 'https://x.example.com/anthropic/v1/messages?api-version=1'],
  ])('with baseUrl %s asks %s', async (baseUrl, url) => {
    expect(await sent({ apiKey: 'k', baseUrl })).toMatchObject({ url });
  });

  test('asks Vertex AI by the name of the model in the address', async () => {
    const baseUrl = 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models';
    const model = 'claude-opus-4-1@20250805';
    const streamed = (await sent({ model, baseUrl, apiKey: 'ya29' })) as Sent;
    expect(streamed.url).toBe(`${baseUrl}/${model}:streamRawPredict`);
    expect(streamed.body).toMatchObject({ anthropic_version: 'vertex-2023-10-16', max_tokens: 32_000, stream: true });
    expect(streamed.body).not.toHaveProperty('model');
    expect([headerOf('authorization', streamed), key(streamed), headerOf('anthropic-version', streamed)]).toEqual([
      'Bearer ya29',
      null,
      null,
    ]);
    expect(await sent({ model, baseUrl: `${baseUrl}/` }, { stream: false })).toMatchObject({
      url: `${baseUrl}/${model}:rawPredict`,
    });
  });

  test('throws at the call for settings that make no sense', () => {
    expect(() => anthropic({ model: '' })).toThrow(/anthropic needs the name of a model, such as "claude-sonnet/);
    expect(() => anthropic({ model: 'm', baseUrl: 'localhost' })).toThrow(/baseUrl is "localhost", which is no URL/);
    expect(() => anthropic({ model: 'm', apiKey: 'a\nb' })).toThrow(/apiKey/);
  });
});

describe('model options', () => {
  const prompt = (options: JsonObject) => () => anthropic({ model: 'm' }).prompt('Hi', { options });

  test.each<[JsonObject]>([
    [{ max_tokens: 0, temperature: 1, top_p: 0.5, top_k: 40, stop_sequences: ['a', 'b'] }],
    [{ reasoning_effort: 'xhigh', reasoning_budget: 0, thinking: { type: 'adaptive' }, output_config: {} }],
    [{ tool_choice: { type: 'tool', name: 'f' }, tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    [{ mcp_servers: [{ type: 'url', url: 'https://x', name: 'x' }], betas: ['mcp-client-2025-11-20'] }],
    [{ cache: true, citations: true, container: 'container_1', context_management: { edits: [] } }],
    [{ cache: '5m', metadata: { user_id: 'u' }, service_tier: 'auto', inference_geo: 'us', speed: 'fast' }],
  ])('%j are taken', (options) => {
    expect(prompt(options)).not.toThrow();
  });

  test.each<[JsonObject, string]>([
    [{ temperature: 1.5 }, 'temperature: 1.5 does not fit; it takes a number from 0 to 1'],
    [{ max_tokens: -1 }, 'it takes a whole number from 0'],
    [{ tools: [1] }, 'it takes a list of objects'],
    [{ cache: '2h' }, 'it takes true, false, "5m", "1h"'],
    [{ tool_choice: 1 }, 'it takes a string such as "auto", "any" or "none", or an object'],
    [{ stop: 'a' }, 'or stop_sequences?'],
    [{ thinking_budget: 1 }, 'unknown option; did you mean'],
  ])('%j are refused at the call', (options, message) => {
    let error: unknown;
    try {
      prompt(options)();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'invalid_input' });
    expect((error as LlmError).message).toContain(message);
  });
});
