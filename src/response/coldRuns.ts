// The runs of a cold response: one a subscription, the first that ends done settles it.
import type { Subscriber } from 'rxjs';
import type { StreamEvent } from '../values/event.ts';
import type { Outcome, ResponseSource } from './outcome.ts';
import { Run, type RunSpec } from './run.ts';

/** Somebody who waits for the outcome, and holds a run until it is there. */
interface Waiter {
  readonly run: Run;
  readonly listener: (outcome: Outcome) => void;
  readonly release: () => void;
}

export class ColdRuns implements ResponseSource {
  readonly #spec: RunSpec;
  readonly #onSettled: ((run: Run) => void) | undefined;
  readonly #inFlight = new Set<Run>();
  readonly #waiters = new Set<Waiter>();
  readonly #watchers = new Set<(outcome: Outcome) => void>();
  settled: Outcome | undefined;

  /** @param onSettled Called once, when the first run has ended well. */
  constructor(spec: RunSpec, onSettled?: (run: Run) => void) {
    this.#spec = spec;
    this.#onSettled = onSettled;
  }

  get carried() {
    return this.#spec.turn;
  }

  observe(subscriber: Subscriber<StreamEvent>): void {
    const run = this.create();
    // Before the start, so that a source that emits synchronously can be stopped while it does.
    subscriber.add(run.hold());
    run.start(subscriber);
  }

  whenEnded(listener: (outcome: Outcome) => void): () => void {
    if (this.settled) {
      listener(this.settled);
      return () => undefined;
    }
    const [oldest] = this.#inFlight;
    const run = oldest ?? this.create();
    const waiter = { run, listener, release: run.hold() };
    this.#waiters.add(waiter);
    if (!oldest) run.start();
    return () => {
      this.#waiters.delete(waiter);
      waiter.release();
    };
  }

  onEnded(listener: (outcome: Outcome) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** A run of this response, to be started at once. */
  create(): Run {
    const run = new Run(this.#spec);
    this.#inFlight.add(run);
    run.ended.whenSet(() => this.#take(run));
    return run;
  }

  #take(run: Run): void {
    this.#inFlight.delete(run);
    if (run.status === 'done' && !this.settled) {
      this.settled = run;
      this.#onSettled?.(run);
    }
    for (const waiter of this.#waiters) {
      // The outcome that counts is the same for everybody, whichever run they waited for.
      if (run !== this.settled && waiter.run !== run) continue;
      this.#waiters.delete(waiter);
      waiter.listener(run);
      waiter.release();
    }
    for (const watcher of this.#watchers) watcher(run);
  }
}
