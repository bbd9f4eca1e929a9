// Attachments as content blocks of the Messages API: images, PDF files and text.
import type { JsonObject } from '../../values/json.ts';
import type { Attachment } from '../../values/part.ts';
import { cannotSend, inlineFile, mediaType } from '../shared/files.ts';
import type { BlockParam } from './wire.ts';

const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'];

/** Media types that have a content block. */
export const attachmentTypes = [...imageTypes, 'image/jpg', 'application/pdf', 'text/*', 'application/json'];

/** Images and PDF files may be given by URL; text has a place for itself alone. */
export function mustBeInline(type: string | undefined): boolean {
  return type === undefined || isTextType(type);
}

/**
 * @param citations Whether the model shall say what of a document its answer rests on.
 * @throws LlmError `unsupported` for what cannot be sent, with the way out.
 */
export function toBlock(attachment: Attachment, citations: boolean): BlockParam {
  const inline = inlineFile(attachment);
  const type = (inline ? inline.type : mediaType(attachment))?.replace(/^image\/jpg$/, 'image/jpeg');
  const { url } = attachment;
  const source: JsonObject | undefined = inline
    ? { type: 'base64', media_type: type ?? '', data: inline.data }
    : url === undefined
      ? undefined
      : { type: 'url', url };
  const document = { type: 'document', ...(citations && { citations: { enabled: true } }) };
  if (source && type !== undefined) {
    if (imageTypes.includes(type)) return { type: 'image', source };
    if (type === 'application/pdf') return { ...document, source };
    if (isTextType(type) && inline) {
      return { ...document, source: { type: 'text', media_type: 'text/plain', data: decodeText(inline.data) } };
    }
  }
  throw cannotSend(attachment, attachmentTypes);
}

function isTextType(type: string): boolean {
  return type.startsWith('text/') || type === 'application/json';
}

function decodeText(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
}
