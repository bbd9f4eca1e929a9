// connect: the browser's side of the hub.
import { asyncScheduler, Observable, type SchedulerLike } from 'rxjs';
import type { WebSocketSubjectConfig } from 'rxjs/webSocket';
import type { HubEntry, StreamInfo } from '../protocol/entry.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { toBase64 } from '../values/attachment.ts';
import { describe, messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import { longestMs } from '../values/longestMs.ts';
import { ResponseFold } from '../values/responseFold.ts';
import { checkPrompt, checkStop, checkStream } from './checks.ts';
import { follow, type Followers } from './follow.ts';
import { Link, type ConnectionState } from './link.ts';
import { newRequestId, request } from './request.ts';

export interface ConnectOptions {
  /**
   * Shown to the server when connecting, in a message. A function is asked at each attempt; one that fails is asked again
   * later, unless with an LlmError that is not retryable.
   */
  readonly token?: string | (() => string | undefined | PromiseLike<string | undefined>) | undefined;
  /** The WebSocket to use, such as that of `ws` on a Node that has none. Default: the global one. */
  readonly WebSocketCtor?: WebSocketSubjectConfig<unknown>['WebSocketCtor'];
  /** How long connecting may take before another attempt, the token included, in milliseconds. Default: 10,000. */
  readonly connectMs?: number | undefined;
  /**
   * After how long without any message the connection counts as broken, in milliseconds; the server is asked whether it is
   * there after half of that. Default: two and a half of the server's heartbeats, so 37.5 s.
   */
  readonly idleMs?: number | undefined;
  /** The longest wait before the second attempt, in milliseconds; doubled for each later one. Default: 250. */
  readonly firstRetryMs?: number | undefined;
  /** The longest wait before any attempt, in milliseconds. Each wait is a random one, from half of the longest. Default: 15,000. */
  readonly maxRetryMs?: number | undefined;
  /** A number from 0 to 1, for the waits. Default: `Math.random`. */
  readonly random?: (() => number) | undefined;
  /** Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike | undefined;
}

export interface FollowOptions {
  /** The cursor of the last event that is known already. Default: none, so from the first. */
  readonly after?: string | undefined;
}

/** What a page may ask a model. */
export interface PromptInput {
  readonly text: string;
  /** One of those that the server names. Default: its first. */
  readonly model?: string | undefined;
  /** The stream that this is the next turn of. */
  readonly reply_to?: string | undefined;
  readonly attachments?: readonly { readonly type: string; readonly content: Uint8Array | string }[] | undefined;
  /** The same again is answered with the same stream. Default: a new one for each subscription. */
  readonly request_id?: string | undefined;
}

/** The hub, from afar. Everything is a cold Observable: asked for at subscription, and given up by unsubscribing. */
export interface HubClient {
  /** How the connection is. Subscribing does not connect. */
  readonly state$: Observable<ConnectionState>;
  /**
   * The events of a stream, as a response would emit them, whatever happens to the connection: it comes back by itself and
   * goes on where it was. Where the hub has forgotten what comes next, `reset` is emitted, and then what the hub still
   * knows of the response. Unsubscribing stops no run.
   *
   * Completes when the run is done. Errors with the LlmError of the run, with `not_found` for a stream that there is not
   * or that is none of ours, and with what the server refused the connection for; each with what had arrived as `partial`.
   *
   * @throws LlmError `invalid_input` for what is no id of a stream, or no cursor.
   */
  attach(stream: string, options?: FollowOptions): Observable<StreamEvent>;
  /** The same with the cursor of each event, to be kept over a reload; the last is `end`, also of a run that failed. */
  entries(stream: string, options?: FollowOptions): Observable<HubEntry>;
  /**
   * Asks a model; emits the id of the stream that answers, and completes. Asked again when the connection breaks before
   * that, which starts no second run.
   *
   * @throws LlmError `invalid_input` for what no server takes as a prompt.
   *
   * @example
   * client.prompt('Hi').pipe(switchMap((stream) => client.attach(stream)), text())
   */
  prompt(input: string | PromptInput): Observable<string>;
  /**
   * Ends a run for everybody; emits once and completes when it is done.
   *
   * @throws LlmError `invalid_input` for what is no id of a stream, and for a reason that is too long.
   */
  stop(stream: string, reason?: string): Observable<void>;
  /** The streams that we may attach to; emits once and completes. */
  list(): Observable<readonly StreamInfo[]>;
}

/**
 * A client of a hub. Connects when something is subscribed, and disconnects when nothing is any more.
 *
 * @param url `wss://HOST/PATH`, or `ws://` on this machine; in a browser relative to the page.
 * @throws LlmError `invalid_input` for an address or option that makes no sense, `unsupported` where there is no WebSocket.
 *
 * @example
 * const client = connect('/hub');
 * client.attach(id).pipe(text()).subscribe((chunk) => (view.textContent += chunk));
 */
export function connect(url: string, options: ConnectOptions = {}): HubClient {
  const { token, connectMs = 10_000, idleMs, firstRetryMs = 250, maxRetryMs = 15_000 } = options;
  const webSocketCtor = options.WebSocketCtor ?? globalThis.WebSocket;
  if (typeof webSocketCtor !== 'function') {
    throw new LlmError(
      'unsupported',
      'there is no WebSocket here; give one as WebSocketCtor, such as that of the package ws',
    );
  }
  for (const [name, value] of Object.entries({ connectMs, firstRetryMs, maxRetryMs, idleMs: idleMs ?? 1 })) {
    if (!(value > 0 && value <= longestMs))
      throw new LlmError('invalid_input', `${name} is a time in milliseconds, up to ${longestMs}, not ${value}`);
  }
  const link = new Link({
    url: toSocketUrl(url),
    token: typeof token === 'function' ? token : () => token,
    webSocketCtor,
    connectMs,
    idleMs,
    firstRetryMs,
    maxRetryMs,
    random: options.random ?? Math.random,
    scheduler: options.scheduler ?? asyncScheduler,
  });
  const followers: Followers = new Map();
  const entries = (stream: string, { after }: FollowOptions = {}) => {
    checkStream(stream);
    return follow(link, followers, stream, after);
  };
  return {
    state$: link.state$.asObservable(),
    attach: (stream, followOptions) => toEvents(entries(stream, followOptions)),
    entries,
    prompt(input) {
      const { request_id, text, model, reply_to, attachments } = typeof input === 'string' ? { text: input } : input;
      const prompt = {
        text,
        ...(model !== undefined && { model }),
        ...(reply_to !== undefined && { reply_to }),
        ...(attachments && { attachments: attachments.map(toAttachment) }),
      };
      const ask = () => ({ type: 'prompt', ...prompt, request_id: request_id ?? newRequestId() }) as const;
      checkPrompt({ ...prompt, request_id: request_id ?? newRequestId() });
      return request(link, ask, (answer) => ('stream' in answer ? answer.stream : ''));
    },
    stop(stream, reason) {
      const why = reason === undefined ? {} : { reason };
      checkStream(stream);
      checkStop(why);
      return request(
        link,
        () => ({ type: 'stop', request_id: newRequestId(), stream, ...why }),
        () => undefined,
      );
    },
    list() {
      const ask = () => ({ type: 'list', request_id: newRequestId() }) as const;
      return request(link, ask, (answer) => ('streams' in answer ? answer.streams : []));
    },
  };
}

function toEvents(entries$: Observable<HubEntry>): Observable<StreamEvent> {
  return new Observable((subscriber) => {
    const fold = new ResponseFold();
    const fail = (error: LlmError, state: 'aborted' | 'failed' | 'truncated' = 'truncated') =>
      subscriber.error(error.with({ partial: fold.toJSON({ messages: [] }, state) }));
    subscribeWithin(subscriber, entries$, {
      next({ event }) {
        if (event.type !== 'end') {
          try {
            fold.add(event);
          } catch (cause) {
            const message = `an event of type "${event.type}" cannot be read: ${messageOf(cause)}`;
            return fail(new LlmError('bad_response', message, { cause }));
          }
          return subscriber.next(event);
        }
        const { state, error } = event;
        if (state === 'done') return subscriber.complete();
        const { code = 'provider_error', message = `the run was ${state}`, retryable = false } = error ?? {};
        return fail(new LlmError(code, message, { retryable }), state);
      },
      error: fail,
      complete: () => subscriber.complete(),
    });
  });
}

const protocols: Readonly<Record<string, string>> = { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' };

function toSocketUrl(url: string): string {
  try {
    const socketUrl = new URL(url, globalThis.location?.href);
    const protocol = protocols[socketUrl.protocol];
    if (protocol !== undefined) {
      // A page's own address may have a fragment, which none of a socket may.
      return socketUrl.href.replace(/#.*$/s, '').replace(socketUrl.protocol, protocol);
    }
  } catch (error) {
    throw noAddress(url, error);
  }
  throw noAddress(url);
}

function noAddress(url: string, cause?: unknown): LlmError {
  const message = `the address of a hub is ws://HOST/PATH or wss://HOST/PATH, not ${describe(url)}`;
  return new LlmError('invalid_input', message, { cause });
}

function toAttachment({ type, content }: { readonly type: string; readonly content: Uint8Array | string }) {
  return { type, content: typeof content === 'string' ? content : toBase64(content) };
}
