// Attachments as parts of Gemini: by their bytes, or by a URI that Google can read itself.
import type { JsonObject } from '../../values/json.ts';
import type { Attachment } from '../../values/part.ts';
import { cannotSend, inlineFile, mediaType } from '../shared/files.ts';

/** Every type has a place; which of them a model understands, it says itself. */
export const attachmentTypes = ['image/*', 'audio/*', 'video/*', 'text/*', 'application/*'];

/** Other addresses are fetched here: not every model and not every platform does it. */
export function mustBeInline({ url = '' }: Attachment): boolean {
  return !isGoogles(url);
}

/** @throws LlmError `unsupported` for what cannot be sent, with the way out. */
export function toFilePart(attachment: Attachment): JsonObject {
  const part = filePart(attachment);
  if (part === undefined) throw cannotSend(attachment, attachmentTypes);
  return part;
}

/** The part for a file; undefined for one that cannot be sent. */
export function filePart(attachment: Attachment): JsonObject | undefined {
  const { url } = attachment;
  const inline = inlineFile(attachment);
  if (inline) {
    const { type, data } = inline;
    return type === undefined ? undefined : { inlineData: { mimeType: wireType(type), data } };
  }
  if (url === undefined || !isGoogles(url)) return undefined;
  // Vertex AI wants a type with every URI, and takes this one for YouTube.
  const type = mediaType(attachment) ?? (youTube.test(url) ? 'video/mp4' : undefined);
  return { fileData: { ...(type !== undefined && { mimeType: wireType(type) }), fileUri: url } };
}

const youTube = /^https?:\/\/(www\.|m\.)?(youtube\.com|youtu\.be)\//i;

/** Files of the Files API, objects in Cloud Storage, videos on YouTube. */
function isGoogles(url: string): boolean {
  return /^(gs:\/\/|https:\/\/generativelanguage\.googleapis\.com\/\w+\/files\/)/i.test(url) || youTube.test(url);
}

/** Gemini's names for types that have several (https://ai.google.dev/gemini-api/docs/audio#supported-formats). */
function wireType(type: string): string {
  return wireTypes.get(type) ?? type;
}

const wireTypes: ReadonlyMap<string, string> = new Map([
  ['audio/mpeg', 'audio/mp3'],
  ['audio/x-wav', 'audio/wav'],
  ['application/ogg', 'audio/ogg'],
]);
