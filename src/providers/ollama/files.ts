// Attachments in Ollama's one place for them: `images`, a list of base64, which also takes sound.
import type { ModelRequest } from '../../response/model.ts';
import type { Attachment, Part } from '../../values/part.ts';
import { cannotSend, inlineFile } from '../shared/files.ts';
import { ofType } from '../shared/parts.ts';

// Ollama tells WAV and MP3 from images by their first bytes (DetectMediaKind in llm/media.go of ollama/ollama).
const sound = ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/mpeg', 'audio/mp3'];

/** Media types that can be sent; which of them a model understands is its own matter. */
export const attachmentTypes = ['image/*', ...sound];

/**
 * Tells which files are to be fetched: those of users and tools, as there is no place for a URL. Of one that a model made
 * nobody knows how long its URL holds.
 */
export function mustBeLoaded({ messages }: Pick<ModelRequest, 'messages'>) {
  const made = new Set(messages.flatMap(({ role, parts }) => (role === 'assistant' ? filesOf(parts) : [])));
  return (type: string | undefined, file: Attachment) => (type === undefined || canSend(type)) && !made.has(file);
}

export function filesOf(parts: readonly Part[]): Attachment[] {
  return ofType(parts, 'attachment').flatMap(({ attachment }) => attachment ?? []);
}

export function canSend(type: string | undefined): boolean {
  return type !== undefined && (type.startsWith('image/') || sound.includes(type));
}

/** @throws LlmError `unsupported` for what cannot be sent, with the way out. */
export function toImage(attachment: Attachment): string {
  const file = inlineFile(attachment);
  if (file && canSend(file.type)) return file.data;
  throw cannotSend(attachment, attachmentTypes);
}
