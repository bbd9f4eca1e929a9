// Decisions about tool calls, in whatever order they come.
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import type { ToolDecision } from '../tools/runCall.ts';
import type { ToolApproval } from './chainOptions.ts';

export class Approvals {
  readonly #decided = new Map<string, ToolDecision>();
  readonly #waiting = new Map<string, Subscriber<ToolDecision>>();
  #ended = false;
  readonly subscription: Subscription;

  /** @param onError Called with the error of the decisions. */
  constructor(approvals$: Observable<ToolApproval>, onError: (error: unknown) => void) {
    this.subscription = approvals$.subscribe({
      next: (approval) => this.#take(approval),
      error: onError,
      complete: () => {
        this.#ended = true;
        for (const subscriber of this.#waiting.values()) subscriber.complete();
      },
    });
  }

  /** The decision about a call, once it is there; completes without one when no more come. */
  decisionOf(id: string): Observable<ToolDecision> {
    return new Observable((subscriber) => {
      const decision = this.#decided.get(id);
      if (decision) subscriber.next(decision);
      if (decision || this.#ended) subscriber.complete();
      else {
        this.#waiting.set(id, subscriber);
        subscriber.add(() => this.#waiting.delete(id));
      }
    });
  }

  #take({ tool_call_id, ...decision }: ToolApproval): void {
    this.#decided.set(tool_call_id, decision);
    const subscriber = this.#waiting.get(tool_call_id);
    subscriber?.next(decision);
    subscriber?.complete();
  }
}
