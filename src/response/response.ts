// LlmResponse, a cold Observable of events with helpers for its outcome; LiveResponse, one run that many subscribers share.
import { distinctUntilChanged, Observable } from 'rxjs';
import { LlmError } from '../values/error.ts';
import type { FinishReason, StreamEvent } from '../values/event.ts';
import type { Message } from '../values/message.ts';
import type { ToolCallPart } from '../values/part.ts';
import type { EndStatus, ResponseJSON } from '../values/responseJson.ts';
import type { Usage } from '../values/usage.ts';
import { createPendingCalls, pendingCalls } from '../values/pendingCalls.ts';
import { chainModel } from './chain.ts';
import type { ChainOptions } from './chainOptions.ts';
import { ColdRuns } from './coldRuns.ts';
import type { ModelDefinition } from './model.ts';
import { isSingle, type Outcome, type Progress, type SingleSource } from './outcome.ts';
import { takeTurn, toMessages, type PromptInput, type PromptOptions } from './prompt.ts';
import { replyPrompt } from './reply.ts';
import { RestoredRun } from './restoredRun.ts';
import { checkShare, SharedRun, type ShareOptions } from './sharedRun.ts';

/** A response that ended, in one value. */
export interface ResponseResult {
  readonly id: string;
  readonly model: string;
  /** The model that the provider says it used. */
  readonly resolved_model?: string;
  readonly datetime_utc?: string;
  readonly text: string;
  readonly reasoning: string;
  readonly messages: readonly Message[];
  /** Calls that wait for the client. */
  readonly tool_calls: readonly ToolCallPart[];
  readonly usage?: Usage;
  readonly finish: { readonly reason: FinishReason; readonly raw_reason?: string };
}

/**
 * A model's answer to one prompt: a cold Observable of typed events. Nothing is sent before a subscription, each
 * subscription is a request of its own, and unsubscribing stops it down to the socket. Errors with LlmError, which has
 * what had arrived as `partial`.
 *
 * The first run that ends well settles the response: the helpers, `reply()` and `toJSON()` use it from then on. Before
 * that a helper waits for the oldest run in flight, or starts one.
 */
export class LlmResponse extends Observable<StreamEvent> {
  readonly #model: ModelDefinition;
  readonly #source: ColdRuns | SingleSource;

  /** Responses come from `model.prompt()`, `reply()`, `share()` and `fromJSON()`. */
  constructor(model: ModelDefinition, source: ColdRuns | SingleSource) {
    super((subscriber) => source.observe(subscriber));
    this.#model = model;
    this.#source = source;
  }

