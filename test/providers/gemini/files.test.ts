// Attachments of prompts and of tool results.
import { attachment, user, assistant, toolMessage, type Attachment, type LlmError, type PromptOptions } from 'rxllm';
import { gemini } from 'rxllm/gemini';
import { outcomeOf } from '../../support/outcome.ts';
import { startServer, type TestServer } from '../../support/servers.ts';
import { call, encoded, result, sent, useServer } from './sent.ts';

useServer();

const png = 'iVBORw0KGgo=';

/** The part that an attachment becomes. */
async function partOf(file: Attachment, settings = {}): Promise<unknown> {
  const { json } = await sent({ messages: [user('look', attachment(file))] }, settings);
  const [{ parts }] = json.contents as [{ parts: readonly unknown[] }];
  return parts[1];
}

async function errorOf(options: PromptOptions): Promise<LlmError | undefined> {
  return (await outcomeOf(gemini({ model: 'm', baseUrl: 'http://127.0.0.1:9' }), options)).error;
}

describe('an attachment', () => {
  test.each<[Attachment, string]>([
    [{ type: 'image/webp', content: 'AAAA' }, 'image/webp'],
    [{ content: png }, 'image/png'],
    [{ url: `data:image/png;base64,${png}` }, 'image/png'],
    [{ type: 'application/pdf', content: 'JVBERi0=' }, 'application/pdf'],
    [{ type: 'audio/mpeg', content: 'AAAA' }, 'audio/mp3'],
    [{ type: 'audio/x-wav', content: 'AAAA' }, 'audio/wav'],
    [{ type: 'audio/ogg', content: 'AAAA' }, 'audio/ogg'],
    [{ type: 'video/mp4', content: 'AAAA' }, 'video/mp4'],
    [{ type: 'text/csv', content: 'AAAA' }, 'text/csv'],
    [{ type: 'application/json', content: 'AAAA' }, 'application/json'],
  ])('with bytes, %j, is sent as %s', async (file, mimeType) => {
    const data = file.content ?? file.url?.split(',')[1];
    expect(await partOf(file)).toEqual({ inlineData: { mimeType, data } });
  });

  test.each<[Attachment, object]>([
    [{ url: 'gs://bucket/a.pdf' }, { mimeType: 'application/pdf' }],
    [{ url: 'gs://bucket/a', type: 'video/mp4' }, { mimeType: 'video/mp4' }],
    [{ url: 'https://generativelanguage.googleapis.com/v1beta/files/abc' }, {}],
    [{ url: 'https://www.youtube.com/watch?v=abc' }, { mimeType: 'video/mp4' }],
    [{ url: 'https://youtu.be/abc', type: 'video/youtube' }, { mimeType: 'video/youtube' }],
  ])('where Google can read it, %j, is sent by its address', async (file, type) => {
    expect(await partOf(file)).toEqual({ fileData: { ...type, fileUri: file.url } });
  });

  test('elsewhere is fetched', async () => {
    const server: TestServer = await startServer({ contentType: 'image/png', pieces: [Buffer.from(png, 'base64')] });
    try {
      expect(await partOf({ url: `${server.url}/a.png` })).toEqual({
        inlineData: { mimeType: 'image/png', data: png },
      });
      expect(server.requests[0]?.path).toBe('/a.png');
    } finally {
      await server.close();
    }
  });

  test('that cannot be sent is an error before anything is sent', async () => {
    for (const file of [{ path: 'a.png' }, { content: 'AAAA' }, { url: 'ftp://h/a.png' }, {}]) {
      expect(await errorOf({ messages: [user(attachment(file))] })).toMatchObject({ code: 'unsupported' });
    }
  });

  test.each([
    ['ftp://h/a.png', /URL that begins with "ftp:".*give its bytes/],
    ['data:text/plain,hello', /URL that begins with "data:".*give its bytes/],
    ['a.png', /URL without a scheme.*give its bytes/],
  ])('at %s says that its bytes can be sent', async (url, message) => {
    expect((await errorOf({ messages: [user(attachment({ url }))] }))?.message).toMatch(message);
  });

  test('has no type but by an ending that is known', async () => {
    const { json } = await sent({ messages: [user(attachment({ url: 'gs://b/c.constructor' }))] });
    expect(json.contents).toMatchObject([{ parts: [{ fileData: { fileUri: 'gs://b/c.constructor' } }, {}] }]);
    const { json: other } = await sent({ messages: [user(attachment({ type: 'constructor', content: png }))] });
    expect(other.contents).toMatchObject([{ parts: [{ inlineData: { mimeType: 'constructor' } }, {}] }]);
  });

  test('keeps its place among the texts', async () => {
    const { json } = await sent({ messages: [user('a', attachment({ content: png }), 'b')] });
    expect(json.contents).toEqual([
      {
        role: 'user',
        parts: [{ text: 'a' }, { inlineData: { mimeType: 'image/png', data: png } }, { text: 'b' }, { text: 'Hi' }],
      },
    ]);
  });
});

describe('files of tool results', () => {
  const files = [{ content: png }, { type: 'audio/wav', content: 'AAAA' }, { url: 'gs://b/c.pdf' }];
  const history = [
    user('q'),
    assistant(call('f'), call('g')),
    toolMessage({ ...result('f', 'x'), attachments: files }, result('g', 'y')),
  ];
  const image = { inlineData: { mimeType: 'image/png', data: png } };
  const others = [
    { inlineData: { mimeType: 'audio/wav', data: 'AAAA' } },
    { fileData: { mimeType: 'application/pdf', fileUri: 'gs://b/c.pdf' } },
  ];
  const response = (name: string, output: string, more = {}) => ({
    functionResponse: { name, response: { output }, ...more },
  });

  test('stand in the result where Gemini 3 takes them there, else after the results', async () => {
    expect((await encoded(history, 'gemini-3-flash-preview')).at(-1)).toEqual({
      role: 'user',
      parts: [response('f', 'x', { parts: [image] }), response('g', 'y'), ...others],
    });
  });

  test('stand after the results for older models', async () => {
    expect((await encoded(history, 'gemini-2.5-flash')).at(-1)).toEqual({
      role: 'user',
      parts: [response('f', 'x'), response('g', 'y'), image, ...others],
    });
  });
});
