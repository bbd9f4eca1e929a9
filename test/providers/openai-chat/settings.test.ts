// Keys, addresses, headers and model options.
import { inspect } from 'node:util';
import type { JsonObject, LlmError } from 'rxllm';
import { openaiChat, type OpenAIChatOptions } from 'rxllm/openai';
import { outcomeOf } from '../../support/outcome.ts';
import { headerOf, sentBy, withoutVariables, type Sent } from '../../support/sent.ts';
import { done, finish, streamOf } from './chunks.ts';

withoutVariables('OPENAI_API_KEY');

/** What a model would send, with the key of the call. */
function sent(settings: Partial<OpenAIChatOptions>, key?: string): Promise<Sent | LlmError> {
  return sentBy((fetch) => openaiChat({ model: 'm', fetch, ...settings }), streamOf([finish('stop'), done]), {
    ...(key !== undefined && { key }),
  });
}

function cycle(): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

const authorization = (request: Sent | LlmError) => headerOf('authorization', request);

describe('openaiChat', () => {
  test('has the id of the model as given', () => {
    expect(openaiChat({ model: 'gpt-x' }).id).toBe('gpt-x');
  });

  test('takes the key of the call before its own before that of the environment', async () => {
    process.env.OPENAI_API_KEY = 'sk-env';
    expect(authorization(await sent({ apiKey: 'sk-own' }, 'sk-call'))).toBe('Bearer sk-call');
    expect(authorization(await sent({ apiKey: 'sk-own' }))).toBe('Bearer sk-own');
    expect(authorization(await sent({}))).toBe('Bearer sk-env');
    expect(authorization(await sent({ baseUrl: 'https://api.openai.com/v1/' }))).toBe('Bearer sk-env');
  });

  test('reads the environment at each request', async () => {
    delete process.env.OPENAI_API_KEY;
    const requests: (string | null)[] = [];
    const model = openaiChat({
      model: 'm',
      fetch(_, { headers }) {
        requests.push(new Headers(headers).get('authorization'));
        return Promise.resolve(new Response(done));
      },
    });
    process.env.OPENAI_API_KEY = 'sk-later';
    await outcomeOf(model);
    expect(requests).toEqual(['Bearer sk-later']);
  });

  test('never sends the key of the environment to another server, which needs none', async () => {
    process.env.OPENAI_API_KEY = 'sk-env';
    expect(authorization(await sent({ baseUrl: 'http://localhost:11434/v1' }))).toBeNull();
    expect(authorization(await sent({ baseUrl: 'http://localhost:11434/v1', apiKey: 'sk-own' }))).toBe('Bearer sk-own');
  });

  test('says how to give a key when OpenAI needs one', async () => {
    delete process.env.OPENAI_API_KEY;
    const error = await sent({});
    expect(error).toMatchObject({ code: 'missing_key', retryable: false });
    expect((error as LlmError).message).toMatch(/apiKey.*OPENAI_API_KEY.*demo/);
    expect(authorization(await sent({ headers: { Authorization: 'Custom x' } }))).toBe('Custom x');
  });

  test('sends given headers over its own', async () => {
    const request = await sent({ apiKey: 'k', headers: { 'X-Title': 'app', Accept: '*/*' } });
    expect(Object.fromEntries((request as Sent).headers)).toMatchObject({ 'x-title': 'app', accept: '*/*' });
  });

  test.each([
    [undefined, 'https://api.openai.com/v1/chat/completions'],
    ['http://localhost:8080/v1/', 'http://localhost:8080/v1/chat/completions'],
    ['http://localhost:8080', 'http://localhost:8080/chat/completions'],
    [
      'https://x.openai.azure.com/openai/deployments/d?api-version=1',
      'https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1',
    ],
  ])('with baseUrl %s asks %s', async (baseUrl, url) => {
    expect(await sent({ apiKey: 'k', ...(baseUrl !== undefined && { baseUrl }) })).toMatchObject({ url });
  });

  test('takes undefined for not given', async () => {
    const { headers, url } = (await sent({
      apiKey: 'k',
      baseUrl: undefined,
      headers: undefined,
      extraBody: undefined,
    })) as Sent;
    expect([url, headers.get('authorization')]).toEqual(['https://api.openai.com/v1/chat/completions', 'Bearer k']);
    expect(openaiChat({ model: 'm', apiKey: undefined, fetch: undefined }).id).toBe('m');
  });

  test.each([[{ n: 1n }], [cycle()]])('sends nothing when the body is no JSON (%#)', async (extraBody) => {
    const error = await sent({ apiKey: 'k', extraBody });
    expect(error).toMatchObject({ code: 'invalid_input', retryable: false });
    expect((error as LlmError).message).toMatch(/^the request cannot be written as JSON: \S/);
  });

  test.each([
    ['http://user:password@127.0.0.1/v1', /user name or a password in it.*authorization/],
    ['http://user@127.0.0.1/v1', /user name or a password/],
    ['http://user:password@no host/v1', /^baseUrl is no URL; give one such as/],
    ['user:password@127.0.0.1', /^baseUrl is no URL/],
    ['http://no host/v1?key=password', /^baseUrl is no URL/],
    ['localhost:11434/v1', /^baseUrl is "localhost:11434\/v1", which is no URL/],
  ])('refuses baseUrl %s at the call, and shows no password', (baseUrl, message) => {
    let error: LlmError | undefined;
    try {
      openaiChat({ model: 'm', baseUrl });
    } catch (thrown) {
      error = thrown as LlmError;
    }
    expect(error?.code).toBe('invalid_input');
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain('user:');
    expect(inspect(error).replaceAll('or a password', '')).not.toContain('password');
  });

  test('throws at the call for settings that make no sense', () => {
    expect(() => openaiChat({ model: '' })).toThrow(/needs the name of a model/);
    expect(() => openaiChat({ model: 'm', baseUrl: 'localhost' })).toThrow(/baseUrl is "localhost", which is no URL/);
  });
});

