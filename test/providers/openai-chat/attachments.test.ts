// Attachments as content parts.
import { attachment, user, type AttachmentPart, type LlmError } from 'rxllm';
import { encoded, useServer } from './sent.ts';

useServer();

describe('attachments in a Chat Completions request', () => {
  const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');
  const image = (url: string) => ({ type: 'image_url', image_url: { url } });
  const data = (type: string, bytes: string) => `data:${type};base64,${base64(bytes)}`;

  test.each<readonly [AttachmentPart, object]>([
    [attachment({ url: 'https://example.com/cat.JPG?w=1' }), image('https://example.com/cat.JPG?w=1')],
    [attachment({ url: 'https://example.com/cat', type: 'image/png' }), image('https://example.com/cat')],
    [attachment({ url: 'data:image/gif;base64,AAAA' }), image('data:image/gif;base64,AAAA')],
    ...['\x89PNG\r\n\x1a\n', '\xff\xd8\xff\xe0', 'GIF89a', 'RIFF\x01\x02\x03\x04WEBP'].map(
      (bytes, at) =>
        [
          attachment({ content: base64(bytes) }),
          image(data(['image/png', 'image/jpeg', 'image/gif', 'image/webp'][at]!, bytes)),
        ] as const,
    ),
    [attachment({ content: base64('x'), type: 'image/avif' }), image(data('image/avif', 'x'))],
    [
      attachment({ content: base64('%PDF-1.7') }),
      { type: 'file', file: { filename: 'document.pdf', file_data: data('application/pdf', '%PDF-1.7') } },
    ],
    [
      attachment({ content: base64('RIFF\x01\x02\x03\x04WAVE') }),
      { type: 'input_audio', input_audio: { data: base64('RIFF\x01\x02\x03\x04WAVE'), format: 'wav' } },
    ],
    [
      attachment({ content: base64('ID3\x04') }),
      { type: 'input_audio', input_audio: { data: base64('ID3\x04'), format: 'mp3' } },
    ],
    [
      attachment({ content: base64('\xff\xfb\x90\x00') }),
      { type: 'input_audio', input_audio: { data: base64('\xff\xfb\x90\x00'), format: 'mp3' } },
    ],
  ])('%j', async (part, expected) => {
    expect(await encoded([user(part)])).toEqual([{ role: 'user', content: [expected] }]);
  });

  test.each([
    [attachment({ path: '/tmp/cat.png' }), /path "\/tmp\/cat.png".*give its bytes as `content`/],
    [attachment({ content: base64('hello') }), /type is not known; give its `type`/],
    [attachment({ url: 'https://example.com/cat' }), /type is not known; give its `type`/],
    [attachment({ content: base64('x'), type: 'video/mp4' }), /type "video\/mp4"; it takes image\/\*/],
  ])('%j is refused', async (part, message) => {
    const error: unknown = await encoded([user(part)]).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unsupported' });
    expect((error as LlmError).message).toMatch(message);
  });
});
