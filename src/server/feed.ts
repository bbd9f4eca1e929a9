// One stream on one socket: from the log as long as the socket is behind, live when it has caught up. No queue: what a
// socket has not got stays in the log.
import type { WebSocket } from 'ws';
import type { Gone } from '../protocol/entry.ts';
import type { Broadcast, Member } from './broadcast.ts';
import { toEventsText } from './eventsText.ts';
import type { LogEntry } from './hubLog.ts';

export interface FeedSettings {
  /** From how many unsent bytes on the socket is behind. */
  readonly maxBufferedBytes: number;
  readonly slowConsumer: 'catch-up' | 'disconnect';
}

export interface FeedEvents {
  /** Everything was sent. */
  ended(): void;
  /** What comes next is not there any more. */
  gone(gone: Gone): void;
  /** The socket is too slow for a hub that does not wait. */
  tooSlow(): void;
  /** The log cannot be read, or has forgotten the stream. */
  failed(error: unknown): void;
}

const asText = { binary: false };

export class Feed implements Member {
  readonly #socket: WebSocket;
  readonly #broadcast: Broadcast;
  readonly #settings: FeedSettings;
  readonly #events: FeedEvents;
  readonly #leaveStream: () => void;
  /** The number of the last event that was sent. */
  #at: number;
  #isBusy = false;
  #isClosed = false;

  constructor(socket: WebSocket, broadcast: Broadcast, at: number, settings: FeedSettings, events: FeedEvents) {
    this.#socket = socket;
    this.#broadcast = broadcast;
    this.#at = at;
    this.#settings = settings;
    this.#events = events;
    this.#leaveStream = broadcast.stream.enter();
    this.#catchUp();
  }

  /** Goes back to an earlier place, for somebody else on the same socket; never forward. */
  rewind(at: number): void {
    if (at >= this.#at) return;
    this.#at = at;
    this.#broadcast.leave(this);
    this.#catchUp();
  }

  deliver(message: Buffer, through: number): void {
    this.#at = through;
    const { bufferedAmount } = this.#socket;
    if (bufferedAmount + message.length < this.#settings.maxBufferedBytes) this.#socket.send(message, asText);
    else this.#fallBehind(message);
  }

  ended(): void {
    this.close();
    this.#events.ended();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#broadcast.leave(this);
    this.#leaveStream();
  }

  /** The message that fills the socket is the last; when it has gone out, the log says what comes next. */
  #fallBehind(message: Buffer): void {
    this.#broadcast.leave(this);
    if (this.#settings.slowConsumer === 'catch-up') {
      this.#send(message);
      return;
    }
    this.close();
    this.#events.tooSlow();
  }

  #send(message: Buffer): void {
    this.#isBusy = true;
    this.#socket.send(message, asText, (error) => {
      this.#isBusy = false;
      // A socket that cannot be written to is about to close, and its feeds with it.
      if (!error) this.#catchUp();
    });
  }

  #catchUp(): void {
    if (this.#isBusy || this.#isClosed) return;
    const { stream, sent } = this.#broadcast;
    const at = this.#at;
    if (at >= sent) {
      if (!stream.isLive && at === stream.last) this.ended();
      else this.#broadcast.join(this);
      return;
    }
    this.#isBusy = true;
    stream.read(
      { after: at, through: sent },
      (entries) => {
        this.#isBusy = false;
        this.#take(at, entries);
      },
      (error) => this.#fail(error),
    );
  }

  #take(at: number, entries: readonly LogEntry[]): void {
    if (this.#isClosed) return;
    // Somebody else came meanwhile, who wants to begin earlier.
    if (at !== this.#at) return this.#catchUp();
    const { stream } = this.#broadcast;
    if (entries[0]?.seq !== at + 1) {
      const gone = stream.goneAt({ run: stream.key.run, seq: at });
      this.close();
      if (gone) this.#events.gone(gone);
      else this.#events.failed(new Error(`the log has no event ${at + 1} of the stream`));
      return;
    }
    this.#at = at + entries.length;
    const texts = entries.map(({ json }) => json);
    this.#send(Buffer.from(toEventsText(stream.key, at + 1, texts)));
  }

  #fail(error: unknown): void {
    this.#isBusy = false;
    if (this.#isClosed) return;
    this.close();
    this.#events.failed(error);
  }
}
