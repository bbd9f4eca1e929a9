// The runs of a cold response: one a subscription, the first that ends done settles it.
import type { Subscriber } from 'rxjs';
import type { Tool } from '../tools/tool.ts';
import type { StreamEvent } from '../values/event.ts';
import type { Outcome, ResponseSource } from './outcome.ts';
import { Run, type RunSpec } from './run.ts';

export class ColdRuns implements ResponseSource {
  readonly #spec: RunSpec;
  readonly #onSettled: (() => void) | undefined;
  readonly #inFlight = new Set<Run>();
  settled: Outcome | undefined;

  /** @param onSettled Called once, when the first run has ended well. */
  constructor(spec: RunSpec, onSettled?: () => void) {
    this.#spec = spec;
    this.#onSettled = onSettled;
  }

  get tools(): readonly Tool[] {
    return this.#spec.turn.tools;
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
    const release = run.hold();
    const forget = run.ended.whenSet(listener);
    if (!oldest) run.start();
    return () => {
      forget();
      release();
    };
  }

  /** A run of this response, to be started at once. */
  create(): Run {
    const run = new Run(this.#spec);
    this.#inFlight.add(run);
    run.ended.whenSet(({ status }) => {
      this.#inFlight.delete(run);
      if (status !== 'done' || this.settled) return;
      this.settled = run;
      this.#onSettled?.();
    });
    return run;
  }
}
