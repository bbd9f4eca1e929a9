// Attachments as file parts of the AI SDK. Which of them a model takes is its provider's matter.
import type { Attachment } from '../../values/part.ts';
import { cannotSend, inlineFile, mediaType } from '../shared/files.ts';
import type { FilePart } from './types.ts';

/** @throws LlmError `unsupported` for what cannot be sent, with the way out. */
export function toFilePart(attachment: Attachment): FilePart {
  const inline = inlineFile(attachment);
  const type = inline ? inline.type : mediaType(attachment);
  if (type !== undefined && inline) {
    return { type: 'file', mediaType: type, data: { type: 'data', data: inline.data } };
  }
  if (type !== undefined && attachment.url !== undefined && URL.canParse(attachment.url)) {
    return { type: 'file', mediaType: type, data: { type: 'url', url: new URL(attachment.url) } };
  }
  throw cannotSend(attachment, ['a file with a type, by content or url']);
}
