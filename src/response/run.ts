// A run: one request to a model, from its first event to exactly one of four ends. It is held by those who wait for it
// (a subscriber, a helper, a reply); when the last lets go before the end, it is aborted.
import { AsyncSubject, Subject, Subscription, takeUntil, type Observable, type Observer } from 'rxjs';
import { LlmError, toLlmError } from '../values/error.ts';
import type { EventOf, StreamEvent } from '../values/event.ts';
import type { EndStatus, ResponseJSON } from '../values/responseJson.ts';
import { ResponseFold } from '../values/responseFold.ts';
import { newId, nowUtc } from './id.ts';
import type { ModelDefinition } from './model.ts';
import { pendingCalls, type Outcome } from './outcome.ts';
import type { Prompt, Turn } from './prompt.ts';

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
  readonly #stop$ = new Subject<void>();
  readonly #ended$ = new AsyncSubject<Outcome>();
  #sink: Observer<StreamEvent> | undefined;
  #prompt: Prompt | undefined;
  #start: EventOf<'start'> | undefined;
  #finished = false;
  #holders = 0;
  #end: EndStatus | undefined;
  #json: ResponseJSON | undefined;
  error: LlmError | undefined;

  constructor(spec: RunSpec) {
    this.#spec = spec;
  }

  /** Emits this run once it has ended, then completes. */
  get ended$(): Observable<Outcome> {
    return this.#ended$;
  }

  get status(): EndStatus {
    if (this.#end === undefined) throw new LlmError('not_run', 'the run has not ended yet');
    return this.#end;
  }

  get text(): string {
    return this.#fold.text;
  }

  get reasoning(): string {
    return this.#fold.reasoning;
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

  toJSON(): ResponseJSON {
    return (this.#json ??= this.#toJSON(this.status));
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
    this.#sink = sink;
    // Subscribed by hand and not by an operator: nothing then stands between the model's events and `#next`.
    this.#work.add(
      this.#spec.prompt$.pipe(takeUntil(this.#stop$)).subscribe({
        next: (prompt) => this.#send(prompt),
        error: (error: unknown) => this.#fail(error),
      }),
    );
  }

  /** Ends the run as aborted, unless it has ended; after its `finish` nothing was missing, so then it is done. */
  abort(reason: string): void {
    if (this.#finished) this.#endAs('done');
    else this.#endAs('aborted', new LlmError('aborted', `the response was aborted: ${reason}`));
  }

  #send(prompt: Prompt): void {
    const { model, turn } = this.#spec;
    const { key, scheduler } = turn;
    this.#prompt = prompt;
    this.#start = { type: 'start', id: newId(scheduler), model: model.id, datetime_utc: nowUtc(scheduler) };
    try {
      const events$ = model.stream(prompt.request, { scheduler, ...(key !== undefined && { key }) });
      // takeUntil and not unsubscription alone: it also stops a source that emits synchronously while it is subscribed.
      this.#work.add(
        events$.pipe(takeUntil(this.#stop$)).subscribe({
          next: (event) => this.#next(event),
          error: (error: unknown) => this.#fail(error),
          complete: () => this.#complete(),
        }),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #next(input: StreamEvent | string): void {
    if (this.#finished || this.#end !== undefined) return;
    if (typeof input === 'object' && input.type === 'start') {
      this.#begin(input);
      return;
    }
    this.#begin();
    const event = this.#fold.add(input);
    if (event.type === 'finish') this.#finished = true;
    this.#sink?.next(event);
  }

  /** Emits `start` before the first event, with what the provider says about the model if that comes first. */
  #begin(given?: EventOf<'start'>): void {
    if (this.#start === undefined || this.#fold.start !== undefined || this.#end !== undefined) return;
    if (given?.resolved_model) this.#start = { ...this.#start, resolved_model: given.resolved_model };
    this.#fold.add(this.#start);
    this.#sink?.next(this.#start);
  }

  #complete(): void {
    // A model that does not say why it stopped waits for its tools, or nobody knows.
    const isWaiting = pendingCalls(this.#fold.end().kept).length > 0;
    this.#next({ type: 'finish', reason: isWaiting ? 'tool_calls' : 'unknown' });
    this.#endAs('done');
  }

  #fail(thrown: unknown): void {
    const error = toLlmError(thrown, 'provider_error');
    const status = error.code === 'truncated' || error.code === 'aborted' ? error.code : 'failed';
    this.#endAs(status, error);
  }

  #endAs(status: EndStatus, error?: LlmError): void {
    this.#begin();
    if (this.#end !== undefined) return;
    this.#end = status;
    if (status === 'done') this.#fold.end();
    // A reply that fails because its parent did keeps the parent's partial: it has sent nothing itself.
    if (error) this.error = error.partial && !this.#prompt ? error : error.withPartial(this.toJSON());
    this.#stop$.next();
    this.#work.unsubscribe();
    this.#ended$.next(this);
    this.#ended$.complete();
    if (this.error) this.#sink?.error(this.error);
    else this.#sink?.complete();
    this.#sink = undefined;
  }

  #toJSON(status: EndStatus): ResponseJSON {
    const prompt = this.#prompt?.json ?? { messages: [] };
    return { ...this.#fold.toJSON(prompt, status), model: this.#spec.model.id };
  }
}
