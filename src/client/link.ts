// The connection of a client: one WebSocket for all that is asked of it, opened when something is, and again when it breaks.
import { BehaviorSubject, Subject, Subscription, type SchedulerLike } from 'rxjs';
import { webSocket, type WebSocketSubject, type WebSocketSubjectConfig } from 'rxjs/webSocket';
import { closeCodes, isFinal } from '../protocol/closeCodes.ts';
import { subprotocol, type ClientMessage, type ServerMessage } from '../protocol/messages.ts';
import { isThenable } from '../tools/settle.ts';
import { messageOf } from '../values/describe.ts';
import { LlmError, type LlmErrorCode } from '../values/error.ts';

/** How the connection is. */
export type ConnectionState =
  | { readonly status: 'idle' }
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'open' }
  /** Broken, and why; the next attempt comes by itself. */
  | { readonly status: 'waiting'; readonly attempt: number; readonly retryInMs: number; readonly reason: string }
  /** Refused for good; whatever is subscribed next tries again. */
  | { readonly status: 'closed'; readonly error: LlmError };

export interface LinkSettings {
  readonly url: string;
  readonly token: () => string | undefined | PromiseLike<string | undefined>;
  readonly webSocketCtor: NonNullable<WebSocketSubjectConfig<unknown>['WebSocketCtor']>;
  readonly connectMs: number;
  readonly idleMs: number | undefined;
  readonly firstRetryMs: number;
  readonly maxRetryMs: number;
  readonly random: () => number;
  readonly scheduler: SchedulerLike;
}

export class Link {
  readonly #settings: LinkSettings;
  readonly state$ = new BehaviorSubject<ConnectionState>({ status: 'idle' });
  readonly messages$ = new Subject<ServerMessage>();
  /** The connection is there, for the first time or again: say what you want. */
  readonly opened$ = new Subject<void>();
  /** The server refuses, and would again. */
  readonly refused$ = new Subject<LlmError>();
  #socket: WebSocketSubject<ClientMessage | ServerMessage> | undefined;
  #work = new Subscription();
  #users = 0;
  /** Which attempt this is since a connection was of use, that one being the first. */
  #attempt = 0;
  #openedAt: number | undefined;
  #watching = new Subscription();
  #heardAt = 0;

  constructor(settings: LinkSettings) {
    this.#settings = settings;
  }

