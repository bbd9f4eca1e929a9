// Several tool calls, side by side.
import { Subscription } from 'rxjs';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { runCall, type CallEvent, type CallSetting } from './runCall.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { PauseChain } from './tool.ts';

export interface CallRunnerSetting extends CallSetting {
  /** How many calls run at the same time. Default: all. */
  readonly concurrency?: number | undefined;
}

/** What becomes of the calls: told as it happens. */
export interface CallRunnerObserver {
  progress(event: Exclude<CallEvent, { readonly type: 'result' }>): void;
  /** @param index The place of the call among all. */
  result(index: number, result: ToolResultPart): void;
  /** All calls that were begun have ended; with an error, the calls after it were not begun. */
  done(error?: unknown): void;
}

/**
 * Runs calls in their order, as many at a time as may. A call that pauses or whose hook throws keeps later ones from
 * beginning; those that have begun come to their end. Of several such errors a hook's comes first, then the first in the
 * order of the calls. Unsubscribing aborts all.
 */
export class CallRunner {
  readonly #setting: () => CallRunnerSetting;
  readonly #observer: CallRunnerObserver;
  readonly #waiting: { readonly call: ToolCallPart; readonly index: number }[] = [];
  readonly #added = new Set<number>();
  readonly #errors: { readonly error: unknown; readonly index: number }[] = [];
  #active = 0;
  #isBeginning = false;
  #isComplete = false;
  #isDone = false;
  readonly #work = new Subscription();

  /** @param setting Asked for at each call, because the history grows. */
  constructor(setting: () => CallRunnerSetting, observer: CallRunnerObserver) {
    this.#setting = setting;
    this.#observer = observer;
  }

  /** Begins the call when there is room; once, however often it is added. */
  add(call: ToolCallPart, index: number): void {
    if (this.#added.has(index)) return;
    this.#added.add(index);
    this.#waiting.push({ call, index });
    this.#begin();
  }

  /** Says that no more calls come. */
  complete(): void {
    this.#isComplete = true;
    this.#check();
  }

  /** Aborts all that run. */
  unsubscribe(): void {
    this.#work.unsubscribe();
  }

  #begin(): void {
    // A call that ends at once comes back here: the loop that began it goes on, and the stack does not grow.
    if (this.#isBeginning) return;
    this.#isBeginning = true;
    const { concurrency = Infinity } = this.#setting();
    while (this.#active < concurrency && this.#errors.length === 0 && !this.#work.closed) {
      const next = this.#waiting.shift();
      if (!next) break;
      this.#run(next.call, next.index);
    }
    this.#isBeginning = false;
  }

  #run(call: ToolCallPart, index: number): void {
    this.#active += 1;
    let result: ToolResultPart | undefined;
    const running = new Subscription();
    const end = (error?: unknown) => {
      // What the call held is free before another one begins.
      running.unsubscribe();
      this.#active -= 1;
      if (error !== undefined) this.#errors.push({ error, index });
      // Also where the hook after it has failed: the tool must not run again.
      if (result) this.#observer.result(index, result);
      this.#begin();
      this.#check();
    };
    this.#work.add(running);
    subscribeWithin(running, runCall(call, this.#setting()), {
      next: (event) => {
        if (event.type === 'result') result = event.result;
        else this.#observer.progress(event);
      },
      error: (error: unknown) => end(error ?? new Error('a hook failed and did not say why')),
      complete: () => end(),
    });
  }

  #check(): void {
    if (!this.#isComplete || this.#isDone || this.#active > 0 || this.#work.closed) return;
    if (this.#waiting.length > 0 && this.#errors.length === 0) return;
    this.#isDone = true;
    const errors = this.#errors.toSorted((a, b) => a.index - b.index);
    const first = errors.find(({ error }) => !(error instanceof PauseChain)) ?? errors[0];
    if (first) this.#observer.done(first.error);
    else this.#observer.done();
  }
}
