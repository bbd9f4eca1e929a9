// Files that are given by URL to a protocol that takes only bytes: sound, in Chat Completions.
import { attachment, LlmError, type LlmErrorCode } from 'rxllm';
import { openaiChat, type OpenAIChatOptions } from 'rxllm/openai';
import { bodyText, startServer, type Answer, type TestServer } from '../support/servers.ts';
import { delta, done, finish, streamOf } from './openai-chat/chunks.ts';

const sound = Buffer.from('RIFF\x01\x02\x03\x04WAVE');
let server: TestServer | undefined;
afterEach(() => server?.close());

/** A server that has a file, and speaks Chat Completions besides. */
async function serve(file: Answer): Promise<TestServer> {
  const chat: Answer = { pieces: [streamOf([delta({ content: 'ok' }), finish('stop'), done])] };
  server = await startServer((path) => (path.endsWith('/chat/completions') ? chat : file));
  return server;
}

function ask(at: TestServer, url: string, settings: Partial<OpenAIChatOptions> = {}) {
  return openaiChat({ model: 'm', maxRetries: 0, baseUrl: at.url, apiKey: 'sk-for-the-model', ...settings }).prompt(
    'Listen',
    {
      attachments: [attachment({ url, type: 'audio/wav' })],
    },
  );
}

test('the file is fetched before the request, whose bytes it becomes; the JSON keeps the URL', async () => {
  const at = await serve({ contentType: 'audio/wav', pieces: [sound.subarray(0, 5), sound.subarray(5)] });
  const response = ask(at, `${at.url}/a.wav?sig=1`);
  expect(at.requests).toHaveLength(0);
  expect(await response.text()).toBe('ok');
  expect(at.requests.map(({ path }) => path)).toEqual(['/a.wav?sig=1', '/chat/completions']);
  expect(at.requests[1]!.json.messages).toMatchObject([
    { content: [{}, { type: 'input_audio', input_audio: { data: sound.toString('base64'), format: 'wav' } }] },
  ]);
  expect(JSON.stringify(response.toJSON())).toContain('a.wav?sig=1');
});

test('a PDF file is fetched too, but not for OpenRouter, which takes the URL', async () => {
  const at = await serve({ contentType: 'application/pdf', pieces: ['%PDF-1.7'] });
  const attachments = [attachment({ url: `${at.url}/a.pdf` })];
  await openaiChat({ model: 'm', baseUrl: at.url }).prompt('Read', { attachments }).text();
  const data = `data:application/pdf;base64,${Buffer.from('%PDF-1.7').toString('base64')}`;
  expect(JSON.stringify(at.requests[1]!.json)).toContain(`"file_data":"${data}"`);
  let sent = '';
  const fetch = (_: string, init: RequestInit) => {
    sent = bodyText(init);
    return Promise.resolve(new Response(streamOf([finish('stop'), done])));
  };
  await openaiChat({ model: 'm', baseUrl: 'https://openrouter.ai/api/v1', fetch })
    .prompt('Read', { attachments })
    .text();
  expect(sent).toContain(`"file_data":"${at.url}/a.pdf"`);
  expect(at.requests).toHaveLength(2);
});

test('the key of the model does not go there', async () => {
  const at = await serve({ pieces: [sound] });
  await ask(at, `${at.url}/a.wav`).text();
  expect(at.requests[0]!.headers.authorization).toBeUndefined();
});

test('unsubscribing stops it down to the socket, and nothing is asked', async () => {
  const at = await serve({ pieces: [sound], atEnd: 'stay' });
  const subscription = ask(at, `${at.url}/a.wav`).subscribe();
  const { closed, played } = await at.request(0);
  await played;
  subscription.unsubscribe();
  expect(await closed).toBe('aborted');
  expect(at.requests).toHaveLength(1);
});

test('unsubscribing stops a fetch that does not listen to the signal', async () => {
  const at = await serve({ pieces: [sound], atEnd: 'stay' });
  const deaf: OpenAIChatOptions['fetch'] = (url, { signal: _, ...init }) => fetch(url, init);
  const subscription = ask(at, `${at.url}/a.wav`, { fetch: deaf }).subscribe();
  const { closed, played } = await at.request(0);
  await played;
  subscription.unsubscribe();
  expect(await closed).toBe('aborted');
});

test('a URL that is none is an error that does not show it, and nothing is asked', async () => {
  const at = await serve({});
  for (const url of ['http://', 'https://a b/c.wav?sig=secret']) {
    const error: unknown = await ask(at, url)
      .text()
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringMatching(/no URL/) });
    expect((error as LlmError).message).not.toContain('secret');
  }
  expect(at.requests).toHaveLength(0);
});

test('the query is hidden also where fetch says the URL in another spelling', async () => {
  const at = await serve({});
  const telling: OpenAIChatOptions['fetch'] = (url) => Promise.reject(new Error(`no way to ${new URL(url).href}`));
  const error: unknown = await ask(at, 'HTTPS://example.com/a.wav?sig=secret', { fetch: telling })
    .text()
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'connection', message: expect.stringMatching(/no way to example.com/) });
  expect((error as LlmError).message).not.toContain('secret');
});

test.each<[string, Answer, LlmErrorCode, RegExp]>([
  [
    'that is not there',
    { status: 404 },
    'not_found',
    /the file at 127\.0\.0\.1:\d+\/a\.wav could not be had: status 404$/,
  ],
  ['that is refused', { status: 403 }, 'bad_request', /status 403$/],
  ['that is empty', {}, 'bad_request', /the file at 127\.0\.0\.1:\d+\/a\.wav is empty$/],
  ['that breaks off', { pieces: [sound], atEnd: 'destroy' }, 'connection', /could not be had: /],
])('a file %s is an error that hides the query, and nothing is asked', async (_, file, code, message) => {
  const at = await serve(file);
  const error: unknown = await ask(at, `${at.url}/a.wav?sig=secret`)
    .text()
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(LlmError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/sig=secret.*could not/);
  expect((error as LlmError).message).not.toContain('secret');
  expect(at.requests).toHaveLength(1);
});

test('one that is too large is not read to its end', async () => {
  const piece = Buffer.alloc(16 * 1024 * 1024);
  const at = await serve({ pieces: [piece, piece, piece, piece], atEnd: 'stay' });
  await expect(ask(at, `${at.url}/a.wav`).text()).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/larger than 50 MiB/),
  });
  expect(await at.requests[0]!.closed).toBe('aborted');
});
