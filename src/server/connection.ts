// One client on a WebSocket, message by message.
import type { WebSocket } from 'ws';
import { closeCodes } from '../protocol/closeCodes.ts';
import type { ErrorJSON } from '../protocol/entry.ts';
import { fromCursor } from '../protocol/cursor.ts';
import type { ClientMessage, ServerMessage } from '../protocol/messages.ts';
import { parseClientMessage } from '../protocol/parseClientMessage.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import { after } from './after.ts';
import type { Broadcasts } from './broadcast.ts';
import { Feed } from './feed.ts';
import type { Visitor } from './gate.ts';
import type { HubCore } from './hub.ts';
import type { HubStream } from './hubStream.ts';
import { unknownStream } from './streamErrors.ts';

export interface ConnectionSettings {
  readonly hub: HubCore;
  readonly broadcasts: Broadcasts;
  readonly headers: Headers;
  readonly address?: string | undefined;
  readonly helloMs: number;
  readonly heartbeatMs: number;
  /** Why nobody may come from there, once it is known whether there is a token. */
  readonly problem: (hasToken: boolean) => string | undefined;
}

/** A stream that is attached. */
interface Attached {
  readonly stream: HubStream;
  readonly feed: Feed;
  readonly release: () => void;
}

/** So many messages may wait for an `authorize()` that takes its time. */
const maxWaiting = 100;

export class Connection {
  readonly #socket: WebSocket;
  readonly #settings: ConnectionSettings;
  readonly #attached = new Map<string, Attached>();
  readonly #handshake;
  #visitor: Visitor | undefined;
  #isGreeted = false;
  #isClosed = false;
  #waiting = 0;
  #work: Promise<void> = Promise.resolve();
  /** Whether anything came since this was last set to false. */
  isHeard = true;

  constructor(socket: WebSocket, settings: ConnectionSettings) {
    this.#socket = socket;
    this.#settings = settings;
    this.#handshake = after(settings.helloMs, () => this.close(closeCodes.helloTimeout, 'no hello came'));
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('close', () => this.#leave());
    // What goes wrong on a socket closes it; that is told by `close`.
    socket.on('error', () => undefined);
  }

  send(message: ServerMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
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

  /** Ends a connection whose other side is gone. */
  terminate(): void {
    this.#leave();
    this.#socket.terminate();
  }

  #leave(): void {
    this.#isClosed = true;
    this.#handshake.unsubscribe();
    for (const stream of this.#attached.keys()) this.#detach(stream);
    this.#visitor?.leave();
  }

  #receive(data: unknown, isBinary: boolean): void {
    if (this.#isClosed) return;
    this.isHeard = true;
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
    if (this.#waiting > maxWaiting) return this.close(closeCodes.tooMany, `${maxWaiting} messages are waiting`);
    // One after the other, so that they take effect in their order.
    this.#work = this.#work.then(() => this.#handle(message)).catch((error: unknown) => this.#fail(error));
  }

  async #handle(message: ClientMessage): Promise<void> {
    this.#waiting -= 1;
    if (this.#isClosed) return;
    if (message.type === 'hello') return this.#welcome(message.token);
    const { access } = this.#settings.hub;
    const { principal } = this.#visitor!;
    switch (message.type) {
      case 'attach':
        return this.#answer({ stream: message.stream }, async () => {
          const stream = await access.attach(principal, message.stream);
          if (!this.#isClosed) this.#attach(stream, message.after);
        });
      case 'detach':
        return this.#detach(message.stream);
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
  async #answer(
    to: { readonly request_id: string } | { readonly stream: string },
    act: () => Promise<void>,
  ): Promise<void> {
    try {
      await act();
    } catch (thrown) {
      const error = errorJson(toLlmError(thrown, 'server_error'));
      if ('request_id' in to) this.send({ type: 'refused', request_id: to.request_id, error });
      else this.send({ type: 'refused', stream: to.stream, error });
    }
  }

  #attach(stream: HubStream, cursor: string | undefined): void {
    const { hub, broadcasts } = this.#settings;
    const { stream: id, run } = stream.key;
    const position = cursor === undefined ? { run, seq: 0 } : fromCursor(cursor);
    if (!position) throw new LlmError('invalid_input', `after of attach is a cursor, not "${cursor}"`);
    const gone = stream.goneAt(position);
    if (gone) return this.send({ type: 'gone', stream: id, ...gone });
    const before = this.#attached.get(id);
    if (before?.stream === stream) {
      this.send({ type: 'attached', stream: id, run });
      return before.feed.rewind(position.seq);
    }
    // One of an earlier run that has ended.
    this.#detach(id);
    const { attaches } = hub.settings.limits;
    if (this.#attached.size >= attaches) {
      throw new LlmError('rate_limited', `${attaches} streams are attached already; detach one first`);
    }
    this.send({ type: 'attached', stream: id, run });
    const [broadcast, release] = broadcasts.use(stream);
    const leave = () => this.#detach(id);
    const feed = new Feed(this.#socket, broadcast, position.seq, hub.settings, {
      ended: leave,
      gone: (missing) => {
        leave();
        this.send({ type: 'gone', stream: id, ...missing });
      },
      tooSlow: () => this.close(closeCodes.slowConsumer, 'this client reads too slowly'),
      failed: (error) => {
        leave();
        const why = error instanceof LlmError ? error : unknownStream(id);
        this.send({ type: 'refused', stream: id, error: errorJson(why) });
      },
    });
    this.#attached.set(id, { stream, feed, release });
    if (feed.isClosed) leave();
  }

  #detach(id: string): void {
    const attached = this.#attached.get(id);
    if (!attached) return;
    this.#attached.delete(id);
    attached.feed.close();
    attached.release();
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

function errorJson({ code, message, retryable }: LlmError): ErrorJSON {
  return { code, message, retryable };
}
