// Attachments as content parts of Chat Completions: images, PDF files, WAV and MP3 sound.
import type { JsonObject } from '../../values/json.ts';
import type { Attachment } from '../../values/part.ts';
import { cannotSend, inlineFile, mediaType } from '../shared/files.ts';

/** Media types that have a content part. */
export const attachmentTypes = ['image/*', 'application/pdf', 'audio/wav', 'audio/x-wav', 'audio/mpeg', 'audio/mp3'];

/**
 * Sound has a place for its bytes alone. So have PDF files, but OpenRouter takes their URL in the same place
 * (https://openrouter.ai/docs/features/multimodal/pdfs).
 */
export function mustBeInline(type: string | undefined, host: string): boolean {
  return type !== undefined && (type in formats || (type === 'application/pdf' && host !== 'openrouter.ai'));
}

/** @throws LlmError `unsupported` for what cannot be sent, with the way out. */
export function toContentPart(attachment: Attachment): JsonObject {
  const inline = inlineFile(attachment);
  const type = inline ? inline.type : mediaType(attachment);
  const url = inline ? `data:${type};base64,${inline.data}` : attachment.url;
  if (url !== undefined && type?.startsWith('image/')) return { type: 'image_url', image_url: { url } };
  if (url !== undefined && type === 'application/pdf') {
    return { type: 'file', file: { filename: 'document.pdf', file_data: url } };
  }
  const format = type && formats[type];
  if (format && inline) return { type: 'input_audio', input_audio: { data: inline.data, format } };
  throw cannotSend(attachment, attachmentTypes);
}

const formats: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
};
