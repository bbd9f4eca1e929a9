// Where decoders put what they read: the events of one response, up to its one end.
import type { Subscriber } from 'rxjs';
import type { LlmError } from '../../values/error.ts';
import type { FinishReason, StreamEvent } from '../../values/event.ts';

/** Where a decoder puts what it reads. After `finish` or `fail` nothing more comes out. */
export interface Output {
  /** The index of a new part. */
  allocate(): number;
  emit(event: StreamEvent): void;
  /** The model that the server says it uses; the first one counts. */
  resolvedModel(name: unknown): void;
  /** The response is complete. */
  finish(reason: FinishReason, raw?: string): void;
  /** The response has failed. */
  fail(error: LlmError): void;
}

export class EventOutput implements Output {
  readonly #subscriber: Subscriber<StreamEvent>;
  #nextIndex = 0;
  #hasModel = false;
  /** Whether it has finished or failed. */
  ended = false;
  /** Whether it ended well. */
  finished = false;

  constructor(subscriber: Subscriber<StreamEvent>) {
    this.#subscriber = subscriber;
  }

  allocate(): number {
    return this.#nextIndex++;
  }

  emit(event: StreamEvent): void {
    if (!this.ended) this.#subscriber.next(event);
  }

  resolvedModel(name: unknown): void {
    if (this.#hasModel || typeof name !== 'string' || name === '') return;
    this.#hasModel = true;
    // The run makes the `start` that subscribers see; it takes the model from this one.
    this.emit({ type: 'start', id: '', model: '', datetime_utc: '', resolved_model: name });
  }

  finish(reason: FinishReason, raw?: string): void {
    if (this.ended) return;
    this.emit({ type: 'finish', reason, ...(raw && { raw_reason: raw }) });
    this.ended = true;
    this.finished = true;
    this.#subscriber.complete();
  }

  fail(error: LlmError): void {
    if (this.ended) return;
    this.ended = true;
    this.#subscriber.error(error);
  }
}
