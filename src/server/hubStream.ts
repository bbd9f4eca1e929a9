// A stream of the hub: one run of one source, numbered and kept, whoever watches.
import { from, map, Subject, Subscription, takeUntil, tap, type Observable, type SchedulerLike } from 'rxjs';
import { coalesce, type CoalesceOptions } from '../../operators/coalesce.ts';
import type { EndEvent, Gone, HubEvent, StreamInfo } from '../protocol/entry.ts';
import type { Position } from '../protocol/cursor.ts';
import { LiveResponse, LlmResponse } from '../response/response.ts';
import type { OnEmpty } from '../response/sharedRun.ts';
import { createAllocator } from '../values/allocate.ts';
import { describe } from '../values/describe.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import type { EndStatus, ResponseJSON } from '../values/responseJson.ts';
import { after } from './after.ts';
import { whenReady } from './awaitable.ts';
import { checkEvent } from './checkEvent.ts';
import type { HubLog, LogEntry, StreamKey } from './log/hubLog.ts';
import { InOrder } from './inOrder.ts';
import { LiveEntry, writeEvent } from './liveEntry.ts';
import { LogTrim } from './log/logTrim.ts';
import { sizeOf } from './sizeOf.ts';
import { withoutPrompt } from './withoutPrompt.ts';

/** What a source is: a response, or any Observable of events. */
export type HubSource = Observable<StreamEvent | string>;

export interface StreamSettings {
  readonly key: StreamKey;
  readonly source: HubSource;
  readonly owner?: string | undefined;
  readonly log: HubLog;
  readonly onEmpty: OnEmpty;
  readonly coalesce?: CoalesceOptions | undefined;
  /** How large the log may become before its beginning gives way to a snapshot, in bytes. */
  readonly maxStreamBytes: number;
  readonly scheduler?: SchedulerLike | undefined;
  readonly onError: (error: LlmError) => void;
}

/** How much of a log is read at once, in characters: also the size of what is sent at once. */
export const batchChars = 65_536;

export class HubStream {
  readonly key: StreamKey;
  readonly owner: string | undefined;
  /** When it has ended. */
  readonly ended$ = new Subject<void>();
  readonly #settings: StreamSettings;
  readonly #stop$ = new Subject<void>();
  readonly #trim: LogTrim;
  readonly #outgoing = new InOrder<LiveEntry>();
  #subscribers = 0;
  #grace = Subscription.EMPTY;
  #stopReason: string | undefined;
  #startId: string | undefined;
  #response: ResponseJSON | undefined;
  #responseBytes = 0;
  state: StreamInfo['state'] = 'waiting';
  /** The number of the last event; 0 before the first. */
  last = 0;

