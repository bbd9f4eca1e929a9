// The hub: streams by their ids, whoever is connected. Its faces (WebSocket, HTTP) are others' files.
import { randomBytes } from 'node:crypto';
import { isObservable, Observable, Subject, type Subscription } from 'rxjs';
import { toCursor, type Position } from '../protocol/cursor.ts';
import type { HubEntry, HubEvent, StreamInfo } from '../protocol/entry.ts';
import { GoneError } from '../protocol/goneError.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import { Access } from './access/access.ts';
import { after } from './after.ts';
import { toSettings, type HubOptions, type HubSettings } from './hubOptions.ts';
import { HubStream, type HubSource } from './hubStream.ts';
import type { LogEntry } from './log/hubLog.ts';
import { toPosition, unknownStream } from './streamErrors.ts';

export interface PublishOptions {
  /** When the source is subscribed: at once, or when the first subscriber comes. Default: `now`. */
  readonly start?: 'now' | 'first-attach' | undefined;
  /** Whose stream it is, for `authorize`. */
  readonly owner?: string | undefined;
}

export interface AttachOptions {
  /** The cursor of the last event that is known already. Default: none, so from the first. */
  readonly after?: string | undefined;
}

/** A stream that was published. */
export interface Published {
  readonly stream: string;
  /** Before its first event. */
  readonly cursor: string;
}

/** Runs that many watch, each as often and as late as they like. */
export interface Hub {
  /**
   * Runs a source under an id, independent of who watches. Its events are numbered from 1 and kept; the last is `end`. A
   * response keeps its prompt to itself. An id whose stream has ended begins anew, as another run.
   *
   * @param source A response, or any Observable of events.
   * @throws LlmError `invalid_input` for an id that is live.
   */
  publish(id: string, source: HubSource, options?: PublishOptions): Published;
  /**
   * The events of a stream: those that there are, then those that come, each exactly once and in order; completes after
   * `end`. Errors with LlmError `not_found` for an unknown id, and with GoneError (code `gone`) where the events after the
   * cursor cannot be had.
   *
   * @throws LlmError `invalid_input` for what is no cursor.
   */
  attach(id: string, options?: AttachOptions): Observable<HubEntry>;
  /**
   * Ends a run, down to its source. No effect after its end.
   *
   * @throws LlmError `not_found` for an unknown id.
   */
  stop(id: string, reason?: string): void;
  /** The streams that there are, the oldest first. */
  list(): readonly StreamInfo[];
  /** Ends everything: stops all runs and closes all connections. The hub takes nothing more. */
  close(reason?: string): void;
}

/** Makes a hub. @throws LlmError `invalid_input` for options that make no sense. */
export function createHub(options: HubOptions = {}): Hub {
  return new HubCore(toSettings(options));
}

/** The inside of a hub, for its faces. @throws LlmError `invalid_input` for what `createHub()` has not made. */
export function coreOf(hub: Hub): HubCore {
  if (hub instanceof HubCore) return hub;
  throw new LlmError('invalid_input', `a hub comes from createHub(), not ${describe(hub)}`);
}

export class HubCore implements Hub {
  readonly settings: HubSettings;
  /** What clients may do. */
  readonly access: Access;
  /** Emits a reason, once. */
  readonly closed$ = new Subject<string>();
  readonly #streams = new Map<string, HubStream>();
  /** Those that have ended, in that order, with the timers of their age. */
  readonly #ended = new Map<HubStream, Subscription>();
  isClosed = false;

  constructor(settings: HubSettings) {
    this.settings = settings;
    this.access = new Access(this);
  }

  publish(id: string, source: HubSource, options: PublishOptions = {}): Published {
    const { key } = this.open(id, source, options);
    return { stream: id, cursor: toCursor({ run: key.run, seq: 0 }) };
  }

