// One stream on one socket: from the log as long as the socket is behind, live when it has caught up. No queue: what a
// socket has not got stays in the log.
import type { Gone } from '../../protocol/entry.ts';
import type { LlmError } from '../../values/error.ts';
import type { Broadcast, Member } from './broadcast.ts';
import { toEventsText } from './eventsText.ts';
import type { LogEntry } from '../log/hubLog.ts';
import type { Outlet } from './outlet.ts';
import { unknownStream } from '../streamErrors.ts';

export interface FeedSettings {
  readonly slowConsumer: 'catch-up' | 'disconnect';
}

export interface FeedEvents {
  /** Everything was sent. */
  ended(): void;
  /** What comes next is not there any more. */
  gone(gone: Gone): void;
  /** The socket is too slow for a hub that does not wait. */
  tooSlow(): void;
  /** The log has forgotten the stream, or cannot be read. */
  failed(error: LlmError): void;
}

export class Feed implements Member {
  readonly #outlet: Outlet;
  readonly #broadcast: Broadcast;
  readonly #settings: FeedSettings;
  readonly #events: FeedEvents;
  readonly #leaveStream: () => void;
  /** The number of the last event that was sent. */
  #at: number;
  #isBusy = false;
  #isClosed = false;

  constructor(outlet: Outlet, broadcast: Broadcast, at: number, settings: FeedSettings, events: FeedEvents) {
    this.#outlet = outlet;
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
    if (this.#outlet.sendWithin(message)) this.#at = through;
    else this.#fallBehind(message, through);
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
  #fallBehind(message: Buffer, through: number): void {
    this.#broadcast.leave(this);
    if (this.#settings.slowConsumer === 'disconnect') {
      this.close();
      this.#events.tooSlow();
    } else if (this.#outlet.isFull) {
      this.#catchUp();
    } else {
      this.#send(message, through);
    }
  }

  #send(message: Buffer, through: number): void {
    this.#at = through;
    this.#isBusy = true;
    this.#outlet.send(message, () => this.#goOn());
  }

  #goOn(): void {
    this.#isBusy = false;
    this.#catchUp();
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
    if (this.#outlet.isFull) return this.#outlet.whenRoom(() => this.#goOn());
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
    // Somebody else came meanwhile, who wants to begin earlier; or another stream has filled the socket.
    if (at !== this.#at || this.#outlet.isFull) return this.#catchUp();
    const { stream } = this.#broadcast;
    if (entries[0]?.seq !== at + 1) {
      const gone = stream.goneAt({ run: stream.key.run, seq: at });
      this.close();
      if (gone) this.#events.gone(gone);
      else this.#events.failed(unknownStream(stream.key.stream));
      return;
    }
    const texts = entries.map(({ json }) => json);
    this.#send(Buffer.from(toEventsText(stream.key, at + 1, texts)), at + entries.length);
  }

  #fail(error: LlmError): void {
    this.#isBusy = false;
    if (this.#isClosed) return;
    this.close();
    this.#events.failed(error);
  }
}