  /** Keeps the connection open until the function that it returns is called. */
  use(): () => void {
    this.#users += 1;
    const { status } = this.state$.value;
    if (status === 'idle' || status === 'closed') {
      this.#attempt = 0;
      this.#connect();
    }
    return () => {
      this.#users -= 1;
      if (this.#users > 0) return;
      this.#drop();
      if (this.state$.value.status !== 'closed') this.state$.next({ status: 'idle' });
    };
  }

  /** Sends where there is a connection; where there is none, `opened$` says when to say it again. */
  send(message: ClientMessage): void {
    if (this.isOpen) this.#socket?.next(message);
  }

  get isOpen(): boolean {
    return this.state$.value.status === 'open';
  }

  #connect(): void {
    const { token, connectMs } = this.#settings;
    this.#attempt += 1;
    this.#openedAt = undefined;
    const work = (this.#work = new Subscription());
    this.#watch(connectMs);
    this.state$.next({ status: 'connecting', attempt: this.#attempt });
    if (work.closed) return;
    const open = (value: string | undefined) => {
      if (!work.closed) this.#open(work, value);
    };
    const fail = (error: unknown) => {
      if (work.closed) return;
      // A page that is without network cannot fetch its token either.
      if (error instanceof LlmError && !error.retryable) this.#refuse(error);
      else this.#lose(`there is no token: ${messageOf(error)}`);
    };
    try {
      const value = token();
      if (isThenable(value)) Promise.resolve(value).then(open, fail);
      else open(value);
    } catch (error) {
      fail(error);
    }
  }

  #open(work: Subscription, token: string | undefined): void {
    const { url, webSocketCtor } = this.#settings;
    let closing: Pick<CloseEvent, 'code' | 'reason'> = { code: 1006, reason: '' };
    const socket = webSocket<ClientMessage | ServerMessage>({
      url,
      protocol: subprotocol,
      WebSocketCtor: webSocketCtor,
      closeObserver: { next: ({ code, reason }) => (closing = { code, reason }) },
    });
    this.#socket = socket;
    const lose = () => this.#close(closing.code, closing.reason);
    let isMade = false;
    const fail = (cause: unknown) => (isMade ? lose() : this.#refuse(impossible(url, cause)));
    work.add(
      socket.subscribe({
        next: (message) => this.#receive(message as ServerMessage | null),
        error: fail,
        complete: lose,
      }),
    );
    isMade = true;
    if (work.closed) return;
    socket.next({ type: 'hello', ...(token !== undefined && { token }) });
  }

  #receive(message: ServerMessage | null): void {
    this.#heardAt = this.#settings.scheduler.now();
    // JSON, but no message.
    if (typeof message !== 'object' || message === null) return;
    switch (message.type) {
      case 'welcome':
        this.#watch(this.#settings.idleMs ?? 2.5 * message.heartbeat_ms);
        this.#openedAt = this.#heardAt;
        // Who hears this may be the last to leave, and come back to another connection.
        this.state$.next({ status: 'open' });
        return this.opened$.next();
      case 'ping':
        return this.send({ type: 'pong' });
      case 'pong':
        return undefined;
      case 'events':
        this.#attempt = 1;
        return this.messages$.next(message);
      default:
        return this.messages$.next(message);
    }
  }

  /** From now on asks a silent server whether it is there, and breaks the connection when nothing comes for so long. */
  #watch(idleMs: number): void {
    const { scheduler } = this.#settings;
    this.#watching.unsubscribe();
    const watching = (this.#watching = new Subscription());
    this.#work.add(watching);
    this.#heardAt = scheduler.now();
    const look = () => {
      const silentMs = scheduler.now() - this.#heardAt;
      if (silentMs >= idleMs) return this.#lose(`nothing came for ${silentMs} ms`);
      const isQuiet = silentMs >= idleMs / 2;
      if (isQuiet) this.send({ type: 'ping' });
      return watching.add(scheduler.schedule(look, (isQuiet ? idleMs : idleMs / 2) - silentMs));
    };
    watching.add(scheduler.schedule(look, idleMs / 2));
  }

  #close(code: number, reason: string): void {
    const why = `the hub closed the connection with ${code}${reason === '' ? '' : `: ${reason}`}`;
    if (isFinal(code)) this.#refuse(new LlmError(codeOf[code] ?? 'bad_request', why, { retryable: false }));
    else this.#lose(code === 1006 ? 'the connection broke' : why);
  }

  #lose(reason: string): void {
    this.#drop();
    const { firstRetryMs, maxRetryMs, random, scheduler } = this.#settings;
    if (this.#openedAt !== undefined && scheduler.now() - this.#openedAt >= maxRetryMs) this.#attempt = 1;
    const longest = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(this.#attempt - 1, 30));
    // Not all at once, when a server comes back.
    const retryInMs = Math.round(longest * (0.5 + random() / 2));
    const work = (this.#work = new Subscription());
    this.state$.next({ status: 'waiting', attempt: this.#attempt + 1, retryInMs, reason });
    if (!work.closed) work.add(scheduler.schedule(() => this.#connect(), retryInMs));
  }

  #refuse(error: LlmError): void {
    this.#drop();
    this.state$.next({ status: 'closed', error });
    this.refused$.next(error);
  }

  #drop(): void {
    this.#socket = undefined;
    this.#work.unsubscribe();
  }
}

const codeOf: Readonly<Record<number, LlmErrorCode>> = {
  [closeCodes.unauthorized]: 'auth',
  [closeCodes.forbidden]: 'permission',
  [closeCodes.helloTimeout]: 'connect_timeout',
  [closeCodes.tooMany]: 'rate_limited',
};

/** What the constructor of the WebSocket throws, as that of a page does for a place that it may not connect to. */
function impossible(url: string, cause: unknown): LlmError {
  return new LlmError('unsupported', `no WebSocket to ${url} can be made: ${messageOf(cause)}`, { cause });
}
