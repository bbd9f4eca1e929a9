// The outcome of a run that has ended: everything that helpers, replies and the JSON of a turn are made from.
import type { Observable, Subscriber, TeardownLogic } from 'rxjs';
import type { Tool } from '../tools/tool.ts';
import type { LlmError } from '../values/error.ts';
import type { FinishReason, StreamEvent } from '../values/event.ts';
import type { Message } from '../values/message.ts';
import type { ToolCallPart } from '../values/part.ts';
import type { EndStatus, ResponseJSON } from '../values/responseJson.ts';
import type { Usage } from '../values/usage.ts';

export interface Outcome {
  readonly status: EndStatus;
  /** Why it did not end well. */
  readonly error: LlmError | undefined;
  readonly text: string;
  readonly reasoning: string;
  readonly usage: Usage | undefined;
  readonly finish: { readonly reason: FinishReason; readonly raw_reason?: string } | undefined;
  readonly resolvedModel: string | undefined;
  /** @throws LlmError `assembly` when the events do not fit together. */
  toJSON(): ResponseJSON;
}

/** Where a response's events and its outcome come from: runs of its own, one shared run, or JSON. */
export interface ResponseSource {
  /** The only run there will be counts whatever its end; otherwise the first that ends done. */
  readonly single: boolean;
  /** The outcome that counts, once there is one. */
  readonly settled: Outcome | undefined;
  /** Tools that a reply carries on. */
  readonly tools: readonly Tool[];
  /** Delivers the events of one subscription. */
  observe(subscriber: Subscriber<StreamEvent>): TeardownLogic;
  /** Emits one outcome, of whatever status: the settled one, else that of the oldest run in flight, else of a new run. */
  outcome(): Observable<Outcome>;
}

/** The calls of a response that wait for the client, in order. */
export function pendingCalls(messages: readonly Message[]): readonly ToolCallPart[] {
  return messages.flatMap(({ parts }) =>
    parts.filter((part): part is ToolCallPart => part.type === 'tool_call' && part.server_executed !== true),
  );
}
