// Sends a request and hands over the body of its response as text, one call a network read. One Promise a read, nothing
// else: what is called from here runs synchronously from the moment the bytes are there. Of a fetch that has a way around
// Promises (direct.ts) there is none at all.
import { Subscription } from 'rxjs';
import { LlmError, toLlmError } from '../values/error.ts';
import { brokenOffError, connectionError } from './connectionError.ts';
import { direct, isDirect, type ResponseHead } from './direct.ts';
import { post } from './post.ts';
import { placeOf, type HttpRequest } from './request.ts';
import { Silence } from './silence.ts';
import { statusError, type Refusal } from './statusError.ts';
import { toLimits } from './timeouts.ts';

/** Who takes the body. After `end` or `error` nothing more comes, nor after `cancel`. */
export interface BodyReader {
  /** The response has come, with a status of 2xx. */
  open(contentType: string): void;
  text(chunk: string): void;
  end(): void;
  error(error: LlmError): void;
}

export interface Body {
  /** The text that the reader was given last says something: the server is not silent. */
  heard(): void;
  /** Stops at once, down to the socket. */
  cancel(): void;
  /**
   * The reader has all it wants: lets the body end by itself, so that the connection can serve the next request. A
   * server that has not ended it after a second is cut off.
   */
  drain(): void;
}

/** How much of an error document is read: enough for any message, bounded because anybody may have sent it. */
const maxErrorLength = 64 * 1024;

/** How long is waited for it: the status has said what went wrong. */
const errorMs = 2000;

const drainMs = 1000;

const streaming = { stream: true } as const;

/** @throws LlmError `invalid_input` when the body of the request is no JSON. */
export function readBody(request: HttpRequest, reader: BodyReader): Body {
  const { url, headers, fetch = globalThis.fetch, scheduler, timeouts, isWhole = false } = request;
  const body = toJson(request.body);
  const controller = new AbortController();
  const decode = textDecoder();
  // Nobody, when only the end of the body is waited for.
  let taker: Omit<BodyReader, 'open'> | undefined = reader;
  let bytes: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let ended = false;
  let deadline: Subscription | undefined;
  let hasHead = false;
  // Bad ones throw before anything is sent.
  toLimits(timeouts);
  // Subscribed before any limit begins: what comes at the very end of one comes in time.
  const played = isDirect(fetch)
    ? fetch[direct](request).subscribe({
        next: onPlayed,
        error: (cause: unknown) => (hasHead ? onBroken(cause) : fail(connectionError(request, cause))),
        complete: () => onRead({ done: true }),
      })
    : undefined;
  const silence = new Silence({ scheduler, timeouts, isWhole, who: placeOf(request) }, fail);

  function finish(): void {
    ended = true;
    silence.stop();
    deadline?.unsubscribe();
  }

  function cancel(): void {
    if (ended) return;
    finish();
    played?.unsubscribe();
    controller.abort();
    // An injected fetch may not listen to the signal. A body that the signal has already broken rejects this.
    bytes?.cancel().catch(() => undefined);
  }

  function fail(error: LlmError): void {
    if (ended) return;
    cancel();
    taker?.error(error);
  }

  /** Takes the body of an error response, whose status is told with as much of it as comes. */
  function refusal(response: Refusal): typeof taker {
    silence.stop();
    let said = '';
    function tell(isComplete: boolean): void {
      cancel();
      reader.error(statusError(request, response, said, isComplete));
    }
    deadline = scheduler.schedule(() => tell(false), errorMs);
    return {
      text(chunk) {
        said += chunk;
        if (said.length >= maxErrorLength) tell(false);
      },
      end: () => tell(true),
      error: () => tell(false),
    };
  }

  function open(isOk: boolean, contentType: string, response: Refusal): void {
    if (isOk) {
      silence.opened();
      reader.open(contentType);
    } else taker = refusal(response);
  }

  function onPlayed(part: ResponseHead | Uint8Array): void {
    if (!('status' in part)) {
      onRead({ done: false, value: part });
      return;
    }
    const { status, contentType } = part;
    hasHead = true;
    open(status >= 200 && status < 300, contentType, { status, statusText: '', headers: new Headers() });
  }

  function onResponse(response: Response): void {
    try {
      if (ended) {
        void response.body?.cancel().catch(() => undefined);
        return;
      }
      const contentType = response.headers.get('content-type') ?? '';
      bytes = response.body === null ? undefined : response.body.getReader();
      open(response.ok, contentType, response);
      if (bytes) read();
      else onRead({ done: true });
    } catch (cause) {
      // An injected fetch may give anything.
      const what = `fetch gave no usable Response for ${placeOf(request)}: ${toLlmError(cause, 'bad_response').message}`;
      fail(new LlmError('bad_response', what, { cause }));
    }
  }

  function read(): void {
    bytes?.read().then(onRead, onBroken);
  }

  function onRead({ done, value }: { done: boolean; value?: Uint8Array | undefined }): void {
    if (ended) return;
    try {
      silence.sign();
      const chunk = taker ? decode(value) : '';
      if (chunk !== '') taker?.text(chunk);
      if (ended) return;
      if (done) {
        finish();
        taker?.end();
      } else read();
    } catch (error) {
      // Nothing that takes the text throws; if it does, it must not become an unhandled rejection.
      fail(toLlmError(error, 'bad_response'));
    }
  }

  function onBroken(cause: unknown): void {
    fail(brokenOffError(request, cause));
  }

  if (!played) {
    post(fetch, url, { headers, body, signal: controller.signal }).then(onResponse, (cause: unknown) =>
      fail(connectionError(request, cause)),
    );
  }

  return {
    heard: () => silence.event(),
    cancel,
    drain() {
      if (ended) return;
      if (played) {
        // There is no connection to be kept.
        cancel();
        return;
      }
      silence.stop();
      taker = undefined;
      // Real time: the response is done, so nobody may ever move the time of a virtual scheduler on.
      const timer = setTimeout(cancel, drainMs);
      // Browsers give a number.
      (timer as Partial<typeof timer>).unref?.();
      deadline = new Subscription(() => clearTimeout(timer));
    },
  };
}

function toJson(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    const { message } = toLlmError(cause, 'invalid_input');
    throw new LlmError('invalid_input', `the request cannot be written as JSON: ${message}`, { cause });
  }
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
