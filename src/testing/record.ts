// record: a fetch that writes down what comes through it.
import { asyncScheduler, of, type SchedulerLike } from 'rxjs';
import type { Fetch } from '../http/request.ts';
import { TapeWriter, type TapeEnd, type TapeHead } from './tape.ts';

export interface RecordOptions {
  /** What sends the requests. Default: `globalThis.fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Where time comes from. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike | undefined;
}

/**
 * A fetch that hands each response on as it comes (chunks, timing, backpressure, cancellation) and gives `write` the
 * text of its tape when the body has ended, whichever way: a moment after the response where its end mark comes first.
 * Of the request only method, host and path are written, of the headers of the response only `content-type`: nothing
 * that is secret by custom. What the body says is written as it is.
 *
 * A redirect makes no tape, nor does a request that got no response. What `write` throws is reported as RxJS reports
 * errors that nobody handles.
 *
 * @param write Takes the text of one tape.
 *
 * @example
 * const model = openaiChat({ model: 'gpt-5-mini', fetch: record((tape) => writeFileSync('hello.tape', tape)) });
 */
export function record(write: (tape: string) => void, options: RecordOptions = {}) {
  const { fetch = globalThis.fetch, scheduler = asyncScheduler } = options;
  return async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const begun = scheduler.now();
    // The global one takes whatever it was given; another is given what it takes by whoever calls this.
    const response = await fetch(input as string, init ?? {});
    // Made by a page's fetch where it was told not to follow: nothing of it can be read, its status is 0.
    if (response.status < 200 || isRedirect(response.status)) return response;
    const { method, url } = typeof input === 'object' && 'url' in input ? input : { method: 'GET', url: String(input) };
    const head: TapeHead = {
      method: (init?.method ?? method).toUpperCase(),
      url: withoutCredentials(url),
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      headMs: scheduler.now() - begun,
    };
    const recording = new Recording(head, () => scheduler.now() - begun, write);
    if (response.body === null) {
      recording.end('end');
      return response;
    }
    const isAborted = () => init?.signal?.aborted === true;
    const { status, statusText, headers } = response;
    const copy = new Response(watched(response.body, recording, isAborted), { status, statusText, headers });
    for (const key of ['url', 'redirected', 'type'] as const)
      Object.defineProperty(copy, key, { value: response[key] });
    return copy;
  };
}

class Recording {
  readonly #writer: TapeWriter;
  readonly #ms: () => number;
  readonly #write: (tape: string) => void;
  #ended = false;

  constructor(head: TapeHead, ms: () => number, write: (tape: string) => void) {
    this.#writer = new TapeWriter(head);
    this.#ms = ms;
    this.#write = write;
  }

  chunk(bytes: Uint8Array): void {
    if (!this.#ended) this.#writer.chunk({ ms: this.#ms(), bytes });
  }

  end(how: TapeEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    // Whatever it throws must not reach the stream.
    of(this.#writer.end({ ms: this.#ms(), how })).subscribe(this.#write);
  }
}

/** The same body. It reads only when it is read, so that a slow reader is felt as far down as without it. */
function watched(
  body: ReadableStream<Uint8Array>,
  recording: Recording,
  isAborted: () => boolean,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            recording.end('end');
            controller.close();
          } else {
            // Before it is handed on: who gets it may change it.
            recording.chunk(value);
            controller.enqueue(value);
          }
        } catch (error) {
          recording.end(isAborted() ? 'aborted' : 'error');
          controller.error(error);
        }
      },
      cancel(reason) {
        recording.end('aborted');
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** Keys are found in the query, and in the user's place; a page's fetch takes addresses relative to it. */
function withoutCredentials(address: string): string {
  const base = 'location' in globalThis ? globalThis.location.href : undefined;
  if (!URL.canParse(address, base)) return address.replace(/[?#].*/s, '');
  const { protocol, host, pathname } = new URL(address, base);
  return `${protocol}//${host}${pathname}`;
}
