// Attachments as content blocks.
import { attachment, toolMessage, user, assistant, type AttachmentPart, type LlmError } from 'rxllm';
import { anthropic } from 'rxllm/anthropic';
import { startServer } from '../../support/servers.ts';
import { ok, streamOf } from './events.ts';
import { bodyOf, call, encoded, result, useServer } from './sent.ts';

useServer();

const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');
const bytes = (media_type: string, data: string) => ({ type: 'base64', media_type, data: base64(data) });
const url = (at: string) => ({ type: 'url', url: at });
const plain = (data: string) => ({ type: 'document', source: { type: 'text', media_type: 'text/plain', data } });

describe('attachments in a Messages request', () => {
  test.each<readonly [AttachmentPart, object]>([
    [
      attachment({ url: 'https://example.com/cat.JPG?w=1' }),
      { type: 'image', source: url('https://example.com/cat.JPG?w=1') },
    ],
    [
      attachment({ url: 'https://example.com/cat', type: 'image/png' }),
      { type: 'image', source: url('https://example.com/cat') },
    ],
    [
      attachment({ url: 'data:image/gif;base64,AAAA' }),
      { type: 'image', source: { type: 'base64', media_type: 'image/gif', data: 'AAAA' } },
    ],
    [
      attachment({ content: base64('\x89PNG\r\n\x1a\n') }),
      { type: 'image', source: bytes('image/png', '\x89PNG\r\n\x1a\n') },
    ],
    [attachment({ content: base64('x'), type: 'image/jpg' }), { type: 'image', source: bytes('image/jpeg', 'x') }],
    [attachment({ content: base64('%PDF-1.7') }), { type: 'document', source: bytes('application/pdf', '%PDF-1.7') }],
    [attachment({ url: 'https://example.com/a.pdf' }), { type: 'document', source: url('https://example.com/a.pdf') }],
    [attachment({ content: Buffer.from('Grüße 👋'), type: 'text/plain' }), plain('Grüße 👋')],
    [attachment({ content: Buffer.from('# Hi'), type: 'text/markdown' }), plain('# Hi')],
    [attachment({ content: Buffer.from('{}'), type: 'application/json' }), plain('{}')],
    [attachment({ url: `data:text/csv;base64,${base64('a,b')}` }), plain('a,b')],
  ])('%j', async (part, expected) => {
    expect(await encoded([user('see', part)])).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'see' }, expected] },
    ]);
  });

  test.each([
    [attachment({ path: '/tmp/cat.png' }), /path "\/tmp\/cat.png".*give its bytes as `content`/],
    [attachment({ content: base64('hello') }), /type is not known; give its `type`/],
    [attachment({ content: base64('x'), type: 'image/avif' }), /type "image\/avif"; it takes image\/jpeg/],
    [attachment({ content: base64('ID3\x04') }), /type "audio\/mpeg"/],
  ])('%j is refused', async (part, message) => {
    const error: unknown = await encoded([user(part)]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unsupported' });
    expect((error as LlmError).message).toMatch(message);
  });

  test('are cited when that is asked for: the documents, also those of results', async () => {
    const pdf = { type: 'application/pdf', content: base64('%PDF-1.7') };
    const image = { type: 'image/png', content: 'iVBORw0KGgoAAAA=' };
    const history = [
      user(attachment(pdf), attachment(image)),
      assistant(call('f', 'a')),
      toolMessage({ ...result('f', '', 'a'), attachments: [pdf] }),
    ];
    const cited = { type: 'document', citations: { enabled: true } };
    expect(await bodyOf(history, {}, { options: { citations: true } })).toMatchObject({
      messages: [{ content: [cited, { type: 'image' }] }, {}, { content: [{ content: [cited] }] }],
    });
  });

  test.each([
    ['/notes.txt', 'text/plain', plain('notes')],
    ['/notes', 'text/markdown; charset=utf-8', plain('notes')],
    ['/scan', 'application/pdf', { type: 'document', source: bytes('application/pdf', 'notes') }],
  ])('text by URL, and what the URL does not tell, is fetched first: %s', async (path, contentType, expected) => {
    const server = await startServer((asked) =>
      asked === path ? { contentType, pieces: ['notes'] } : { pieces: [streamOf(ok)] },
    );
    const part = attachment({ url: `${server.url}${path}`, ...(path.endsWith('txt') && { type: 'text/plain' }) });
    await anthropic({ model: 'm', baseUrl: server.url })
      .prompt([user(part)])
      .text();
    await server.close();
    expect(server.requests.map((request) => request.path)).toEqual([path, '/messages']);
    expect(server.requests[1]!.json).toMatchObject({ messages: [{ role: 'user', content: [expected] }] });
  });

  test('images by URL are fetched for Vertex AI, which fetches nothing', async () => {
    const server = await startServer((asked) =>
      asked === '/cat.png' ? { contentType: 'image/png', pieces: ['cat'] } : { pieces: [streamOf(ok)] },
    );
    await anthropic({ model: 'm', baseUrl: `${server.url}/publishers/anthropic/models` })
      .prompt([user(attachment({ url: `${server.url}/cat.png` }))])
      .text();
    await server.close();
    expect(server.requests[1]!.json).toMatchObject({
      messages: [{ content: [{ type: 'image', source: bytes('image/png', 'cat') }] }],
    });
  });
});
