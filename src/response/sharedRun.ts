// One run for all subscribers: begun by the first, replayed from its first event to each later one.
import type { SchedulerLike, Subscriber, Subscription } from 'rxjs';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import type { ColdRuns } from './coldRuns.ts';
import type { Outcome, SingleSource, Watcher } from './outcome.ts';
import type { Run } from './run.ts';

/** What happens to the run when its last subscriber leaves before its end. */
export type OnEmpty = 'abort' | 'keep' | { readonly graceMs: number };

export interface ShareOptions {
  /** Default `abort`. `{graceMs}` aborts unless somebody subscribes again within that time. */
  readonly onEmpty?: OnEmpty | undefined;
  /** For `graceMs`. Default: that of the prompt. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** One subscriber, and how far it has come: each gets every event in order, also while another one is being served. */
interface Listener {
  at: number;
  readonly closed: boolean;
  next(event: StreamEvent): void;
  end(run: Run): void;
}

/** A subscriber. A class: closures of each subscriber's own take twice as long for each event. */
class Reader implements Listener {
  readonly #subscriber: Subscriber<StreamEvent>;
  at = 0;

  constructor(subscriber: Subscriber<StreamEvent>) {
    this.#subscriber = subscriber;
  }

  get closed(): boolean {
    return this.#subscriber.closed;
  }

  next(event: StreamEvent): void {
    this.#subscriber.next(event);
  }

  end({ error }: Run): void {
    if (error) this.#subscriber.error(error);
    else this.#subscriber.complete();
  }
}

export class SharedRun implements SingleSource {
  readonly #source: ColdRuns;
  readonly #options: ShareOptions;
  readonly #events: StreamEvent[] = [];
  readonly #listeners = new Set<Listener>();
  #only: Run | undefined;
  #started = false;
  #waiting = 0;
  #release: (() => void) | undefined;
  #grace: Subscription | undefined;
  settled: Outcome | undefined;

  constructor(source: ColdRuns, options: ShareOptions) {
    this.#source = source;
    this.#options = options;
  }

  get carried() {
    return this.#source.carried;
  }

  observe(subscriber: Subscriber<StreamEvent>): void {
    this.#listen(subscriber, new Reader(subscriber));
  }

  watch(subscription: Subscription, watcher: Watcher): void {
    const listener: Listener = {
      at: this.#events.length,
      get closed() {
        return subscription.closed;
      },
      next: () => watcher.next(this.#run),
      end: () => watcher.end(this.#run),
    };
    // What comes while it sees what there is, is told after that.
    if (!this.settled) watcher.next(this.#run);
    this.#listen(subscription, listener);
  }

  whenEnded(listener: (outcome: Outcome) => void): () => void {
    const leave = this.#enter();
    const forget = this.#run.ended.whenSet(listener);
    this.#start();
    return () => {
      forget();
      leave();
    };
  }

  onEnded(listener: (outcome: Outcome) => void): () => void {
    return this.settled ? () => undefined : this.#run.ended.whenSet(listener);
  }

  abort(reason: string): void {
    this.#run.abort(reason);
  }

  get #run(): Run {
    if (this.#only) return this.#only;
    const run = this.#source.create();
    this.#only = run;
    run.ended.whenSet(() => {
      this.settled = run;
      this.#grace?.unsubscribe();
    });
    return run;
  }

  #enter(): () => void {
    this.#waiting += 1;
    this.#grace?.unsubscribe();
    this.#release ??= this.#run.hold();
    return () => {
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.settled) this.#abandon();
    };
  }

  #abandon(): void {
    const { onEmpty = 'abort', scheduler = this.carried.scheduler } = this.#options;
    const letGo = () => {
      this.#release?.();
      this.#release = undefined;
    };
    // Somebody who left before anything began has ended nothing.
    if (!this.#started) return;
    if (onEmpty === 'abort') letGo();
    else if (onEmpty !== 'keep') this.#grace = scheduler.schedule(letGo, onEmpty.graceMs);
  }

  #listen(subscription: Subscription, listener: Listener): void {
    subscription.add(this.#enter());
    if (listener.closed) return;
    this.#listeners.add(listener);
    subscription.add(() => this.#listeners.delete(listener));
    this.#serve(listener);
    this.#start();
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#run.start({
      next: (event) => {
        this.#events.push(event);
        this.#serveAll();
      },
      error: () => this.#serveAll(),
      complete: () => this.#serveAll(),
    });
  }

  #serveAll(): void {
    for (const listener of this.#listeners) this.#serve(listener);
  }

  /** Tells a listener all that it does not know yet. */
  #serve(listener: Listener): void {
    while (listener.at < this.#events.length && !listener.closed) listener.next(this.#events[listener.at++]!);
    if (this.settled && !listener.closed) {
      this.#listeners.delete(listener);
      listener.end(this.#run);
    }
  }
}

/** @throws LlmError `invalid_input` for what is no policy. */
export function checkShare({ onEmpty = 'abort' }: ShareOptions): void {
  const isKnown =
    onEmpty === 'abort' ||
    onEmpty === 'keep' ||
    (typeof onEmpty === 'object' && onEmpty !== null && onEmpty.graceMs >= 0);
  if (!isKnown) {
    throw new LlmError('invalid_input', `onEmpty is "abort", "keep" or {graceMs}, not ${describe(onEmpty)}`);
  }
}