  attach(id: string, options: AttachOptions = {}): Observable<HubEntry> {
    const position = options.after === undefined ? undefined : toPosition(options.after);
    return new Observable((subscriber) => {
      const stream = this.#streams.get(id);
      if (!stream) return subscriber.error(unknownStream(id));
      const { run } = stream.key;
      const from = position ?? { run, seq: 0 };
      const gone = stream.goneAt(from);
      if (gone) return subscriber.error(new GoneError(id, gone));
      let at = from.seq;
      const take = ({ seq, event }: { readonly seq: number; readonly event: HubEvent }) => {
        if (seq <= at || subscriber.closed) return;
        at = seq;
        subscriber.next({ seq, cursor: toCursor({ run, seq }), event });
        if (event.type === 'end') subscriber.complete();
      };
      const takeOld = (entries: readonly LogEntry[]) => {
        if (entries.length === 0) subscriber.error(this.#missing(id, { run, seq: at }));
        for (const { seq, json } of entries) {
          if (subscriber.closed) return;
          if (seq !== at + 1) return subscriber.error(this.#missing(id, { run, seq: at }));
          take({ seq, event: JSON.parse(json) as HubEvent });
        }
      };
      let isReading = false;
      const readOn = () => {
        // A loop, so that a log which answers at once needs no stack.
        while (!isReading && !subscriber.closed && at < stream.last) {
          isReading = true;
          let isAtOnce = true;
          const next = (entries: readonly LogEntry[]) => {
            isReading = false;
            takeOld(entries);
            if (!isAtOnce) readOn();
          };
          stream.read({ after: at, through: stream.last }, next, (error) => subscriber.error(error));
          isAtOnce = false;
        }
        if (isReading || subscriber.closed) return;
        // Who knows the end already is told nothing more.
        if (stream.isLive) subscriber.add(stream.listen(take));
        else subscriber.complete();
      };
      // Who begins a stream hears it from its first event on, also where a source says everything at once.
      const isFirst = stream.state === 'waiting';
      if (isFirst) readOn();
      subscriber.add(stream.enter());
      if (!isFirst) readOn();
    });
  }

  stop(id: string, reason = 'stop() was called'): void {
    const stream = this.#streams.get(id);
    if (!stream) throw unknownStream(id);
    stream.stop(reason);
  }

  list(): readonly StreamInfo[] {
    return [...this.#streams.values()].map(({ info }) => info);
  }

  close(reason = 'the hub was closed'): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const stream of this.#streams.values()) stream.stop(reason);
    this.closed$.next(reason);
    this.closed$.complete();
  }

  find(id: string): HubStream | undefined {
    return this.#streams.get(id);
  }

  open(id: string, source: HubSource, { start = 'now', owner }: PublishOptions): HubStream {
    if (this.isClosed) throw new LlmError('invalid_input', 'the hub was closed');
    if (typeof id !== 'string' || id.length === 0 || id.length > 256) {
      throw new LlmError('invalid_input', `the id of a stream is a text of 1 to 256 characters, not ${describe(id)}`);
    }
    if (start !== 'now' && start !== 'first-attach') {
      throw new LlmError('invalid_input', `start is "now" or "first-attach", not ${describe(start)}`);
    }
    if (!isObservable(source)) {
      throw new LlmError('invalid_input', `a stream is a response or an Observable of events, not ${describe(source)}`);
    }
    const before = this.#streams.get(id);
    if (before?.isLive) throw new LlmError('invalid_input', `stream ${describe(id)} is live; stop it first`);
    if (before) this.#forget(before);
    const { log, onEmpty, coalesce, scheduler, retention, onError } = this.settings;
    const stream = new HubStream({
      key: { stream: id, run: randomBytes(9).toString('base64url') },
      source,
      owner,
      log,
      onEmpty,
      coalesce,
      scheduler,
      maxStreamBytes: retention.maxStreamBytes,
      onError,
    });
    this.#streams.set(id, stream);
    stream.ended$.subscribe(() => this.#keep(stream));
    if (start === 'now') stream.start();
    return stream;
  }

  /** A stream that has ended stays for a while. */
  #keep(stream: HubStream): void {
    // Who heard its end may have published another one in its place.
    if (this.#streams.get(stream.key.stream) !== stream) return;
    const { retention } = this.settings;
    this.#age(stream);
    let kept = [...this.#streams.values()].reduce((sum, { bytes }) => sum + bytes, 0);
    for (const old of this.#ended.keys()) {
      if (kept <= retention.maxBytes || old === stream) return;
      kept -= old.bytes;
      this.#forget(old);
    }
  }

  /** Why the event after a place, which was to be had before, is not in the log. */
  #missing(id: string, { run, seq }: Position): LlmError {
    const stream = this.#streams.get(id);
    if (!stream) return unknownStream(id);
    const gone = stream.goneAt({ run, seq });
    if (gone) return new GoneError(id, gone);
    return new LlmError('storage', `the hub's log does not have event ${seq + 1} of stream ${describe(id)}`);
  }

  #forgetUnread(stream: HubStream): void {
    if (!stream.isWatched) this.#forget(stream);
    else this.#age(stream);
  }

  #age(stream: HubStream): void {
    const { retention, scheduler } = this.settings;
    this.#ended.set(
      stream,
      after(retention.maxAgeMs, () => this.#forgetUnread(stream), scheduler),
    );
  }

  #forget(stream: HubStream): void {
    const { stream: id } = stream.key;
    if (this.#streams.get(id) !== stream) return;
    this.#streams.delete(id);
    // A timer would hold on to the stream, and the turn in it, until its time.
    this.#ended.get(stream)?.unsubscribe();
    this.#ended.delete(stream);
    this.access.forget(stream);
    stream.forget();
  }
}
