// Attachments on their way to a provider: what they are, and what is said of those that cannot be sent.
import { map, Observable } from 'rxjs';
import { download, type Transport } from '../../http/download.ts';
import { loadAttachments } from '../../response/loadAttachments.ts';
import type { ModelRequest } from '../../response/model.ts';
import { toAttachment } from '../../values/attachment.ts';
import { LlmError } from '../../values/error.ts';
import type { StreamEvent } from '../../values/event.ts';
import type { Attachment } from '../../values/part.ts';

/** The bytes of a file, where the attachment has them. */
export interface InlineFile {
  /** Media type; undefined when neither the attachment nor its bytes tell. */
  readonly type: string | undefined;
  /** Standard base64 with padding. */
  readonly data: string;
}

/** The bytes: of `content`, or of a `data:` URL in base64. */
export function inlineFile(attachment: Attachment): InlineFile | undefined {
  const { content, url } = attachment;
  if (content !== undefined) return { type: mediaType(attachment), data: content };
  const [, type, data] = /^data:([^;,]*)[^,]*;base64,(.*)$/s.exec(url ?? '') ?? [];
  return data === undefined ? undefined : { type: attachment.type ?? (type || typeOfBytes(data)), data };
}

/** Media type: as given, else by what a `data:` URL, the first bytes or the ending of the URL say. */
export function mediaType({ type, content, url = '' }: Attachment): string | undefined {
  if (type !== undefined) return type;
  if (content !== undefined) return typeOfBytes(content);
  const inData = /^data:([^;,]+)/.exec(url)?.[1];
  return inData ?? endings.get(/\.(\w+)(?:[?#]|$)/.exec(url)?.[1]?.toLowerCase() ?? '');
}

/** The error for an attachment that the protocol has no place for; says what it takes, or what is missing. */
export function cannotSend(attachment: Attachment, takes: readonly string[]): LlmError {
  const { content, url, path } = attachment;
  if (content === undefined && url === undefined) {
    const what = path === undefined ? 'an attachment without content or url' : `the attachment at path "${path}"`;
    const way = path === undefined ? '' : '; wrap the model with withLocalFiles() of rxllm/store, or';
    return new LlmError('unsupported', `${what} cannot be sent${way || ';'} give its bytes as \`content\``);
  }
  const scheme = /^(\w[\w+.-]*:)?/.exec(url ?? '')![0].toLowerCase();
  if (inlineFile(attachment) === undefined && !/^https?:$/.test(scheme)) {
    const what = scheme === '' ? 'without a scheme' : `that begins with "${scheme}"`;
    return new LlmError('unsupported', `an attachment by a URL ${what} cannot be sent; give its bytes as \`content\``);
  }
  const type = mediaType(attachment);
  const what =
    type === undefined ? 'an attachment whose type is not known; give its `type`' : `an attachment of type "${type}"`;
  return new LlmError('unsupported', `this protocol has no place for ${what}; it takes ${takes.join(', ')}`);
}

/**
 * Sends a request once the files are fetched that are given by an `http(s)` URL and for which `isNeeded` says so;
 * synchronously when there are none. Errors with what `send` throws.
 */
export function withDownloads(
  request: ModelRequest,
  isNeeded: (type: string | undefined, attachment: Attachment) => boolean,
  transport: Transport,
  send: (request: ModelRequest) => Observable<StreamEvent>,
): Observable<StreamEvent> {
  const messages$ = loadAttachments(request.messages, (attachment) => {
    const { url = '', content } = attachment;
    const type = mediaType(attachment);
    if (content !== undefined || !/^https?:/i.test(url) || !isNeeded(type, attachment)) return undefined;
    return download(url, transport).pipe(
      map((file): Attachment => toAttachment({ type: attachment.type ?? file.type ?? type, content: file.bytes })),
    );
  });
  return new Observable((subscriber) => {
    subscriber.add(
      messages$.subscribe({
        next(messages) {
          try {
            subscriber.add(send({ ...request, messages }).subscribe(subscriber));
          } catch (error) {
            // What is thrown into a source of ours would reach nobody.
            subscriber.error(error);
          }
        },
        error: (error: unknown) => subscriber.error(error),
      }),
    );
  });
}

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

const endings: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['gif', 'image/gif'],
  ['webp', 'image/webp'],
  ['pdf', 'application/pdf'],
  ['wav', 'audio/wav'],
  ['mp3', 'audio/mpeg'],
]);

function typeOfBytes(content: string): string | undefined {
  return beginnings.find(([beginning]) => beginning.test(content))?.[1];
}
