// A chain: a model that runs the tools it asks for and answers again, until it asks for none. To a response it is a model
// like any other, so everything that a response can do, a chain can.
import { Observable, Subscription, type Subscriber } from 'rxjs';
import { settle } from '../tools/settle.ts';
import { subscribeWithin } from '../rx/subscribeWithin.ts';
import { PauseChain, type Tool } from '../tools/tool.ts';
import { describe } from '../values/describe.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import type { ToolResultPart } from '../values/part.ts';
import { pendingCalls, trailingCalls } from '../values/pendingCalls.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import { Approvals } from './approvals.ts';
import { checkChainOptions, type Steering, type StepChanges } from './chainOptions.ts';
import { ChainCalls } from './chainCalls.ts';
import { ChainHistory } from './chainHistory.ts';
import { turnRequest, type Asked, type ChainSetting, type ChainSettings } from './chainRequest.ts';
import { ChainTurn, type WaitingCalls } from './chainTurn.ts';
import { ChainVoice } from './chainVoice.ts';
import { Interruption } from './interruption.ts';
import type { ModelDefinition } from './model.ts';
import { toMessages, type PromptInput } from './prompt.ts';
import { modelEvents } from './requestEvents.ts';

/**
 * The same model as a chain: it runs the tools of the prompt. That of a chain is taken for the model of its turns.
 *
 * @throws LlmError `invalid_input` for options that make no sense.
 */
export function chainModel(from: ModelDefinition, options: ChainSettings): ModelDefinition {
  checkChainOptions(options);
  const model = from.chained?.model ?? from;
  return {
    ...model,
    chained: { model, settings: options },
    stream: (request, context) =>
      new Observable((subscriber) => {
        const { tools = [] } = context;
        new Chain({ model, tools, options, request, context }, subscriber).begin();
      }),
  };
}

class Chain {
  readonly #setting: ChainSetting;
  readonly #out: Subscriber<StreamEvent>;
  readonly #approvals: Approvals | undefined;
  readonly #history: ChainHistory;
  /** For what the user says meanwhile; nothing is cut short between two turns. */
  readonly #interruption = new Interruption();
  readonly #voice: ChainVoice;
  #isWanted = false;
  #isStepping = false;
  /** What is going on: a turn and its calls. */
  #work = new Subscription();
  /** The turn whose answer is not in the history yet. */
  #open: ChainTurn | undefined;

