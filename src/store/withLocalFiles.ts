// withLocalFiles: a model that may be given attachments by path. Reads them before the request; what is written down of
// the turn keeps the path.
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { from, switchMap } from 'rxjs';
import type { Model } from '../response/defineModel.ts';
import { loadAttachments } from '../response/loadAttachments.ts';
import { wrapModel } from '../response/wrapModel.ts';
import { toAttachment } from '../values/attachment.ts';
import { describe, messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { Attachment } from '../values/part.ts';

export interface LocalFilesOptions {
  /**
   * The folder that the files must be in, links followed; relative paths start there. Give it wherever prompts come from
   * somebody else. Default: any file, relative paths start at the working directory.
   */
  readonly root?: string;
  /** Larger files are refused. Default 50 MiB, more than any provider takes in one request. */
  readonly maxBytes?: number;
}

/**
 * The same model, which reads attachments that have a `path` and neither `url` nor `content`. The bytes go with the
 * request alone: events, messages and JSON keep the path.
 *
 * A response with such a file that cannot be read errors with LlmError `invalid_input`, before anything is sent.
 *
 * @example
 * const model = withLocalFiles(anthropic({ model: 'claude-sonnet-4-6' }), { root: './pictures' });
 * model.prompt('What is this?', { attachments: [{ path: 'cat.png' }] });
 */
export function withLocalFiles<Options>(model: Model<Options>, options: LocalFilesOptions = {}): Model<Options> {
  const load = (attachment: Attachment) => {
    const { path: file, url, content } = attachment;
    return file === undefined || url !== undefined || content !== undefined
      ? undefined
      : from(readAttachment(file, attachment.type, options));
  };
  return wrapModel(model, (request, next) =>
    loadAttachments(request.messages, load).pipe(switchMap((messages) => next({ ...request, messages }))),
  );
}

async function readAttachment(
  file: string,
  type: string | undefined,
  { root, maxBytes = 50 * 1024 * 1024 }: LocalFilesOptions,
): Promise<Attachment> {
  const refuse = (why: string, cause?: unknown) =>
    new LlmError('invalid_input', `the attachment at path ${describe(file)} cannot be read: ${why}`, { cause });
  const outside = `it is not in ${describe(root)}`;
  try {
    const at = await realpath(path.resolve(root ?? '', file));
    if (root !== undefined && !isWithin(await realpath(root), at)) throw refuse(outside);
    // Not to wait for a pipe that nobody writes to.
    const handle = await open(at, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw refuse('it is no file');
      if (stat.size > maxBytes) throw refuse(`it has ${stat.size} bytes, more than ${maxBytes}`);
      if (stat.size === 0) throw refuse('it is empty');
      const inferred = type ?? typeOfEnding(at);
      return toAttachment({ type: inferred, content: await handle.readFile() });
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof LlmError) throw cause;
    // Whether a file is there that nobody may read is nobody's business either.
    if (root !== undefined && !isWithin(path.resolve(root), path.resolve(root, file))) throw refuse(outside);
    throw refuse(messageOf(cause), cause);
  }
}

/** Whether the file is in the folder, or in one that is in it; neither path is a link. */
export function isWithin(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}

/** The media type that the ending of a file's name tells. */
export function typeOfEnding(file: string): string | undefined {
  return types[path.extname(file).toLowerCase()];
}

/** Of endings; where they do not tell the type, whoever sends the file looks at its first bytes. */
const types: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.heic': 'image/heic',
  '.pdf': 'application/pdf',
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.flac': 'audio/flac',
  '.m4a': 'audio/mp4',
  '.mp4': 'video/mp4',
  '.mov': 'video/quicktime',
  '.webm': 'video/webm',
  '.txt': 'text/plain',
  '.md': 'text/markdown',
  '.csv': 'text/csv',
  '.html': 'text/html',
  '.json': 'application/json',
};
