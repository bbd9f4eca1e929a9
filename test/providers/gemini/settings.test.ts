// Keys, addresses and headers: of the Gemini API, of Vertex AI and of other servers.
import { inspect } from 'node:util';
import { LlmError } from 'rxllm';
import { gemini, type GeminiOptions } from 'rxllm/gemini';
import { outcomeOf } from '../../support/outcome.ts';
import { withoutVariables } from '../../support/sent.ts';
import { chunk, streamOf } from './chunks.ts';

withoutVariables('GEMINI_API_KEY', 'GOOGLE_API_KEY');

const vertex = { project: 'p', location: 'us-central1' };

/** Where a model would send a request, and with which keys; or the code of the error. */
async function sent(settings: Partial<GeminiOptions>, key?: string, stream = true) {
  let request: { readonly url: string; readonly key: string | null; readonly token: string | null } | undefined;
  const model = gemini({
    model: 'gemini-x',
    fetch(url, init) {
      const headers = new Headers(init.headers);
      request = { url, key: headers.get('x-goog-api-key'), token: headers.get('authorization') };
      const body = streamOf([chunk([{ text: 'a' }], { finishReason: 'STOP' })]);
      return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    },
    ...settings,
  });
  const { error } = await outcomeOf(model, { stream, ...(key !== undefined && { key }) });
  return error?.code ?? request!;
}

describe('gemini', () => {
  test('has the id of the model as given', () => {
    expect(gemini({ model: 'gemini-x' }).id).toBe('gemini-x');
  });

  test('refuses a model without a name', () => {
    expect(() => gemini({ model: '' })).toThrow(/gemini needs the name of a model/);
  });
});

describe('the key of the Gemini API', () => {
  test('is that of the call before its own before those of the environment', async () => {
    process.env.GOOGLE_API_KEY = 'google';
    expect(await sent({})).toMatchObject({ key: 'google', token: null });
    process.env.GEMINI_API_KEY = 'env';
    expect(await sent({})).toMatchObject({ key: 'env' });
    expect(await sent({ apiKey: 'own' })).toMatchObject({ key: 'own' });
    expect(await sent({ apiKey: 'own' }, 'call')).toMatchObject({ key: 'call' });
  });

  test('is a header and no query parameter', async () => {
    expect(await sent({ apiKey: 'own' })).toEqual({
      url: 'https://generativelanguage.googleapis.com/v1beta/models/gemini-x:streamGenerateContent?alt=sse',
      key: 'own',
      token: null,
    });
  });

  test('of the environment goes nowhere else', async () => {
    process.env.GEMINI_API_KEY = 'env';
    expect(await sent({ baseUrl: 'https://proxy.example/v1beta' })).toMatchObject({ key: null, token: null });
    expect(await sent({ baseUrl: 'https://generativelanguage.googleapis.com.example/v1beta' })).toMatchObject({
      key: null,
    });
    expect(await sent({ baseUrl: 'https://generativelanguage.googleapis.com/v1' })).toMatchObject({ key: 'env' });
    expect(await sent({ vertex: {} })).toBe('missing_key');
    expect(await sent({ vertex })).toBe('missing_key');
  });

  test('is needed, unless a header stands in for it', async () => {
    expect(await sent({})).toBe('missing_key');
    expect(await sent({ headers: { authorization: 'Bearer t' } })).toMatchObject({ token: 'Bearer t', key: null });
    expect(await sent({ baseUrl: 'http://localhost:8080' })).toMatchObject({ key: null });
  });

  test('shows in no error', async () => {
    const apiKey = 'AIza-very-secret';
    const fetch = () => Promise.resolve(new Response(`{"error":{"message":"bad key ${apiKey}"}}`, { status: 400 }));
    const { error } = await outcomeOf(gemini({ model: 'm', apiKey, fetch }));
    expect(error?.code).toBe('bad_request');
    expect(inspect(error, { depth: 9 })).not.toContain(apiKey);
  });
});

describe('the address', () => {
  test.each([
    ['models/gemini-x', '/v1beta/models/gemini-x:streamGenerateContent'],
    ['tunedModels/mine', '/v1beta/tunedModels/mine:streamGenerateContent'],
  ])('of the model %s has that path', async (model, path) => {
    const request = await sent({ model, apiKey: 'k' });
    expect(typeof request === 'object' && new URL(request.url).pathname).toBe(path);
  });

  test('may be that of another server', async () => {
    expect(await sent({ baseUrl: 'https://gateway.example/google/?user=1', apiKey: 'k' })).toMatchObject({
      url: 'https://gateway.example/google/models/gemini-x:streamGenerateContent?user=1&alt=sse',
      key: 'k',
    });
    expect(() => gemini({ model: 'm', baseUrl: 'localhost' })).toThrow(LlmError);
  });
});

describe('Vertex AI', () => {
  test.each([
    ['us-central1', 'us-central1-aiplatform.googleapis.com'],
    ['global', 'aiplatform.googleapis.com'],
    ['eu', 'aiplatform.eu.rep.googleapis.com'],
  ])('in %s is at %s and takes an access token', async (location, host) => {
    expect(await sent({ vertex: { project: 'p', location } }, 'ya29')).toEqual({
      url: `https://${host}/v1beta1/projects/p/locations/${location}/publishers/google/models/gemini-x:streamGenerateContent?alt=sse`,
      key: null,
      token: 'Bearer ya29',
    });
  });

  test('is global when no location is given', async () => {
    expect(await sent({ vertex: { project: 'example.com:p' }, apiKey: 't' }, undefined, false)).toMatchObject({
      url: 'https://aiplatform.googleapis.com/v1beta1/projects/example.com:p/locations/global/publishers/google/models/gemini-x:generateContent',
    });
  });

  test('in express mode has no project and takes an API key', async () => {
    expect(await sent({ vertex: {}, apiKey: 'k' })).toEqual({
      url: 'https://aiplatform.googleapis.com/v1beta1/publishers/google/models/gemini-x:streamGenerateContent?alt=sse',
      key: 'k',
      token: null,
    });
  });

  test('may be reached by another address', async () => {
    const baseUrl = 'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1';
    expect(await sent({ vertex, baseUrl, model: 'endpoints/1', apiKey: 't' })).toMatchObject({
      url: `${baseUrl}/endpoints/1:streamGenerateContent?alt=sse`,
      token: 'Bearer t',
    });
  });

  test.each([
    { project: '' },
    { project: 'a/b' },
    { project: 'p', location: 'evil.example/' },
    { project: 'p', location: 'a@b' },
    { project: 'p', location: '' },
  ])('refuses %j, which names no place', (place) => {
    expect(() => gemini({ model: 'm', vertex: place })).toThrow(/vertex\.(project|location)/);
  });
});