  constructor(settings: StreamSettings) {
    const { key, owner, log, maxStreamBytes } = settings;
    this.#settings = settings;
    this.key = key;
    this.owner = owner;
    this.#trim = new LogTrim(log, key, maxStreamBytes, (cause) =>
      this.#failed('did not forget the first events', cause),
    );
  }

  get isLive(): boolean {
    return this.state === 'waiting' || this.state === 'running';
  }

  /** How large its log is, in bytes, with the turn: in that is what was asked, which no event has. */
  get bytes(): number {
    return this.#trim.bytes + this.#responseBytes;
  }

  get isWatched(): boolean {
    return this.#subscribers > 0;
  }

  /** The whole turn, once it has ended; of a source that is no response nobody knows it. */
  get response(): ResponseJSON | undefined {
    return this.#response;
  }

  get info(): StreamInfo {
    const { stream, run } = this.key;
    const { state, last, owner } = this;
    const { first } = this.#trim;
    return { stream, run, state, first, last, subscribers: this.#subscribers, ...(owner !== undefined && { owner }) };
  }

  /** Why the events after a place cannot be had; undefined when they can. */
  goneAt({ run, seq }: Position): Gone | undefined {
    const { first, snapshot } = this.#trim;
    if (run === this.key.run && seq >= first - 1 && seq <= this.last) return undefined;
    return { run: this.key.run, first, last: this.last, ...(snapshot && { snapshot }) };
  }

  start(): void {
    if (this.state !== 'waiting') return;
    this.state = 'running';
    const { source, coalesce: limits } = this.#settings;
    const hearing = source instanceof LlmResponse ? this.#remember(source) : Subscription.EMPTY;
    const events$ = from(source).pipe(
      takeUntil(this.#stop$),
      tap((event) => checkEvent(event)),
      map(createAllocator()),
      map(withoutPrompt),
    );
    const run = (limits ? events$.pipe(coalesce(limits)) : events$).subscribe({
      next: (event) => this.#add(event),
      error: (error: unknown) => this.#fail(error),
      complete: () => this.#end(this.#stopReason === undefined ? 'done' : 'aborted'),
    });
    // After the source: one that is cold tells what had arrived when it is unsubscribed.
    run.add(hearing);
  }

  /** Ends the run, down to the source; no effect after its end. */
  stop(reason: string): void {
    if (!this.isLive || this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    const { source } = this.#settings;
    if (this.state === 'waiting') this.#end('aborted');
    // Others may have subscribed it, too; they are told why it ends.
    else if (source instanceof LiveResponse) source.abort(reason);
    else this.#stop$.next();
  }

  /** Somebody watches, until the function that it returns is called. The first begins a stream that waits for that. */
  enter(): () => void {
    this.#subscribers += 1;
    this.#grace.unsubscribe();
    this.start();
    let isThere = true;
    return () => {
      if (!isThere) return;
      isThere = false;
      this.#subscribers -= 1;
      if (this.#subscribers === 0 && this.isLive) this.#abandon();
    };
  }

  /** Tells each event from now on, in order and never in the midst of another, until the function that it returns is called. */
  listen(listener: (entry: LiveEntry) => void): () => void {
    return this.#outgoing.listen(listener);
  }

  /** Reads events that were numbered, as many as are sent at once; none where they were forgotten meanwhile. */
  read(
    range: { readonly after: number; readonly through: number },
    next: (entries: readonly LogEntry[]) => void,
    fail: (error: LlmError) => void,
  ): void {
    whenReady(
      () => this.#settings.log.read(this.key, { ...range, maxChars: batchChars }),
      next,
      (cause) => fail(this.#failed('did not read events', cause)),
    );
  }

  /** Gives its log back. */
  forget(): void {
    const { log } = this.#settings;
    whenReady(
      () => log.delete(this.key),
      () => undefined,
      (cause) => this.#failed('did not forget the events', cause),
    );
  }

  #abandon(): void {
    const { onEmpty, scheduler } = this.#settings;
    const stop = () => this.stop('nobody is attached any more');
    if (onEmpty === 'abort') stop();
    else if (onEmpty !== 'keep') this.#grace = after(onEmpty.graceMs, stop, scheduler);
  }

  /** Takes note of the whole turn when this run of the response ends. */
  #remember(response: LlmResponse): Subscription {
    return response.ended$.subscribe((json) => {
      // Other subscribers of a cold response have runs of their own.
      const isThis = response instanceof LiveResponse || json.id === this.#startId || this.#stopReason !== undefined;
      if (isThis) this.#take(json);
    });
  }

  #take(response: ResponseJSON | undefined): void {
    this.#response = response;
    this.#responseBytes = sizeOf(response);
  }

  #add(event: StreamEvent): void {
    if (this.state !== 'running') return;
    if (event.type === 'start') this.#startId = event.id;
    try {
      this.#append(event);
    } catch (error) {
      this.#fail(toLlmError(error, 'bad_response'));
    }
  }

  #fail(thrown: unknown): void {
    const error = toLlmError(thrown, 'provider_error');
    const { code, message, retryable, partial } = error;
    if (partial && !this.#response) this.#take(partial);
    const state = code === 'truncated' || code === 'aborted' ? code : 'failed';
    this.#end(state, { code, message, retryable });
    // Where it is not the source that failed.
    this.#stop$.next();
  }

  #end(state: EndStatus, error?: EndEvent['error']): void {
    if (!this.isLive) return;
    const { source } = this.#settings;
    // One that had ended before says nothing any more.
    if (state === 'done' && source instanceof LlmResponse && !this.#response) this.#take(turnOf(source));
    const why = state === 'aborted' && !error ? abortedBy(this.#stopReason ?? '') : error;
    this.#grace.unsubscribe();
    this.state = state;
    this.#append({ type: 'end', state, ...(why && { error: why }) });
    this.ended$.next();
    this.ended$.complete();
  }

  /** Gives the event its number, keeps it, and tells it. */
  #append(event: HubEvent): void {
    const entry = new LiveEntry(this.last + 1, writeEvent(event));
    this.last = entry.seq;
    this.#outgoing.add(entry);
    this.#trim.appended(entry.seq, entry.json);
    this.#keep(entry);
    if (this.isLive) this.#trim.trim();
    this.#outgoing.tell();
  }

  #keep({ seq, json }: LogEntry): void {
    const { log } = this.#settings;
    whenReady(
      () => log.append(this.key, { seq, json }),
      () => undefined,
      (cause) => this.#fail(this.#failed(`did not take event ${seq}`, cause)),
    );
  }

  /** What is wrong with the log: clients are told that, and the program why. */
  #failed(what: string, cause: unknown): LlmError {
    const { stream } = this.key;
    const error = new LlmError('storage', `the hub's log ${what} of stream ${describe(stream)}`, { cause });
    this.#settings.onError(error);
    return error;
  }
}

function turnOf(response: LlmResponse): ResponseJSON | undefined {
  try {
    return response.toJSON();
  } catch (error) {
    return toLlmError(error, 'provider_error').partial;
  }
}

function abortedBy(reason: string): EndEvent['error'] {
  const { code, message, retryable } = new LlmError('aborted', `the stream was stopped: ${reason}`);
  return { code, message, retryable };
}
