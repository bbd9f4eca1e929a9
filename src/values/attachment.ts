// The builder of attachment parts.
import type { Attachment, AttachmentPart } from './part.ts';

/** What `attachment()` takes: as the value it makes, but `content` may be bytes. */
export interface AttachmentInput {
  /** Media type, such as `image/png`. */
  readonly type?: string | undefined;
  readonly url?: string | undefined;
  readonly path?: string | undefined;
  /** Bytes, or base64 text. */
  readonly content?: Uint8Array | string | undefined;
}

/**
 * An attachment part: `user('What is this?', attachment({ url: 'https://example.com/cat.jpg' }))`.
 *
 * @param input Where the bytes are: a URL, a path, or the bytes themselves. Empty fields are left out.
 */
export function attachment(input: AttachmentInput): AttachmentPart {
  return { type: 'attachment', attachment: toAttachment(input) };
}

export function toAttachment({ type, url, path, content }: AttachmentInput): Attachment {
  const base64 = typeof content === 'string' ? content : content && toBase64(content);
  return { ...(type && { type }), ...(url && { url }), ...(path && { path }), ...(base64 && { content: base64 }) };
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let binary = '';
  // In blocks, because a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}
