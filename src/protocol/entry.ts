// What a stream of the hub is made of: the events of a response, and last how it ended.
import type { LlmErrorCode } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import type { EndStatus, ResponseJSON } from '../values/responseJson.ts';

/** What clients are told of an error. */
export interface ErrorJSON {
  readonly code: LlmErrorCode;
  readonly message: string;
  readonly retryable: boolean;
}

/** The last event of every stream. */
export interface EndEvent {
  readonly type: 'end';
  readonly state: EndStatus;
  /** Why it did not end well. */
  readonly error?: ErrorJSON;
}

export type HubEvent = StreamEvent | EndEvent;

/** An event in its place. */
export interface HubEntry {
  /** From 1, without holes. */
  readonly seq: number;
  /** Where to go on after this one. Two events of a snapshot may have the same. */
  readonly cursor: string;
  readonly event: HubEvent;
}

/** A response as far as it had come at an event; takes the place of all events up to there. */
export interface Snapshot {
  /** The number of the last event that is in it. */
  readonly seq: number;
  /** Status `truncated`, and without the prompt. */
  readonly response: ResponseJSON;
}

/** Why the events after a cursor cannot be had: it is of another run, or they have been forgotten. */
export interface Gone {
  /** The run that there is now. */
  readonly run: string;
  /** The first and the last number that can be had. */
  readonly first: number;
  readonly last: number;
  /** What is before the first; absent where that is 1. */
  readonly snapshot?: Snapshot;
}

/** A stream, for who lists them. */
export interface StreamInfo {
  readonly stream: string;
  readonly run: string;
  /** `waiting` for its first subscriber, `running`, or how it ended. */
  readonly state: 'waiting' | 'running' | EndStatus;
  readonly first: number;
  readonly last: number;
  /** How many are attached, in this process and by sockets. */
  readonly subscribers: number;
  /** Whose prompt it is, where a client or the program said so. */
  readonly owner?: string;
}
