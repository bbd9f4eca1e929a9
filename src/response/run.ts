// A run: one request to a model, from its first event to exactly one of four ends. It is held by those who wait for it
// (a subscriber, a helper, a reply); when the last lets go before the end, it is aborted.
import { Subscription, type Observable, type Observer } from 'rxjs';
import { LlmError, toLlmError } from '../values/error.ts';
import type { EventOf, StreamEvent } from '../values/event.ts';
import { ResponseFold } from '../values/responseFold.ts';
import type { EndStatus, ResponseJSON } from '../values/responseJson.ts';
import { pendingCalls } from '../values/pendingCalls.ts';
import { newId, nowUtc } from './id.ts';
import type { ModelDefinition } from './model.ts';
import { Once } from './once.ts';
import { type Outcome } from './outcome.ts';
import type { Prompt, Turn } from './prompt.ts';
import { requestEvents } from './requestEvents.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';

/** What all runs of a response have in common. */
export interface RunSpec {
  readonly model: ModelDefinition;
  readonly turn: Pick<Turn, 'tools' | 'key' | 'scheduler'>;
  /** Emits the prompt once; it may have to run something first. */
  readonly prompt$: Observable<Prompt>;
}

export class Run implements Outcome {
  readonly #spec: RunSpec;
  readonly #fold = new ResponseFold();
  readonly #work = new Subscription();
  #sink: Observer<StreamEvent> | undefined;
  #prompt: Prompt | undefined;
  #start: EventOf<'start'> | undefined;
  #begun = false;
  #finished = false;
  #holders = 0;
  #json: ResponseJSON | undefined;
  /** This run, once it has ended. */
  readonly ended = new Once<Outcome>();
  status: 'running' | EndStatus = 'running';
  error: LlmError | undefined;

  constructor(spec: RunSpec) {
    this.#spec = spec;
  }

  get text(): string {
    return this.#fold.text;
  }

  get reasoning(): string {
    return this.#fold.reasoning;
  }

  get kept() {
    return this.#fold.kept;
  }

  get usage() {
    return this.#fold.usage;
  }

  get finish() {
    return this.#fold.finish;
  }

  get resolvedModel(): string | undefined {
    return this.#start?.resolved_model;
  }

  /** Why its events make no messages, if they do not fit together. */
  get conflict(): LlmError | undefined {
    return this.#fold.conflict;
  }

  get hasPrompt(): boolean {
    return this.#prompt !== undefined;
  }

  toJSON(): ResponseJSON {
    if (this.status === 'running') throw new LlmError('not_run', 'the run has not ended yet');
    // A reply that fails because the response before it did has sent nothing itself: that one's partial is what there is.
    if (!this.#prompt && this.error?.partial) return this.error.partial;
    return (this.#json ??= {
      ...this.#fold.toJSON(this.#prompt?.json ?? { messages: [] }, this.status),
      model: this.#spec.model.id,
    });
  }

  /** Keeps the run from being aborted until the function that it returns is called. */
  hold(): () => void {
    this.#holders += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#holders -= 1;
      if (this.#holders === 0) this.abort('nobody is subscribed any more');
    };
  }

  /** Begins, once; the events go to `sink`. */
  start(sink?: Observer<StreamEvent>): void {
    if (this.status !== 'running') return;
    this.#sink = sink;
    this.#work.add(
      this.#spec.prompt$.subscribe({
        next: (prompt) => this.#send(prompt),
        error: (error: unknown) => this.#fail(error),
      }),
    );
  }

  /** Ends the run as aborted, unless it has ended; after its `finish` nothing is missing, so then it is done. */
  abort(reason: string): void {
    if (this.#finished) this.#endAs('done');
    else this.#endAs('aborted', new LlmError('aborted', `the response was aborted: ${reason}`));
  }

  #send(prompt: Prompt): void {
    if (this.status !== 'running') return;
    const { model, turn } = this.#spec;
    const { key, scheduler } = turn;
    this.#prompt = prompt;
    try {
      this.#start = { type: 'start', id: newId(scheduler), model: model.id, datetime_utc: nowUtc(scheduler) };
      const { tools } = turn;
      const context = { scheduler, ...(tools.length > 0 && { tools }), ...(key !== undefined && { key }) };
      subscribeWithin(this.#work, requestEvents(model, prompt.request, context), {
        next: (event) => this.#next(event),
        error: (error: unknown) => this.#fail(error),
        complete: () => this.#complete(),
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  #next(input: StreamEvent | string): void {
    if (this.#finished) return;
    try {
      if (typeof input !== 'string' && input.type === 'start') this.#begin(input);
      else {
        this.#begin();
        if (this.status === 'running') this.#emit(input);
      }
    } catch (error) {
      // Whatever the model emitted was no event.
      this.#fail(toLlmError(error, 'bad_response'));
    }
  }

  #emit(input: StreamEvent | string): void {
    const event = this.#fold.add(input);
    if (event.type === 'finish') this.#finished = true;
    // What begins anew says again what it is: another model may answer now.
    if (event.type === 'reset' && this.#start) {
      const { type, id, model, datetime_utc } = this.#start;
      this.#start = { type, id, model, datetime_utc };
      this.#begun = false;
    }
    this.#sink?.next(event);
  }

  /** Emits `start` before the first event, and the first after a `reset`, with what the provider says about the model if that comes first. */
  #begin(given?: EventOf<'start'>): void {
    if (this.#start === undefined || this.status !== 'running') return;
    if (given?.resolved_model) this.#start = { ...this.#start, resolved_model: given.resolved_model };
    if (this.#begun) return;
    this.#begun = true;
    this.#fold.add(this.#start);
    this.#sink?.next(this.#start);
  }

  #complete(): void {
    if (this.status !== 'running') return;
    // A model that does not say why it stopped waits for its tools, or nobody knows.
    const isWaiting = pendingCalls(this.#fold.end().kept).length > 0;
    this.#next({ type: 'finish', reason: isWaiting ? 'tool_calls' : 'unknown' });
    this.#endAs('done');
  }

  #fail(thrown: unknown): void {
    const error = toLlmError(thrown, 'provider_error');
    // Nothing was missing any more.
    if (this.#finished) this.#endAs('done');
    else this.#endAs(error.code === 'truncated' || error.code === 'aborted' ? error.code : 'failed', error);
  }

  #endAs(status: EndStatus, error?: LlmError): void {
    this.#begin();
    if (this.status !== 'running') return;
    this.status = status;
    if (status === 'done') this.#fold.end();
    if (error) this.error = error.partial && !this.#prompt ? error : error.with({ partial: this.toJSON() });
    try {
      this.#work.unsubscribe();
    } finally {
      // Also when the model's teardown throws.
      this.ended.set(this);
      if (this.error) this.#sink?.error(this.error);
      else this.#sink?.complete();
      this.#sink = undefined;
    }
  }
}
