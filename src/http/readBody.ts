// Sends a request and hands over the body of its response as text, one call a network read. One Promise a read, nothing
// else: what is called from here runs synchronously from the moment the bytes are there.
import type { Subscription } from 'rxjs';
import { toLlmError, type LlmError } from '../values/error.ts';
import { brokenOffError, connectionError } from './connectionError.ts';
import type { HttpRequest } from './request.ts';
import { statusError } from './statusError.ts';

/** Who takes the body. After `end` or `error` nothing more comes, nor after `cancel`. */
export interface BodyReader {
  /** The response has come, with a status of 2xx. */
  open(contentType: string): void;
  text(chunk: string): void;
  end(): void;
  error(error: LlmError): void;
}

export interface Body {
  /** Stops at once, down to the socket. */
  cancel(): void;
  /**
   * The reader has all it wants: lets the body end by itself, so that the connection can serve the next request. A
   * server that has not ended it after a second is cut off.
   */
  drain(): void;
}

/** How much of an error document is read: enough for any message, bounded because anybody may have sent it. */
const maxErrorBytes = 64 * 1024;

const drainMs = 1000;

const streaming = { stream: true } as const;

export function readBody(request: HttpRequest, reader: BodyReader): Body {
  const controller = new AbortController();
  const decode = textDecoder();
  let bytes: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let wanted = true;
  let ended = false;
  let deadline: Subscription | undefined;

  function finish(): void {
    ended = true;
    deadline?.unsubscribe();
  }

  function cancel(): void {
    if (ended) return;
    wanted = false;
    finish();
    controller.abort();
    // An injected fetch may not listen to the signal. A body that the signal has already broken rejects this.
    bytes?.cancel().catch(() => undefined);
  }

  function fail(error: LlmError): void {
    if (ended) return;
    finish();
    if (wanted) reader.error(error);
  }

  async function refuse(response: Response): Promise<void> {
    const text = await readStart(response);
    fail(statusError(request, response, text));
    controller.abort();
  }

  function onResponse(response: Response): void {
    if (ended) {
      void response.body?.cancel().catch(() => undefined);
      return;
    }
    if (!response.ok) {
      void refuse(response);
      return;
    }
    reader.open(response.headers.get('content-type') ?? '');
    if (response.body === null) onRead({ done: true });
    else {
      bytes = response.body.getReader();
      read();
    }
  }

  function read(): void {
    bytes?.read().then(onRead, onBroken);
  }

  function onRead({ done, value }: { done: boolean; value?: Uint8Array | undefined }): void {
    if (ended) return;
    try {
      if (wanted) {
        const chunk = decode(value);
        if (chunk !== '') reader.text(chunk);
      }
      if (!done) {
        if (!ended) read();
        return;
      }
      if (ended) return;
      finish();
      if (wanted) reader.end();
    } catch (error) {
      // Nothing that takes the text throws; if it does, it must not become an unhandled rejection.
      fail(toLlmError(error, 'bad_response'));
      controller.abort();
    }
  }

  function onBroken(cause: unknown): void {
    fail(brokenOffError(request, cause));
  }

  try {
    const send = request.fetch ?? globalThis.fetch;
    const { url, headers, body } = request;
    send(url, { method: 'POST', headers, body: JSON.stringify(body), signal: controller.signal }).then(
      onResponse,
      (cause: unknown) => fail(connectionError(request, cause)),
    );
  } catch (cause) {
    fail(connectionError(request, cause));
  }

  return {
    cancel,
    drain() {
      if (ended) return;
      wanted = false;
      deadline = request.scheduler.schedule(cancel, drainMs);
    },
  };
}

/**
 * Decodes UTF-8 piece by piece; without a piece, what is left at the end.
 *
 * Node 20 decodes a text that is whole three times as fast as a piece of one (a chunk of 200 bytes: 0.1 instead of
 * 0.35 microseconds), so only chunks that may begin or end within a character are decoded as pieces.
 */
function textDecoder(): (bytes: Uint8Array | undefined) => string {
  const pieces = new TextDecoder();
  const wholes = new TextDecoder('utf-8', { ignoreBOM: true });
  // The first chunk may begin with a byte order mark, which only `pieces` takes away.
  let mayBeCut = true;
  return (bytes) => {
    if (bytes === undefined) return pieces.decode();
    const last = bytes[bytes.length - 1];
    if (last === undefined) return '';
    const endsCut = last >= 0x80;
    const text = mayBeCut || endsCut ? pieces.decode(bytes, streaming) : wholes.decode(bytes);
    mayBeCut = endsCut;
    return text;
  };
}

async function readStart(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  try {
    while (size < maxErrorBytes) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      if (done) break;
      size += value.length;
      text += decoder.decode(value, streaming);
    }
    return text;
  } catch {
    // The status alone says what went wrong; the explanation broke off.
    return text;
  }
}
