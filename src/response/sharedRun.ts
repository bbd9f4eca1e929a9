// One run for all subscribers: begun by the first, replayed from its first event to each later one.
import { asyncScheduler, type SchedulerLike, type Subscriber, type Subscription } from 'rxjs';
import type { Tool } from '../tools/tool.ts';
import type { StreamEvent } from '../values/event.ts';
import type { Outcome, SingleSource, Watcher } from './outcome.ts';
import type { Run } from './run.ts';

/** What happens to the run when its last subscriber leaves before its end. */
export type OnEmpty = 'abort' | 'keep' | { readonly graceMs: number };

export interface ShareOptions {
  /** Default `abort`. `{graceMs}` aborts unless somebody subscribes again within that time. */
  readonly onEmpty?: OnEmpty;
  /** For `graceMs`. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

interface Listener {
  next(event: StreamEvent): void;
  end(run: Run): void;
}

export class SharedRun implements SingleSource {
  readonly tools: readonly Tool[];
  readonly #create: () => Run;
  readonly #options: ShareOptions;
  readonly #events: StreamEvent[] = [];
  // Replaced and never changed, so that somebody who comes or goes during an event does not disturb its delivery.
  #listeners: readonly Listener[] = [];
  #only: Run | undefined;
  #started = false;
  #waiting = 0;
  #release: (() => void) | undefined;
  #grace: Subscription | undefined;
  settled: Outcome | undefined;

  constructor(create: () => Run, tools: readonly Tool[], options: ShareOptions) {
    this.#create = create;
    this.tools = tools;
    this.#options = options;
  }

  observe(subscriber: Subscriber<StreamEvent>): void {
    subscriber.add(this.#enter());
    // The length is read anew each time: an event that comes during the replay is part of it.
    for (let index = 0; index < this.#events.length; index += 1) subscriber.next(this.#events[index]!);
    const forget = this.#listen({
      next: (event) => subscriber.next(event),
      end: ({ error }) => (error ? subscriber.error(error) : subscriber.complete()),
    });
    subscriber.add(forget);
    this.#start();
  }

  watch(watcher: Watcher): () => void {
    const leave = this.#enter();
    const run = this.#run;
    if (!this.settled) watcher.next(run);
    const forget = this.#listen({ next: () => watcher.next(run), end: () => watcher.end(run) });
    this.#start();
    return () => {
      forget();
      leave();
    };
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

  abort(reason: string): void {
    this.#run.abort(reason);
  }

  get #run(): Run {
    if (this.#only) return this.#only;
    const run = this.#create();
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
    const { onEmpty = 'abort', scheduler = asyncScheduler } = this.#options;
    if (onEmpty === 'abort') this.#release?.();
    else if (onEmpty !== 'keep') this.#grace = scheduler.schedule(() => this.#release?.(), onEmpty.graceMs);
  }

  #listen(listener: Listener): () => void {
    if (this.settled) {
      listener.end(this.#run);
      return () => undefined;
    }
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const end = () => {
      for (const listener of this.#listeners) listener.end(this.#run);
    };
    this.#run.start({
      next: (event) => {
        this.#events.push(event);
        for (const listener of this.#listeners) listener.next(event);
      },
      error: end,
      complete: end,
    });
  }
}
