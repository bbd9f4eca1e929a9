// Attachments as content parts of Chat Completions: images, PDF files, WAV and MP3 sound.
import { LlmError } from '../../values/error.ts';
import type { JsonObject } from '../../values/json.ts';
import type { Attachment } from '../../values/part.ts';

/** Media types that have a content part. */
export const attachmentTypes = ['image/*', 'application/pdf', 'audio/wav', 'audio/x-wav', 'audio/mpeg', 'audio/mp3'];

/** @throws LlmError `unsupported` for what cannot be sent, with the way out. */
export function toContentPart(attachment: Attachment): JsonObject {
  const { url, path, content } = attachment;
  if (content === undefined && url === undefined) {
    const what = path === undefined ? 'an attachment without content or url' : `the attachment at path "${path}"`;
    throw unsupported(`${what} cannot be sent; read the file and give its bytes as \`content\``);
  }
  const type = attachment.type ?? (content === undefined ? typeOfUrl(url ?? '') : typeOfBytes(content));
  const dataUrl = content === undefined ? undefined : `data:${type};base64,${content}`;
  if (type?.startsWith('image/')) return { type: 'image_url', image_url: { url: dataUrl ?? url ?? '' } };
  if (type === 'application/pdf') {
    // OpenAI takes files by content only; OpenRouter also takes their URL in this place.
    return { type: 'file', file: { filename: 'document.pdf', file_data: dataUrl ?? url ?? '' } };
  }
  const format = type && formats[type];
  if (format) {
    if (content !== undefined) return { type: 'input_audio', input_audio: { data: content, format } };
    throw unsupported(`sound cannot be sent by url (${url}); give its bytes as \`content\``);
  }
  const what =
    type === undefined ? 'an attachment whose type is not known; give its `type`' : `an attachment of type "${type}"`;
  throw unsupported(`this protocol has no place for ${what}; it takes ${attachmentTypes.join(', ')}`);
}

const formats: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
};

/** The first bytes of a file in base64; three bytes are four characters. */
const beginnings: readonly (readonly [base64: RegExp, type: string])[] = [
  [/^iVBORw0KGgo/, 'image/png'],
  [/^\/9j\//, 'image/jpeg'],
  [/^R0lGOD/, 'image/gif'],
  // RIFF, four bytes of length, then WEBP or WAVE.
  [/^UklGR.{6}XRUJQ/, 'image/webp'],
  [/^UklGR.{6}XQVZF/, 'audio/wav'],
  [/^JVBERi0/, 'application/pdf'],
  // An ID3 tag, or a frame of MPEG audio.
  [/^(SUQz|\/\/[I-Po-v])/, 'audio/mpeg'],
];

const endings: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  pdf: 'application/pdf',
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
};

function typeOfBytes(content: string): string | undefined {
  return beginnings.find(([beginning]) => beginning.test(content))?.[1];
}

function typeOfUrl(url: string): string | undefined {
  const inData = /^data:([^;,]+)/.exec(url)?.[1];
  return inData ?? endings[/\.(\w+)(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? ''];
}

function unsupported(message: string): LlmError {
  return new LlmError('unsupported', message);
}