  constructor(setting: ChainSetting, out: Subscriber<StreamEvent>) {
    this.#setting = setting;
    this.#out = out;
    this.#history = new ChainHistory(setting.request.messages);
    this.#voice = new ChainVoice(this.#history, this.#interruption, (event) => out.next(event));
    const { approvals$, input$ } = setting.options;
    out.add(() => this.#work.unsubscribe());
    if (approvals$) {
      this.#approvals = new Approvals(approvals$, (error) => this.#fail(error));
      out.add(this.#approvals.subscription);
    }
    if (input$) {
      out.add(
        input$.subscribe({ next: (steering) => this.#steer(steering), error: (error: unknown) => this.#fail(error) }),
      );
    }
  }

  begin(): void {
    const { tools, request } = this.#setting;
    const waiting = tools.length > 0 ? trailingCalls(request.messages) : [];
    if (waiting.length === 0) this.#step();
    else this.#run(this.#createCalls(tools), new Map(waiting.entries()));
  }

  #fail(error: unknown): void {
    try {
      this.#work.unsubscribe();
    } finally {
      // Also when the teardown of a model or a tool throws.
      this.#out.error(toLlmError(error, 'provider_error'));
    }
  }

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The next turn. Not from within the one before, however synchronous all is: a chain may have thousands. */
  #step(): void {
    this.#isWanted = true;
    if (this.#isStepping) return;
    this.#isStepping = true;
    while (this.#isWanted && !this.#out.closed) {
      this.#isWanted = false;
      this.#guarded(() => this.#prepare());
    }
    this.#isStepping = false;
  }

  #prepare(): void {
    this.#work = new Subscription();
    this.#interruption.replace(undefined);
    // Where the turn before was interrupted.
    this.#checkLimit();
    const { prepareStep } = this.#setting.options;
    const known = this.#history.joining;
    if (!prepareStep) {
      this.#turn({}, known);
      return;
    }
    let changes: StepChanges | undefined;
    subscribeWithin(
      this.#work,
      settle(() => prepareStep(this.#history.state)),
      {
        next: (value) => (changes = value as StepChanges | undefined),
        error: (error: unknown) => this.#fail(error),
        complete: () => this.#guarded(() => this.#turn(changes ?? {}, known)),
      },
    );
  }

  /** @param known How many of the messages that join `prepareStep` has seen. */
  #turn(changes: StepChanges, known: number): void {
    const { joined, message } = this.#history.beginTurn();
    this.#voice.beginTurn();
    let isInterrupted = false;
    this.#interruption.replace(() => (isInterrupted = true));
    const { turns, messages, next } = this.#history;
    this.#out.next({ type: 'turn_start', turn: turns, messages: joined, message_index: message });

    const asked = turnRequest(this.#setting, changes, { turn: turns, messages, unseen: joined.slice(known) });
    const turn = new ChainTurn(next, asked.model.id, this.#setting.context.scheduler);
    this.#open = turn;
    const running = { turn, asked, calls: this.#createCalls(asked.tools) };
    if (isInterrupted) this.#cutShort(running);
    else this.#ask(running);
  }

  /** Asks the model. */
  #ask(running: RunningTurn): void {
    const work = this.#work;
    const { turn, asked } = running;
    this.#interruption.replace(() => this.#cutShort(running));
    const isEager = (name: string) => asked.tools.some((tool) => tool.eager && tool.name === name);
    const take = (event: StreamEvent) => {
      if (turn.finish) return;
      const { event: placed, call } = turn.take(event);
      if (placed.type === 'reset') {
        // Their answer is taken back.
        running.calls.unsubscribe();
        running.calls = this.#createCalls(asked.tools);
      }
      this.#voice.tell(placed);
      if (call && !work.closed && isEager(call.part.name)) running.calls.add(call.part, call.key);
    };
    const end = () => this.#guarded(() => this.#end(running));
    subscribeWithin(work, modelEvents(asked.model, asked.request, asked.context), {
      next: (event) => this.#guarded(() => take(event)),
      error: (error: unknown) => {
        // What breaks after the end takes nothing away.
        if (turn.finish) end();
        else this.#breakOff(running, error);
      },
      complete: end,
    });
  }

  #end({ turn, asked, calls }: RunningTurn): void {
    let isInterrupted = false;
    this.#interruption.replace(() => (isInterrupted = true));
    for (const event of turn.endOpenCalls()) this.#out.next(event);
    const response = turn.toJSON(asked.json, 'done');
    const waiting = turn.waiting(response.messages);
    this.#close(turn, response);
    if (this.#out.closed) return;
    // What eager tools have given is kept also where the chain ends here.
    const isLimit = this.#isAtLimit;
    const isStopped = !isLimit && this.#isStopped();
    if (isLimit || isStopped) calls.place(waiting, this.#history.next);
    this.#checkLimit();
    if (isStopped) this.#finish(turn);
    else if (waiting.size > 0 && isInterrupted) this.#cancel(calls, waiting);
    else if (waiting.size > 0) this.#run(calls, waiting);
    else if (this.#history.joining > 0 || isPaused(turn)) this.#step();
    else this.#finish(turn);
  }

  #isStopped(): boolean {
    const { stopWhen = () => false } = this.#setting.options;
    const answer: unknown = stopWhen(this.#history.state);
    // A Promise is not true.
    if (typeof answer === 'boolean' || answer === undefined) return answer === true;
    const what = answer instanceof Promise ? 'a Promise' : describe(answer);
    throw new LlmError('invalid_input', `stopWhen of a chain gave ${what}, not true or false`);
  }

  get #isAtLimit(): boolean {
    const { limit = 0 } = this.#setting.options;
    return limit > 0 && this.#history.turns >= limit;
  }

  #checkLimit(): void {
    if (!this.#isAtLimit) return;
    const { turns } = this.#history;
    const made = turns === 1 ? '1 turn' : `${turns} turns`;
    throw new LlmError('tool_limit', `the chain has made ${made}, which is its limit; give it a higher \`limit\``);
  }

  #createCalls(tools: readonly Tool[]): ChainCalls {
    const { options, context } = this.#setting;
    const { concurrency, beforeCall, afterCall } = options;
    const approvals = this.#approvals;
    const calls = new ChainCalls(
      () => ({
        tools,
        messages: this.#open ? [...this.#history.messages, ...this.#open.kept] : this.#history.messages,
        scheduler: context.scheduler,
        concurrency,
        beforeCall,
        afterCall,
        ...(approvals && { decide: (call) => approvals.decisionOf(call) }),
      }),
      (event) => {
        if (event.type === 'tool_approval') approvals?.ask(event.call);
        this.#out.next(event);
      },
    );
    this.#work.add(() => calls.unsubscribe());
    return calls;
  }

  /** Runs the calls; their results join the history, and the next turn begins. */
  #run(calls: ChainCalls, waiting: WaitingCalls): void {
    this.#interruption.replace(() => this.#cancel(calls, waiting));
    calls.run(waiting, this.#history.next, (results, error) => {
      if (error === undefined) this.#goOn(results);
      else if (error instanceof PauseChain) this.#fail(new LlmError('paused', error.message, { cause: error }));
      else this.#fail(error);
    });
  }

  /** Cancels the calls that have no result yet. */
  #cancel(calls: ChainCalls, waiting: WaitingCalls): void {
    this.#interruption.replace(undefined);
    this.#work.unsubscribe();
    calls.place(waiting, this.#history.next);
    this.#goOn(calls.cancelRest());
  }

  #goOn(results: readonly ToolResultPart[]): void {
    this.#history.addResults(results);
    this.#step();
  }

  #steer(steering: Steering): void {
    this.#guarded(() => {
      const { input, interrupt = false } = isWrapped(steering) ? steering : { input: steering };
      this.#history.join(toMessages(input));
      if (interrupt) this.#interruption.ask();
    });
  }

  /** Ends a turn where it is; calls that are complete are not run. */
  #cutShort({ turn, asked, calls }: RunningTurn): void {
    this.#interruption.replace(undefined);
    this.#work.unsubscribe();
    const response = turn.toJSON(asked.json, 'aborted');
    const waiting = turn.waiting(response.messages);
    this.#close(turn, response);
    // Half a call must not become a whole one.
    if (response.incomplete) this.#voice.takeBack();
    this.#cancel(calls, waiting);
  }

  /** Fails with a turn; what eager tools have given is kept. */
  #breakOff({ turn, calls }: RunningTurn, error: unknown): void {
    calls.place(turn.waiting(turn.kept), turn.next);
    this.#fail(error);
  }

  /** The answer of a turn joins the history. */
  #close(turn: ChainTurn, response: ResponseJSON): void {
    this.#open = undefined;
    this.#history.endTurn(turn, response);
    this.#voice.endTurn(turn.text);
    this.#out.next({ type: 'turn_end', turn: this.#history.turns, ...reasonOf(turn, response), response });
  }

  #finish(turn: ChainTurn): void {
    this.#out.next({ type: 'finish', ...reasonOf(turn, this.#history.last) });
    this.#out.complete();
  }
}

/** A turn that has not ended. */
interface RunningTurn {
  readonly turn: ChainTurn;
  readonly asked: Asked;
  calls: ChainCalls;
}

function isWrapped(steering: Steering): steering is Exclude<Steering, PromptInput> {
  return typeof steering === 'object' && steering !== null && 'input' in steering;
}

/** The provider has stopped in the midst of a long turn, and goes on when it is sent what there is. */
function isPaused({ finish }: ChainTurn): boolean {
  return finish?.reason === 'pause';
}

/** A model that does not say why it stopped waits for its tools, or nobody knows. */
function reasonOf({ finish }: ChainTurn, response: ResponseJSON | undefined) {
  const isWaiting = pendingCalls(response?.messages ?? []).length > 0;
  const { reason = isWaiting ? ('tool_calls' as const) : ('unknown' as const), raw_reason } = finish ?? {};
  return { reason, ...(raw_reason !== undefined && { raw_reason }) };
}
