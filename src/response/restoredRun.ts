// A response that was read from JSON: it has ended long ago, and subscribers get events made from what was stored.
import type { Subscriber, Subscription } from 'rxjs';
import { LlmError, type LlmErrorCode } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import { responseEvents } from '../values/responseEvents.ts';
import type { EndStatus, ResponseJSON } from '../values/responseJson.ts';
import { spokenReasoning, spokenText } from '../values/spokenText.ts';
import { type Outcome, type SingleSource, type Watcher } from './outcome.ts';

export class RestoredRun implements SingleSource {
  readonly carried = {};
  readonly settled: Outcome;
  readonly #events: readonly StreamEvent[];

  constructor(json: ResponseJSON) {
    this.#events = responseEvents(json);
    this.settled = toOutcome(json, this.#events);
  }

  observe(subscriber: Subscriber<StreamEvent>): void {
    for (const event of this.#events) subscriber.next(event);
    const { error } = this.settled;
    if (error) subscriber.error(error);
    else subscriber.complete();
  }

  watch(_subscription: Subscription, watcher: Watcher): void {
    watcher.end(this.settled);
  }

  whenEnded(listener: (outcome: Outcome) => void): () => void {
    listener(this.settled);
    return () => undefined;
  }

  onEnded(): () => void {
    return () => undefined;
  }

  abort(): void {
    // It has ended long ago.
  }
}

const codeOf: Record<Exclude<EndStatus, 'done'>, LlmErrorCode> = {
  aborted: 'aborted',
  truncated: 'truncated',
  failed: 'provider_error',
};

function toOutcome(json: ResponseJSON, events: readonly StreamEvent[]): Outcome {
  const { status = 'done', usage, messages } = json;
  const finish = events.find((event) => event.type === 'finish');
  return {
    status,
    error:
      status === 'done'
        ? undefined
        : new LlmError(codeOf[status], `the stored response was ${status}`, { partial: json }),
    text: spokenText(messages),
    reasoning: spokenReasoning(messages),
    kept: messages,
    usage,
    finish,
    resolvedModel: undefined,
    hasPrompt: true,
    toJSON: () => json,
  };
}
