// Decisions about tool calls, in whatever order they come.
import { Observable, type Subscriber, type Subscription } from 'rxjs';
import type { ToolDecision } from '../tools/runCall.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { ToolCallPart } from '../values/part.ts';
import type { ToolApproval } from './chainOptions.ts';

/** Each decision is for one call: a model may use an id again, and what was approved is not approved for ever. */
export class Approvals {
  #decided: ToolApproval[] = [];
  #waiting: { readonly id: string; readonly subscriber: Subscriber<ToolDecision> }[] = [];
  /** Of calls that had their decision: another one is for nobody. */
  readonly #done = new Set<string>();
  #ended = false;
  readonly subscription: Subscription;

  /** @param onError Called with the error of the decisions. */
  constructor(approvals$: Observable<ToolApproval>, onError: (error: unknown) => void) {
    this.subscription = approvals$.subscribe({
      next: (approval) => {
        if (isApproval(approval)) this.#take(approval);
        else onError(notDecision(approval));
      },
      error: onError,
      complete: () => {
        this.#ended = true;
        for (const { subscriber } of this.#waiting) subscriber.complete();
      },
    });
  }

  /** Says that a decision is going to be asked for. */
  ask(call: ToolCallPart): void {
    this.#done.delete(idOf(call));
  }

  /** The decision about a call, once it is there; completes without one when no more come. */
  decisionOf(call: ToolCallPart): Observable<ToolDecision> {
    return new Observable((subscriber) => {
      const id = idOf(call);
      const decision = this.#decided.find(({ tool_call_id }) => tool_call_id === id);
      if (decision) {
        this.#decided = this.#decided.filter((other) => other !== decision);
        this.#done.add(id);
        subscriber.next(decision);
      }
      if (decision || this.#ended) subscriber.complete();
      else {
        const waiter = { id, subscriber };
        this.#waiting.push(waiter);
        subscriber.add(() => {
          this.#waiting = this.#waiting.filter((other) => other !== waiter);
          // Also of a call that was cancelled: a decision that comes too late is not for the next one.
          this.#done.add(id);
        });
      }
    });
  }

  #take(approval: ToolApproval): void {
    const id = approval.tool_call_id;
    const waiter = this.#waiting.find((other) => other.id === id);
    if (waiter) {
      waiter.subscriber.next(approval);
      waiter.subscriber.complete();
    } else if (!this.#done.has(id)) this.#decided.push(approval);
  }
}

function idOf({ tool_call_id, name }: ToolCallPart): string {
  return tool_call_id ?? name;
}

function isApproval(value: unknown): value is ToolApproval {
  return (
    typeof value === 'object' && value !== null && 'tool_call_id' in value && typeof value.tool_call_id === 'string'
  );
}

function notDecision(value: unknown): LlmError {
  const what = `approvals$ emitted ${describe(value)}, not a decision`;
  return new LlmError(
    'invalid_input',
    `${what}; give { tool_call_id, approved: true } or { tool_call_id, approved: false, reason }`,
  );
}
