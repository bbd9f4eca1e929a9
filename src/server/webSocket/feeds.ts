// The streams that are attached to one socket.
import { fromCursor } from '../../protocol/cursor.ts';
import type { ErrorJSON } from '../../protocol/entry.ts';
import type { ServerMessage } from '../../protocol/messages.ts';
import { LlmError } from '../../values/error.ts';
import type { Broadcasts } from './broadcast.ts';
import { Feed } from './feed.ts';
import type { HubCore } from '../hub.ts';
import type { HubStream } from '../hubStream.ts';
import type { Outlet } from './outlet.ts';

export interface FeedsSettings {
  readonly hub: HubCore;
  readonly broadcasts: Broadcasts;
}

interface Attached {
  readonly stream: HubStream;
  readonly feed: Feed;
  readonly release: () => void;
}

export class Feeds {
  readonly #outlet: Outlet;
  readonly #settings: FeedsSettings;
  readonly #send: (message: ServerMessage) => void;
  readonly #tooSlow: () => void;
  readonly #attached = new Map<string, Attached>();

  constructor(outlet: Outlet, settings: FeedsSettings, send: (message: ServerMessage) => void, tooSlow: () => void) {
    this.#outlet = outlet;
    this.#settings = settings;
    this.#send = send;
    this.#tooSlow = tooSlow;
  }

  /**
   * Feeds the socket with what comes after a cursor, or says that it is gone.
   *
   * @throws LlmError `invalid_input` for what is no cursor, `rate_limited` for one stream too many.
   */
  attach(stream: HubStream, cursor: string | undefined): void {
    const { hub, broadcasts } = this.#settings;
    const { stream: id, run } = stream.key;
    const position = cursor === undefined ? { run, seq: 0 } : fromCursor(cursor);
    if (!position) throw new LlmError('invalid_input', `after of attach is a cursor, not "${cursor}"`);
    const gone = stream.goneAt(position);
    if (gone) return this.#send({ type: 'gone', stream: id, ...gone });
    // Who has everything is told the end again, and so knows that there is no more.
    const at = stream.isLive ? position.seq : Math.min(position.seq, stream.last - 1);
    const before = this.#attached.get(id);
    if (before?.stream === stream) {
      this.#send({ type: 'attached', stream: id, run });
      return before.feed.rewind(at);
    }
    // One of an earlier run that has ended.
    this.detach(id);
    const { attaches } = hub.settings.limits;
    if (this.#attached.size >= attaches) {
      throw new LlmError('rate_limited', `${attaches} streams are attached already; detach one first`);
    }
    this.#send({ type: 'attached', stream: id, run });
    const [broadcast, release] = broadcasts.use(stream);
    const leave = () => this.detach(id);
    const feed = new Feed(this.#outlet, broadcast, at, hub.settings, {
      ended: leave,
      gone: (missing) => {
        leave();
        this.#send({ type: 'gone', stream: id, ...missing });
      },
      tooSlow: this.#tooSlow,
      failed: (error) => {
        leave();
        // Published anew for the same owner: what may be attached to is the next run.
        const next = hub.find(id);
        if (next && next !== stream && next.owner === stream.owner) {
          return this.#send({ type: 'gone', stream: id, ...next.goneAt({ run, seq: 0 })! });
        }
        this.#send({ type: 'refused', stream: id, error: errorJson(error) });
      },
    });
    this.#attached.set(id, { stream, feed, release });
    if (feed.isClosed) leave();
  }

  detach(id: string): void {
    const attached = this.#attached.get(id);
    if (!attached) return;
    this.#attached.delete(id);
    attached.feed.close();
    attached.release();
  }

  detachAll(): void {
    for (const id of this.#attached.keys()) this.detach(id);
  }
}

/** What a client is told of an error. */
export function errorJson({ code, message, retryable }: LlmError): ErrorJSON {
  return { code, message, retryable };
}
