// One client on a WebSocket, message by message.
import type { WebSocket } from 'ws';
import { closeCodes } from '../../protocol/closeCodes.ts';
import type { ClientMessage, ServerMessage } from '../../protocol/messages.ts';
import { parseClientMessage } from '../../protocol/parseClientMessage.ts';
import { LlmError, toLlmError } from '../../values/error.ts';
import { after } from '../after.ts';
import type { Broadcasts } from './broadcast.ts';
import { errorJson, Feeds } from './feeds.ts';
import type { Visitor } from '../access/gate.ts';
import type { HubCore } from '../hub.ts';
import { Outlet } from './outlet.ts';

export interface ConnectionSettings {
  readonly hub: HubCore;
  readonly broadcasts: Broadcasts;
  readonly headers: Headers;
  readonly address?: string | undefined;
  readonly helloMs: number;
  readonly heartbeatMs: number;
  /** How many bytes have come from the client. */
  readonly bytesRead: () => number;
  /** Why nobody may come from there, once it is known whether there is a token. */
  readonly problem: (hasToken: boolean) => string | undefined;
}

/** What is answered. */
type Question = Extract<ClientMessage, { readonly type: 'attach' | 'prompt' | 'stop' | 'list' }>;

/** When so many messages wait for an `authorize()` that takes its time, no more are read. */
const maxWaiting = 100;

/** So many bytes of answers may wait for a client that asks and does not read. */
const maxAnswerBytes = 1024 * 1024;

export class Connection {
  readonly #socket: WebSocket;
  readonly #outlet: Outlet;
  readonly #settings: ConnectionSettings;
  readonly #feeds: Feeds;
  readonly #handshake;
  #visitor: Visitor | undefined;
  #isGreeted = false;
  #isClosed = false;
  #waiting = 0;
  #answerBytes = 0;
  #bytesAtBeat = -1;
  #work: Promise<void> = Promise.resolve();