describe('model options', () => {
  const prompt = (options: JsonObject) => () => openaiChat({ model: 'm' }).prompt('Hi', { options });

  test.each<[JsonObject]>([
    [{ temperature: 0.5, top_p: 1, frequency_penalty: -2, presence_penalty: 2, seed: -1 }],
    [{ max_tokens: 0, max_completion_tokens: 10, stop: 'x', n: 1, logprobs: true, top_logprobs: 20 }],
    [{ logit_bias: { 50256: -100 }, reasoning_effort: 'xhigh', verbosity: 'low', service_tier: 'flex' }],
    [{ parallel_tool_calls: false, tool_choice: { type: 'function', function: { name: 'f' } }, user: 'u' }],
    [{ metadata: { a: 'b' }, response_format: { type: 'json_object' }, stop: ['a', 'b'], store: true }],
  ])('%j are taken', (options) => {
    expect(prompt(options)).not.toThrow();
  });

  test.each<[JsonObject, string]>([
    [{ temperature: 3 }, 'options of model "m": temperature: 3 does not fit; it takes a number from 0 to 2'],
    [{ temperature: 'hot' }, 'temperature: "hot" does not fit; it takes a number from 0 to 2'],
    [{ max_tokens: 1.5 }, 'max_tokens: 1.5 does not fit; it takes a whole number from 0'],
    [{ top_logprobs: 21 }, 'it takes a whole number from 0 to 20'],
    [{ seed: 0.1 }, 'it takes a whole number'],
    [{ stop: [1] }, 'it takes a string or a list of strings'],
    [{ verbosity: 'loud' }, 'it takes "low", "medium", "high"'],
    [{ logprobs: 1 }, 'it takes true or false'],
    [{ n: 2 }, 'n: 2 does not fit; it takes 1'],
    [{ maxTokens: 1 }, 'maxTokens: unknown option; did you mean max_tokens'],
    [{ temprature: 1 }, 'did you mean temperature?'],
    [{ toString: 1 }, 'toString: unknown option; an option that only your server knows goes into `extraBody`'],
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
