// Addresses, keys, model options and the failures that everybody meets first.
import { inspect } from 'node:util';
import type { JsonObject, LlmError } from 'rxllm';
import { ollama, ollamaUrl, type OllamaOptions } from 'rxllm/ollama';
import { outcomeOf } from '../../support/outcome.ts';
import { headerOf, sentBy, withoutVariables, type Sent } from '../../support/sent.ts';
import { closedPort, startServer } from '../../support/servers.ts';
import { done, streamOf } from './lines.ts';

withoutVariables('OLLAMA_API_KEY');

/** What a model would send, with the key of the call. */
function sent(settings: Partial<OllamaOptions>, key?: string): Promise<Sent | LlmError> {
  return sentBy((fetch) => ollama({ model: 'm', maxRetries: 0, fetch, ...settings }), streamOf([done()]), {
    ...(key !== undefined && { key }),
  });
}

const authorization = (request: Sent | LlmError) => headerOf('authorization', request);

describe('ollama', () => {
  test('has the id of the model as given', () => {
    expect(ollama({ model: 'gemma3:4b' }).id).toBe('gemma3:4b');
    expect(() => ollama({ model: '' })).toThrow(/ollama needs the name of a model, such as "qwen3"/);
  });

  test.each([
    [undefined, 'http://127.0.0.1:11434/api/chat'],
    ['http://localhost:11434/', 'http://localhost:11434/api/chat'],
    ['https://example.com/ollama', 'https://example.com/ollama/api/chat'],
    ['https://ollama.com', 'https://ollama.com/api/chat'],
  ])('with baseUrl %s asks %s', async (baseUrl, url) => {
    expect(await sent({ baseUrl, apiKey: 'k' })).toMatchObject({ url });
  });

  test('refuses a baseUrl that is none, in words of its own', () => {
    expect(() => ollama({ model: 'm', maxRetries: 0, baseUrl: 'localhost:11434' })).toThrow(
      /is no URL; give one such as "http:\/\/127/,
    );
  });

  test('needs no key, and sends that of the environment to the cloud alone', async () => {
    process.env.OLLAMA_API_KEY = 'env';
    expect(authorization(await sent({}))).toBeNull();
    expect(authorization(await sent({ baseUrl: 'http://ollama.com' }))).toBeNull();
    expect(authorization(await sent({ baseUrl: 'https://ollama.com.example.com' }))).toBeNull();
    expect(authorization(await sent({ baseUrl: 'https://ollama.com' }))).toBe('Bearer env');
    expect(authorization(await sent({ apiKey: 'own' }))).toBe('Bearer own');
    expect(authorization(await sent({ apiKey: 'own' }, 'call'))).toBe('Bearer call');
  });

  test('says how to give a key when the cloud needs one', async () => {
    delete process.env.OLLAMA_API_KEY;
    const error = (await sent({ baseUrl: 'https://ollama.com' })) as LlmError;
    expect(error.code).toBe('missing_key');
    expect(error.message).toMatch(/Ollama's cloud.*apiKey.*OLLAMA_API_KEY/);
  });

  test('says how to start Ollama when nothing listens on this machine', async () => {
    const { error } = await outcomeOf(
      ollama({ model: 'm', maxRetries: 0, baseUrl: `http://127.0.0.1:${await closedPort()}` }),
    );
    expect(error).toMatchObject({ code: 'connection', retryable: true, partial: { messages: [] } });
    expect(error?.message).toMatch(/nothing listens there.*; if Ollama is not running, start it with `ollama serve`$/);
    expect(error?.stack).toContain('ollama serve');
  });

  test('says how to get a model that is not there', async () => {
    const body = JSON.stringify({ error: "model 'm' not found" });
    const server = await startServer({ status: 404, contentType: 'application/json', pieces: [body] });
    const { error } = await outcomeOf(ollama({ model: 'm', maxRetries: 0, baseUrl: server.url }));
    await server.close();
    expect(error).toMatchObject({ code: 'not_found', status: 404, retryable: false });
    expect(error?.message).toMatch(/model 'm' not found; get it with `ollama pull m`$/);
  });

  test('gives no such hint where it does not fit', async () => {
    const answer = (status: number, body: string) => () => Promise.resolve(new Response(body, { status }));
    const missing = '{"error":"model \'m\' not found"}';
    const elsewhere = { model: 'm', baseUrl: 'https://ollama.com', apiKey: 'k' };
    for (const [settings, code] of [
      [{ ...elsewhere, fetch: answer(404, missing) }, 'not_found'],
      [{ ...elsewhere, fetch: () => Promise.reject(new Error('no')) }, 'connection'],
      [{ model: 'm', fetch: answer(404, '404 page not found') }, 'not_found'],
      [{ model: 'm', fetch: answer(400, '{"error":"\\"m\\" does not support thinking"}') }, 'bad_request'],
    ] as const) {
      const { error } = await outcomeOf(ollama(settings));
      expect(error?.code).toBe(code);
      expect(error?.message).not.toMatch(/ollama (pull|serve)/);
    }
  });

  test('shows no key in errors', async () => {
    const key = 'secret-key-of-mine';
    const fetch = () => Promise.resolve(new Response(`{"error":"model ${key} not found"}`, { status: 404 }));
    const { error } = await outcomeOf(ollama({ model: 'm', apiKey: key, fetch }));
    expect(error?.message).toContain('ollama pull');
    expect(inspect(error, { depth: 9 })).not.toContain(key);
  });
});

describe('ollamaUrl', () => {
  test.each([
    ['', 'http://127.0.0.1:11434'],
    ['localhost', 'http://localhost:11434'],
    ['10.0.0.7:8080', 'http://10.0.0.7:8080'],
    ['example.com:80', 'http://example.com'],
    [':8080', 'http://127.0.0.1:8080'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
    ['[::]:8080', 'http://127.0.0.1:8080'],
    ['[::1]', 'http://[::1]:11434'],
    ['example.com/ollama/', 'http://example.com:11434/ollama'],
    ['http://localhost', 'http://localhost'],
    ['https://example.com:8443/ollama', 'https://example.com:8443/ollama'],
    ['http://0.0.0.0:11434', 'http://127.0.0.1:11434'],
    ['a b:c', 'a b:c'],
  ])('makes %j %s', (host, url) => {
    expect(ollamaUrl(host)).toBe(url);
  });
});

describe('model options', () => {
  const prompt = (options: JsonObject) => () => ollama({ model: 'm' }).prompt('Hi', { options });

  test.each<[JsonObject]>([
    [{ temperature: 0.5, top_k: 40, top_p: 1, min_p: 0.1, typical_p: 1, seed: -1, stop: ['a', 'b'] }],
    [{ num_predict: -1, num_ctx: 8192, num_keep: -1, repeat_last_n: -1, repeat_penalty: 1.1, num_gpu: -1 }],
    [{ presence_penalty: -1, frequency_penalty: 1, mirostat: 2, mirostat_eta: 0.1, mirostat_tau: 5 }],
    [{ num_batch: 512, main_gpu: 0, num_thread: 8, use_mmap: false, truncate: false, shift: true }],
    [{ think: 'high', keep_alive: -1, format: { type: 'object' }, logprobs: true, top_logprobs: 20 }],
  ])('%j are taken', (options) => {
    expect(prompt(options)).not.toThrow();
  });

  test.each<[JsonObject, string]>([
    [{ temperature: -1 }, 'options of model "m": temperature: -1 does not fit; it takes a number from 0'],
    [{ think: 1 }, 'it takes true, false or a level such as "low"'],
    [{ keep_alive: true }, 'it takes a number of seconds or a duration such as "5m"'],
    [{ format: 'xml' }, 'it takes "json" or a JSON Schema'],
    [{ num_ctx: 0 }, 'it takes a whole number from 1'],
    [{ repeat_penalty: 'x' }, 'it takes a number'],
    [{ numctx: 1 }, 'numctx: unknown option; did you mean num_ctx'],
    [{ max_tokens: 1 }, 'max_tokens: unknown option; an option that only your server knows goes into `extraBody`'],
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