  constructor(socket: WebSocket, settings: ConnectionSettings) {
    this.#socket = socket;
    this.#settings = settings;
    this.#outlet = new Outlet(socket, settings.hub.settings.maxBufferedBytes);
    this.#feeds = new Feeds(
      this.#outlet,
      settings,
      (message) => this.send(message),
      () => this.close(closeCodes.slowConsumer, 'this client reads too slowly'),
    );
    this.#handshake = after(settings.helloMs, () => {
      // What takes so long after a hello is ours, so the client may come back.
      if (this.#isGreeted) this.close(closeCodes.serverError, 'the server took too long to look at the credentials');
      else this.close(closeCodes.helloTimeout, 'no hello came');
    });
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('close', () => this.#leave());
    // What goes wrong on a socket closes it; that is told by `close`.
    socket.on('error', () => undefined);
  }

  get isWelcome(): boolean {
    return this.#visitor !== undefined;
  }

  send(message: ServerMessage): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#answerBytes >= maxAnswerBytes) {
      return this.close(closeCodes.slowConsumer, 'this client does not read what it asks for');
    }
    const text = Buffer.from(JSON.stringify(message));
    this.#answerBytes += text.length;
    this.#outlet.send(text, () => (this.#answerBytes -= text.length));
  }

  /** Asks whether the client is there; closes where nothing has come since this was asked before. */
  beat(): void {
    // A handshake has a time of its own, and so has closing.
    if (this.#isClosed || !this.#visitor) return;
    const bytes = this.#settings.bytesRead();
    // Bytes, not messages: a large one may take longer. And what is not read cannot be heard.
    if (bytes === this.#bytesAtBeat && !this.#socket.isPaused) return this.close(closeCodes.silent, 'nothing came');
    this.#bytesAtBeat = bytes;
    this.send({ type: 'ping' });
  }

  /** @param reason Cut to the 123 bytes that a close frame has room for. */
  close(code: number, reason: string): void {
    this.#leave();
    this.#socket.close(
      code,
      Buffer.from(reason)
        .subarray(0, 120)
        .toString('utf8')
        .replace(/\uFFFD$/, ''),
    );
  }

  #leave(): void {
    this.#isClosed = true;
    this.#handshake.unsubscribe();
    this.#feeds.detachAll();
    this.#visitor?.leave();
    this.#socket.resume();
  }

  #receive(data: unknown, isBinary: boolean): void {
    if (this.#isClosed) return;
    if (isBinary) return this.close(closeCodes.badMessage, 'messages are text, not binary');
    const message = parseClientMessage(String(data));
    if ('problem' in message) return this.close(closeCodes.badMessage, message.problem);
    const isHello = message.type === 'hello';
    if (isHello === this.#isGreeted) {
      const code = isHello ? closeCodes.badMessage : closeCodes.unauthorized;
      return this.close(
        code,
        isHello ? 'hello comes once' : `nothing but hello comes before welcome, no ${message.type}`,
      );
    }
    if (isHello) this.#isGreeted = true;
    else if (!this.#visitor)
      return this.close(closeCodes.unauthorized, `nothing comes before welcome, no ${message.type}`);
    if (message.type === 'pong') return;
    if (message.type === 'ping') return this.send({ type: 'pong' });
    this.#waiting += 1;
    if (this.#waiting >= maxWaiting) this.#socket.pause();
    // One after the other, so that they take effect in their order.
    this.#work = this.#work.then(() => this.#handle(message)).catch((error: unknown) => this.#fail(error));
  }

  async #handle(message: ClientMessage): Promise<void> {
    this.#waiting -= 1;
    if (this.#waiting === 0 && this.#socket.isPaused) this.#socket.resume();
    if (this.#isClosed) return;
    if (message.type === 'hello') return this.#welcome(message.token);
    const { access } = this.#settings.hub;
    const { principal } = this.#visitor!;
    switch (message.type) {
      case 'attach':
        return this.#answer(message, async () => {
          const stream = await access.attach(principal, message.stream);
          if (!this.#isClosed) this.#feeds.attach(stream, message.after);
        });
      case 'detach':
        return this.#feeds.detach(message.stream);
      case 'prompt': {
        const { type: _, ...prompt } = message;
        return this.#answer(message, async () => {
          const stream = await access.prompt(principal, prompt);
          this.send({ type: 'prompted', request_id: message.request_id, stream: stream.key.stream });
        });
      }
      case 'stop':
        return this.#answer(message, async () => {
          await access.stop(principal, message.stream, message.reason);
          this.send({ type: 'stopped', request_id: message.request_id });
        });
      case 'list':
        return this.#answer(message, async () => {
          const streams = await access.list(principal);
          this.send({ type: 'streams', request_id: message.request_id, streams });
        });
      default:
        return undefined;
    }
  }

  async #welcome(token: string | undefined): Promise<void> {
    const { hub, headers, address, heartbeatMs, problem } = this.#settings;
    const reason = problem(token !== undefined);
    if (reason !== undefined) {
      hub.settings.onRefused({ action: 'connect', reason, ...(address !== undefined && { address }) });
      return this.close(closeCodes.forbidden, reason);
    }
    const visitor = await hub.access.gate.enter({
      headers,
      ...(token !== undefined && { token }),
      ...(address !== undefined && { address }),
    });
    if (this.#isClosed) return visitor.leave();
    this.#visitor = visitor;
    this.#handshake.unsubscribe();
    this.send({ type: 'welcome', heartbeat_ms: heartbeatMs });
  }

  /** Does what a message asks for; what is wrong with it is the answer. */
  async #answer(message: Question, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      const error = errorJson(thrown instanceof LlmError ? thrown : this.#failed(message, thrown));
      if ('request_id' in message) this.send({ type: 'refused', request_id: message.request_id, error });
      else this.send({ type: 'refused', stream: message.stream, error });
    }
  }

  #failed(message: Question, thrown: unknown): LlmError {
    const what = {
      action: message.type === 'prompt' ? 'publish' : message.type,
      principal: this.#visitor!.principal,
      ...('stream' in message && { stream: message.stream }),
    } as const;
    return this.#settings.hub.access.failed(what, thrown);
  }

  /** A hello that is refused, or a mistake of ours. */
  #fail(thrown: unknown): void {
    const { code, message } = toLlmError(thrown, 'server_error');
    if (code === 'auth') this.close(closeCodes.unauthorized, message);
    else if (code === 'permission') this.close(closeCodes.forbidden, message);
    else if (code === 'rate_limited') this.close(closeCodes.tooMany, message);
    else this.close(closeCodes.serverError, 'the server failed');
  }
}
