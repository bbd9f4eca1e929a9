// What responses know of their runs: how far one has come, and where events and outcomes come from.
import type { Subscriber, Subscription } from 'rxjs';
import type { LlmError } from '../values/error.ts';
import type { FinishReason, StreamEvent } from '../values/event.ts';
import type { Message } from '../values/message.ts';
import type { EndStatus, ResponseJSON } from '../values/responseJson.ts';
import type { Usage } from '../values/usage.ts';
import type { PromptOptions } from './prompt.ts';

/** How far a run has come; an outcome, once it has ended. */
export interface Progress {
  readonly status: 'running' | EndStatus;
  /** Why it did not end well. */
  readonly error: LlmError | undefined;
  readonly text: string;
  readonly reasoning: string;
  /** The messages so far; tool calls only when they are complete. */
  readonly kept: readonly Message[];
  readonly usage: Usage | undefined;
}

/** A run that has ended: everything that helpers, replies and the JSON of a turn are made from. */
export interface Outcome extends Progress {
  readonly finish: { readonly reason: FinishReason; readonly raw_reason?: string } | undefined;
  readonly resolvedModel: string | undefined;
  /** Whether it ever came to a prompt: a reply does not, when the response before it failed. */
  readonly hasPrompt: boolean;
  /** @throws LlmError `assembly` when the events do not fit together. */
  toJSON(): ResponseJSON;
}

/** Where a response's events and its outcome come from: runs of its own, one shared run, or JSON. */
export interface ResponseSource {
  /** The outcome that counts, once there is one. */
  readonly settled: Outcome | undefined;
  /** What a reply carries on where nothing else is given. */
  readonly carried: Pick<PromptOptions, 'tools' | 'scheduler'>;
  /** Delivers the events of one subscription. */
  observe(subscriber: Subscriber<StreamEvent>): void;
  /**
   * Calls back once, synchronously, with an outcome of whatever status: the settled one, else that of the oldest run in
   * flight, else of a new run. The function that it returns gives up waiting.
   */
  whenEnded(listener: (outcome: Outcome) => void): () => void;
  /** Calls back with each run that ends from now on, and begins and holds none. The function that it returns ends that. */
  onEnded(listener: (outcome: Outcome) => void): () => void;
}

/** Somebody who looks at the progress of a run. */
export interface Watcher {
  /** What there is so far: at once, and after each event. */
  next(progress: Progress): void;
  /** What there was in the end. */
  end(progress: Progress): void;
}

/** A source with one run for all, which counts whatever its end. */
export interface SingleSource extends ResponseSource {
  /** @param subscription Stops the watching; asked for beforehand, because the run may go on while this call does. */
  watch(subscription: Subscription, watcher: Watcher): void;
  abort(reason: string): void;
}

/** Tells it from a source that makes runs of its own. */
export function isSingle<Other extends ResponseSource>(source: Other | SingleSource): source is SingleSource {
  return 'watch' in source;
}
