// Attachments as content parts of Responses: images, and documents of any other kind but sound and film
// (https://developers.openai.com/api/docs/guides/file-inputs).
import type { JsonObject } from '../../values/json.ts';
import type { Attachment } from '../../values/part.ts';
import { cannotSend, inlineFile, mediaType } from '../shared/files.ts';

/** Media types that have a content part. */
export const attachmentTypes = ['image/*', 'application/*', 'text/*'];

/**
 * @param detail How closely an image is looked at; the server decides where that is not said.
 * @throws LlmError `unsupported` for what cannot be sent, with the way out.
 */
export function toContentPart(attachment: Attachment, detail?: string): JsonObject {
  const inline = inlineFile(attachment);
  const type = inline ? inline.type : mediaType(attachment);
  const data = inline && `data:${type};base64,${inline.data}`;
  const url = /^https?:/i.test(attachment.url ?? '') ? attachment.url : undefined;
  const image = data ?? url;
  if (type?.startsWith('image/') && image) return { type: 'input_image', image_url: image, ...(detail && { detail }) };
  if (type !== undefined && /^(application|text)\//.test(type)) {
    // The kind of a document is told by its name.
    if (data) return { type: 'input_file', filename: fileName(type), file_data: data };
    if (url) return { type: 'input_file', file_url: url };
  }
  throw cannotSend(attachment, attachmentTypes);
}

function fileName(type: string): string {
  const essence = type.split(';')[0]!.trim();
  return `document.${extensions[essence] ?? /[a-z\d]*$/i.exec(essence)![0]}`;
}

/** Where it is not the end of the media type, as it is for PDF, CSV, JSON, HTML, XML. */
const extensions: Readonly<Record<string, string>> = {
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/javascript': 'js',
  'text/x-python': 'py',
  'text/tab-separated-values': 'tsv',
  'application/msword': 'doc',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.ms-powerpoint': 'ppt',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'application/vnd.oasis.opendocument.text': 'odt',
};
