// Attachments, by what the command line names them by.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { mediaType } from '../../providers/shared/files.ts';
import { codeOf } from '../../store/lowdb/folders.ts';
import { typeOfEnding } from '../../store/withLocalFiles.ts';
import { toAttachment, toBase64 } from '../../values/attachment.ts';
import { describe, messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { Attachment } from '../../values/part.ts';
import { isUrl, remoteType } from './remote.ts';

export interface AttachmentOptions {
  /** Media type, by `--at`. Default: what the bytes, the ending or the server tell. */
  readonly type?: string | undefined;
  /** What `-` stands for: the bytes of standard input, read when it is named. Default: `-` is refused. */
  readonly stdin?: (() => Promise<Uint8Array>) | undefined;
  /** Ends what is being fetched. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The attachment at a path, at an http(s) URL or, for `-`, in standard input. A path stays a path, in full, for
 * `withLocalFiles`; a URL stays a URL. Rejects with LlmError `invalid_input` for what is not there, is empty, or has no
 * type that can be told.
 */
export async function loadAttachment(
  spec: string,
  { type, stdin, signal }: AttachmentOptions = {},
): Promise<Attachment> {
  if (type !== undefined && !/^[\w.+-]+\/[\w.+-]+$/.test(type)) {
    throw new LlmError('invalid_input', `${describe(type)} is no media type; one is image/png`);
  }
  if (isUrl(spec)) {
    return toAttachment({
      url: spec,
      type: type ?? (await remoteType(spec, signal)) ?? mediaType({ url: spec }) ?? unknown(spec),
    });
  }
  if (spec === '-') {
    if (stdin === undefined) throw refuse(spec, 'there is no standard input for it here');
    const content = await stdin();
    if (content.length === 0) throw refuse(spec, 'standard input is empty');
    return toAttachment({ content, type: type ?? typeOfBytes(content) ?? unknown(spec) });
  }
  const { file, beginning } = await lookAt(spec);
  return toAttachment({ path: file, type: type ?? typeOfBytes(beginning) ?? typeOfEnding(file) ?? unknown(spec) });
}

async function lookAt(spec: string): Promise<{ readonly file: string; readonly beginning: Uint8Array }> {
  try {
    const file = path.resolve(spec);
    // Not to wait for a pipe that nobody writes to.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!(await handle.stat()).isFile()) throw refuse(spec, 'it is no file');
      const { buffer, bytesRead } = await handle.read(new Uint8Array(48), 0, 48, 0);
      if (bytesRead === 0) throw refuse(spec, 'it is empty');
      return { file, beginning: buffer.subarray(0, bytesRead) };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof LlmError) throw cause;
    throw refuse(spec, codeOf(cause) === 'ENOENT' ? 'there is no such file' : messageOf(cause), cause);
  }
}

function typeOfBytes(bytes: Uint8Array): string | undefined {
  return mediaType({ content: toBase64(bytes.subarray(0, 48)) });
}

function unknown(spec: string): never {
  // A URL is not repeated: it may have a key in it.
  const name = isUrl(spec) ? 'URL' : spec;
  throw refuse(isUrl(spec) ? placeOf(spec) : spec, `its type cannot be told; give it: --at ${name} image/png`);
}

function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

function refuse(spec: string, why: string, cause?: unknown): LlmError {
  return new LlmError('invalid_input', `the attachment ${describe(spec)} cannot be used: ${why}`, { cause });
}
