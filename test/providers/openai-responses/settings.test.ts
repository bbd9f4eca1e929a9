// Keys, addresses, headers, model options, and what an HTTP status says.
import type { JsonObject, LlmError } from 'rxllm';
import { openaiResponses, type OpenAIResponsesOptions } from 'rxllm/openai';
import { outcomeOf } from '../../support/outcome.ts';
import { headerOf, sentBy, withoutVariables, type Sent } from '../../support/sent.ts';
import { startServer } from '../../support/servers.ts';
import { completed, message, outputText } from './stream.ts';

withoutVariables('OPENAI_API_KEY');

/** What a model would send, with the key of the call. */
function sent(settings: Partial<OpenAIResponsesOptions>, key?: string): Promise<Sent | LlmError> {
  return sentBy((fetch) => openaiResponses({ model: 'm', maxRetries: 0, fetch, ...settings }), completed(), {
    ...(key !== undefined && { key }),
  });
}

const authorization = (request: Sent | LlmError) => headerOf('authorization', request);

describe('openaiResponses', () => {
  test('has the id of the model as given', () => {
    expect(openaiResponses({ model: 'gpt-x' }).id).toBe('gpt-x');
  });

  test('takes the key of the call before its own before that of the environment', async () => {
    process.env.OPENAI_API_KEY = 'sk-env';
    expect(authorization(await sent({ apiKey: 'sk-own' }, 'sk-call'))).toBe('Bearer sk-call');
    expect(authorization(await sent({ apiKey: 'sk-own' }))).toBe('Bearer sk-own');
    expect(authorization(await sent({}))).toBe('Bearer sk-env');
  });

  test('never sends the key of the environment to another server, which needs none', async () => {
    process.env.OPENAI_API_KEY = 'sk-env';
    expect(authorization(await sent({ baseUrl: 'http://localhost:1234/v1' }))).toBeNull();
  });

  test('says how to give a key when OpenAI needs one', async () => {
    delete process.env.OPENAI_API_KEY;
    const error = await sent({});
    expect(error).toMatchObject({ code: 'missing_key', retryable: false });
    expect((error as LlmError).message).toMatch(/openaiResponses.*apiKey.*OPENAI_API_KEY/);
    expect(authorization(await sent({ headers: { Authorization: 'Custom x' } }))).toBe('Custom x');
  });

  test.each([
    [undefined, 'https://api.openai.com/v1/responses'],
    ['http://localhost:1234/v1/', 'http://localhost:1234/v1/responses'],
    [
      'https://x.openai.azure.com/openai?api-version=2025-04-01-preview',
      'https://x.openai.azure.com/openai/responses?api-version=2025-04-01-preview',
    ],
  ])('with baseUrl %s asks %s', async (baseUrl, url) => {
    expect(await sent({ apiKey: 'k', baseUrl })).toMatchObject({ url });
  });

  test('throws at the call for settings that make no sense', () => {
    expect(() => openaiResponses({ model: '' })).toThrow(/openaiResponses needs the name of a model.*"gpt-5-mini"/);
    expect(() => openaiResponses({ model: 'm', maxRetries: 0, baseUrl: 'localhost' })).toThrow(
      /baseUrl is "localhost"/,
    );
  });

  test.each([
    [401, 'auth'],
    [404, 'not_found'],
    [400, 'bad_request'],
    [429, 'rate_limited'],
    [500, 'server_error'],
  ])('tells status %i as %s, in the words of the server', async (status, code) => {
    const said = JSON.stringify({ error: { message: 'Encrypted content is not supported with this model.' } });
    const server = await startServer({ status, contentType: 'application/json', pieces: [said] });
    const { error } = await outcomeOf(openaiResponses({ model: 'm', maxRetries: 0, baseUrl: server.url }));
    expect(error).toMatchObject({ code, status });
    expect(error?.message).toContain('Encrypted content is not supported with this model.');
    await server.close();
  });

  test('gives each message as it came where that is asked for', async () => {
    const fetch = () => Promise.resolve(new Response(completed([message(outputText('a'))])));
    const { events } = await outcomeOf(openaiResponses({ model: 'm', maxRetries: 0, baseUrl: 'http://x.y', fetch }), {
      raw: true,
    });
    expect(events[1]).toMatchObject({ type: 'raw', payload: { type: 'response.completed' } });
  });

  test.each(['event: response.completed\n', ''])(
    'reads the body to its end after the last message (%j)',
    async (name) => {
      const last = `${name}data: {"type":"response.completed","response":{"status":"completed"}}\n\n`;
      const pieces = [last, 'data: [DONE]\n\n'].map((piece) => new TextEncoder().encode(piece));
      const end = await new Promise((resolve) => {
        const body = new ReadableStream<Uint8Array>(
          {
            pull(controller) {
              const piece = pieces.shift();
              if (piece) {
                controller.enqueue(piece);
                return;
              }
              controller.close();
              resolve('read');
            },
            cancel: () => resolve('cancelled'),
          },
          { highWaterMark: 0 },
        );
        const headers = { 'content-type': 'text/event-stream' };
        const fetch = () => Promise.resolve(new Response(body, { headers }));
        void outcomeOf(openaiResponses({ model: 'm', maxRetries: 0, baseUrl: 'http://127.0.0.1:9/v1', fetch }));
      });
      expect(end).toBe('read');
    },
  );
});

describe('model options', () => {
  const prompt = (options: JsonObject) => () => openaiResponses({ model: 'm' }).prompt('Hi', { options });

  test.each<[JsonObject]>([
    [{ temperature: 0.5, top_p: 1, max_output_tokens: 16, max_tokens: 1, top_logprobs: 20, max_tool_calls: 1 }],
    [{ tools: [{ type: 'web_search', filters: {} }], tool_choice: { type: 'web_search' }, parallel_tool_calls: false }],
    [{ reasoning_effort: 'xhigh', reasoning_summary: 'detailed', reasoning: { mode: 'pro' }, verbosity: 'low' }],
    [{ text: {}, image_detail: 'original', include: ['a'], service_tier: 'flex', store: true, truncation: 'auto' }],
    [
      {
        previous_response_id: 'r',
        conversation: 'c',
        context_management: [{ type: 'compaction' }],
        prompt: { id: 'p' },
      },
    ],
    [{ moderation: {}, stream_options: { include_obfuscation: false }, safety_identifier: 's', user: 'u' }],
    [{ prompt_cache_key: 'k', prompt_cache_options: {}, prompt_cache_retention: '24h', metadata: { a: 'b' } }],
  ])('%j are taken', (options) => {
    expect(prompt(options)).not.toThrow();
  });

  test.each<[JsonObject, string]>([
    [{ temperature: 3 }, 'options of model "m": temperature: 3 does not fit; it takes a number from 0 to 2'],
    [{ tools: [{ name: 'f' }] }, 'it takes a list of objects with a `type`, such as { type: "web_search" }'],
    [{ tools: ['web_search'] }, 'it takes a list of objects with a `type`'],
    [{ reasoning_summary: 'long' }, 'it takes "auto", "concise", "detailed"'],
    [{ image_detail: 'best' }, 'it takes "low", "high", "auto", "original"'],
    [{ stop: 'x' }, 'stop: unknown option; '],
    [{ seed: 1 }, 'seed: unknown option; an option that only your server knows goes into `extraBody`'],
    [{ maxOutputTokens: 1 }, 'did you mean max_output_tokens'],
  ])('%j are refused at the call', (options, words) => {
    let error: unknown;
    try {
      prompt(options)();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'invalid_input' });
    expect((error as LlmError).message).toContain(words);
  });
});