  /**
   * The JSON of each run of this response as it ends, whatever its end, from now on: for logs. Begins no run, holds none,
   * and never completes. Of one whose events do not fit together it has those that do.
   */
  readonly ended$: Observable<ResponseJSON> = new Observable((subscriber) => {
    subscriber.add(this.#source.onEnded((outcome) => subscriber.next(jsonOf(outcome))));
  });

  /** All text, when the response has ended. Rejects with the LlmError of the run that it waited for. */
  async text(): Promise<string> {
    return (await this.#outcome()).text;
  }

  /** The messages, when the response has ended. Rejects as `text()` does, and with `assembly`. */
  async messages(): Promise<readonly Message[]> {
    return (await this.#outcome()).toJSON().messages;
  }

  /** The calls that wait for the client, when the response has ended. Rejects as `messages()` does. */
  async toolCalls(): Promise<readonly ToolCallPart[]> {
    return pendingCalls(await this.messages());
  }

  /** The usage, when the response has ended; undefined where the provider reports none. Rejects as `text()` does. */
  async usage(): Promise<Usage | undefined> {
    return (await this.#outcome()).usage;
  }

  /** Everything, when the response has ended. Rejects as `messages()` does. */
  async result(): Promise<ResponseResult> {
    const outcome = await this.#outcome();
    const { id = '', model, messages, datetime_utc } = outcome.toJSON();
    const { reason = 'unknown' as const, raw_reason } = outcome.finish ?? {};
    return {
      id,
      model,
      ...(outcome.resolvedModel !== undefined && { resolved_model: outcome.resolvedModel }),
      ...(datetime_utc !== undefined && { datetime_utc }),
      text: outcome.text,
      reasoning: outcome.reasoning,
      messages,
      tool_calls: pendingCalls(messages),
      ...(outcome.usage && { usage: outcome.usage }),
      finish: { reason, ...(raw_reason !== undefined && { raw_reason }) },
    };
  }

  /**
   * The next turn: a new cold response on this one's history. Nothing is sent until it is subscribed; then this
   * response runs first if it has not, and tools that it asked for are run, once for all replies with the same tools.
   * A response that has one run only and did not end well is replied to as far as it came. The reply to a chain is a
   * chain, as `chain()` makes it, with the options of the first but for those of its prompt, `approvals$` and `input$`.
   *
   * Errors as any response, and with `paused` where a tool pauses or needs approval; the partial is that of this response,
   * with the results that are there.
   *
   * @param input What to say next; nothing, when the results of tools are all there is to say.
   * @param options As for `prompt()`. Tools and scheduler are carried on, other options are not. `toolResults` are used
   *   instead of running the tools; `[]` sends none.
   * @throws LlmError `invalid_input` or `unsupported`, as `prompt()` does.
   */
  reply(input: PromptInput = '', options: PromptOptions = {}): LlmResponse {
    const { chained } = this.#model;
    if (!chained) return this.#next(this.#model, input, options);
    // Decisions and messages of the user are for one run.
    const { approvals$: _, input$: __, ...settings } = chained.settings;
    const model = chainModel(chained.model, { ...settings, system: options.system });
    return this.#next(model, input, options);
  }

  /**
   * The next turn as a chain, also of a response that was none: a new cold response on this one's history. With nothing
   * to say it goes on where this one stopped: calls that wait are run first. Where something is said they are not: the
   * model reads that they were cancelled.
   *
   * @param options As for `model.chain()`. Tools and scheduler are carried on, other options are not.
   * @throws LlmError as `model.chain()` does.
   *
   * @example
   * const response = fromJSON(paused, { model }).chain('', { tools, approvals$ });
   */
  chain(input: PromptInput = '', options: PromptOptions & ChainOptions = {}): LlmResponse {
    return this.#next(chainModel(this.#model, options), input, options);
  }

  #next(model: ModelDefinition, input: PromptInput, options: PromptOptions): LlmResponse {
    const { toolResults, messages = [], ...others } = options;
    const { carried } = this.#source;
    const tools = options.tools ?? carried.tools;
    const scheduler = options.scheduler ?? carried.scheduler;
    const turn = takeTurn(model, undefined, { ...others, tools, scheduler });
    const added = [...toMessages(input), ...toMessages(messages)];
    const prompt$ = replyPrompt(this.#source, { turn, added, toolResults, isChain: model.chained !== undefined });
    return new LlmResponse(model, new ColdRuns({ model, turn, prompt$ }));
  }

  /**
   * One run for all: begun by the first subscriber, replayed from its first event to each later one, with the same end
   * for everybody, also after it.
   *
   * @throws LlmError `invalid_input` for options that make no sense, or of a response that is shared already.
   */
  share(options: ShareOptions = {}): LiveResponse {
    const source = this.#source;
    if (!isSingle(source)) {
      checkShare(options);
      return new LiveResponse(this.#model, new SharedRun(source, options));
    }
    if (Object.keys(options).length === 0) return new LiveResponse(this.#model, source);
    throw new LlmError('invalid_input', 'this response has one run for all already; options of share() come too late');
  }

  /**
   * The whole turn in llm's JSON.
   *
   * @throws LlmError `not_run` before a run has ended well (with one run only: before it has ended); `assembly` when
   *   its events do not fit together.
   */
  toJSON(): ResponseJSON {
    const { settled } = this.#source;
    if (settled) return settled.toJSON();
    throw new LlmError('not_run', 'the response has not run to its end; subscribe, or await text() or result(), first');
  }

  #outcome(): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#source.whenEnded((outcome) => (outcome.error ? reject(outcome.error) : resolve(outcome)));
    });
  }
}

function jsonOf(outcome: Outcome): ResponseJSON {
  try {
    return outcome.toJSON();
  } catch (error) {
    if (error instanceof LlmError && error.partial) return error.partial;
    throw error;
  }
}

/** A shared response as one value, for a view that shows it. */
export interface ResponseState {
  readonly status: 'running' | EndStatus;
  readonly messages: readonly Message[];
  readonly usage?: Usage;
  /** Why it did not end well. */
  readonly error?: LlmError;
}

/**
 * One run of a response, for many subscribers. The streams ending in `$` are for a view: each emits what there is so far
 * at once, then every change, and is the same Observable at every access. Subscribing to one is subscribing to the
 * response; it ends and errors as the response does.
 */
export class LiveResponse extends LlmResponse {
  readonly #source: SingleSource;
  /** The text so far. */
  readonly text$ = this.#view(
    () =>
      ({ text }) =>
        text,
  );
  /** The visible reasoning so far. */
  readonly reasoning$ = this.#view(
    () =>
      ({ reasoning }) =>
        reasoning,
  );
  /** The complete tool calls for the client so far. */
  readonly toolCalls$ = this.#view(() => {
    const pending = createPendingCalls();
    return ({ kept }) => pending(kept);
  }, isSameList);
  /** The messages so far; tool calls when they are complete, and unchanged parts the same objects. */
  readonly messages$ = this.#view(
    () =>
      ({ kept }) =>
        kept,
    isSameList,
  );
  /** Status, messages, usage and error as one value; an error is its last value, it never errors itself. */
  readonly state$: Observable<ResponseState> = this.#states();

  constructor(model: ModelDefinition, source: SingleSource) {
    super(model, source);
    this.#source = source;
  }

  /** Ends the run now, for every subscriber: they error with `aborted` and what had arrived. No effect after the end. */
  abort(reason = 'abort() was called'): void {
    this.#source.abort(reason);
  }

  /** @param createSelect Makes what takes a view's value out of the progress, one for each subscriber. */
  #view<T>(createSelect: () => (progress: Progress) => T, isSame?: (a: T, b: T) => boolean): Observable<T> {
    return new Observable<T>((subscriber) => {
      const select = createSelect();
      this.#source.watch(subscriber, {
        next: (progress) => subscriber.next(select(progress)),
        end: (progress) => {
          subscriber.next(select(progress));
          if (progress.error) subscriber.error(progress.error);
          else subscriber.complete();
        },
      });
    }).pipe(distinctUntilChanged(isSame));
  }

  #states(): Observable<ResponseState> {
    return new Observable((subscriber) =>
      this.#source.watch(subscriber, {
        next: (progress) => subscriber.next(toState(progress)),
        end: (progress) => {
          subscriber.next(toState(progress));
          subscriber.complete();
        },
      }),
    );
  }
}

function toState({ status, kept, usage, error }: Progress): ResponseState {
  return { status, messages: kept, ...(usage && { usage }), ...(error && { error }) };
}

function isSameList(before: readonly unknown[], after: readonly unknown[]): boolean {
  return before.length === after.length && before.every((item, index) => item === after[index]);
}

/** A response that ended elsewhere, from its JSON; its subscribers get events made from what is stored. */
export function restoreResponse(model: ModelDefinition, json: ResponseJSON): LlmResponse {
  return new LlmResponse(model, new RestoredRun(json));
}
