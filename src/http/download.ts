// Fetches a file by its URL, for protocols that take files only by their content.
import { Observable } from 'rxjs';
import { LlmError, toLlmError } from '../values/error.ts';
import type { Fetch, HttpRequest } from './request.ts';
import { Silence } from './silence.ts';

export interface DownloadedFile {
  readonly bytes: Uint8Array;
  /** Media type by the server, without parameters; undefined where it only says that it is bytes. */
  readonly type: string | undefined;
}

/** How a file is fetched. */
export type Transport = Pick<HttpRequest, 'fetch' | 'scheduler' | 'timeouts'>;

/** What providers take at most in one request, with room to spare. */
const maxBytes = 50 * 1024 * 1024;

/**
 * The file at an `http:` or `https:` URL: cold, and unsubscribing closes the connection. No header but the usual ones
 * and no cookie is sent.
 *
 * Errors with LlmError: `connection` when it cannot be had, `bad_request` when the server refuses it (`not_found` for
 * 404) or it is empty, `unsupported` when it is larger than 50 MiB, `invalid_input` when the URL is none, and by
 * `timeouts`: `connect_timeout`, `first_event_timeout`, `idle_timeout`.
 */
export function download(url: string, transport: Transport): Observable<DownloadedFile> {
  return new Observable((subscriber) => {
    if (!URL.canParse(url)) {
      // Not shown: it may have a key in it.
      subscriber.error(new LlmError('invalid_input', 'the URL of an attachment is no URL; give it with its host'));
      return;
    }
    const { fetch = globalThis.fetch, scheduler, timeouts } = transport;
    const controller = new AbortController();
    const who = `the file at ${placeOfFile(url)}`;
    const silence = new Silence({ scheduler, timeouts, isWhole: false, who }, (error) => subscriber.error(error));
    subscriber.add(() => {
      silence.stop();
      controller.abort();
    });
    const hand = (file: DownloadedFile) => {
      subscriber.next(file);
      subscriber.complete();
    };
    read(url, fetch, controller.signal, silence).then(hand, (error: unknown) => subscriber.error(failure(url, error)));
  });
}

async function read(url: string, fetch: Fetch, signal: AbortSignal, silence: Silence): Promise<DownloadedFile> {
  const response = await fetch(url, { signal, credentials: 'omit' });
  silence.opened();
  const reader = response.body?.getReader();
  const cancel = () => void reader?.cancel().catch(() => undefined);
  // An injected fetch may not listen to the signal.
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel);
  if (!response.ok) {
    cancel();
    const code = response.status === 404 ? 'not_found' : 'bad_request';
    throw new LlmError(code, `the file at ${placeOfFile(url)} could not be had: status ${response.status}`, {
      status: response.status,
    });
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    silence.sign();
    silence.event();
    length += part.value.length;
    if (length > maxBytes) {
      cancel();
      throw new LlmError('unsupported', `the file at ${placeOfFile(url)} is larger than 50 MiB`);
    }
    chunks.push(part.value);
  }
  if (length === 0) throw new LlmError('bad_request', `the file at ${placeOfFile(url)} is empty`);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const type = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  return { bytes, type: type && type !== 'application/octet-stream' ? type : undefined };
}

/** The query is left out: signed URLs have their key there. */
function placeOfFile(url: string): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}

function failure(url: string, error: unknown): LlmError {
  if (error instanceof LlmError) return error;
  const { message } = toLlmError(error, 'connection');
  // No cause: fetch repeats the address in it, as it was given or as it was read.
  const place = placeOfFile(url);
  const text = [url, new URL(url).href].reduce((said, shown) => said.replaceAll(shown, place), message);
  return new LlmError('connection', `the file at ${place} could not be had: ${text}`);
}
