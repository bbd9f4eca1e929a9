// One run for all subscribers: begun by the first, replayed from its first event to each later one.
import { asyncScheduler, Observable, ReplaySubject, Subscription, type SchedulerLike, type Subscriber } from 'rxjs';
import type { Tool } from '../tools/tool.ts';
import type { StreamEvent } from '../values/event.ts';
import type { Outcome, ResponseSource } from './outcome.ts';
import type { Run } from './run.ts';

/** What happens to the run when its last subscriber leaves before its end. */
export type OnEmpty = 'abort' | 'keep' | { readonly graceMs: number };

export interface ShareOptions {
  /** Default `abort`. `{graceMs}` aborts unless somebody subscribes again within that time. */
  readonly onEmpty?: OnEmpty;
  /** For `graceMs`. Default: RxJS's `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

export class SharedRun implements ResponseSource {
  readonly single = true;
  readonly tools: readonly Tool[];
  readonly #create: () => Run;
  readonly #options: ShareOptions;
  // Without a bound: with one, RxJS trims its buffer at every event (20 times slower).
  readonly #events$ = new ReplaySubject<StreamEvent>();
  #subscribers = 0;
  #started = false;
  #release: (() => void) | undefined;
  #grace = Subscription.EMPTY;
  #only: Run | undefined;
  settled: Outcome | undefined;

  constructor(create: () => Run, tools: readonly Tool[], options: ShareOptions) {
    this.#create = create;
    this.tools = tools;
    this.#options = options;
  }

  observe(subscriber: Subscriber<StreamEvent>): void {
    this.#enter(subscriber);
    subscriber.add(this.#events$.subscribe(subscriber));
    this.#start();
  }

  outcome(): Observable<Outcome> {
    return new Observable((subscriber) => {
      this.#enter(subscriber);
      subscriber.add(this.#run.ended$.subscribe(subscriber));
      this.#start();
    });
  }

  abort(reason: string): void {
    this.#run.abort(reason);
  }

  get #run(): Run {
    if (this.#only) return this.#only;
    const run = this.#create();
    this.#only = run;
    run.ended$.subscribe(() => {
      this.settled = run;
      this.#grace.unsubscribe();
    });
    return run;
  }

  #enter(subscriber: Subscriber<never>): void {
    this.#subscribers += 1;
    this.#grace.unsubscribe();
    this.#release ??= this.#run.hold();
    subscriber.add(() => {
      this.#subscribers -= 1;
      if (this.#subscribers === 0) this.#leave();
    });
  }

  #leave(): void {
    const { onEmpty = 'abort', scheduler = asyncScheduler } = this.#options;
    if (this.settled || onEmpty === 'keep') return;
    if (onEmpty === 'abort') this.#release?.();
    else this.#grace = scheduler.schedule(() => this.#release?.(), onEmpty.graceMs);
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.#run.start(this.#events$);
  }
}
