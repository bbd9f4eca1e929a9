// A chain: a model that runs the tools it asks for and answers again, until it asks for none. To a response it is a model
// like any other, so everything that a response can do, a chain can.
import { Observable, Subscription, type Subscriber } from 'rxjs';
import { settle } from '../tools/settle.ts';
import { subscribeWithin } from '../tools/subscribeWithin.ts';
import { PauseChain, type Tool } from '../tools/tool.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { EventOf, StreamEvent } from '../values/event.ts';
import type { Message } from '../values/message.ts';
import type { ToolResultPart } from '../values/part.ts';
import { pendingCalls, trailingCalls } from '../values/pendingCalls.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import { separator } from '../values/spokenText.ts';
import { addUsage, type Usage } from '../values/usage.ts';
import { Approvals } from './approvals.ts';
import { checkChainOptions, type ChainState, type Steering, type StepChanges } from './chainOptions.ts';
import { ChainCalls } from './chainCalls.ts';
import { turnRequest, type Asked, type ChainSetting, type ChainSettings } from './chainRequest.ts';
import { ChainTurn, type Place, type WaitingCalls } from './chainTurn.ts';
import type { ModelDefinition } from './model.ts';
import { toMessages } from './prompt.ts';
import { resultMessages } from './resultMessages.ts';
import { modelEvents } from './requestEvents.ts';

/**
 * The same model as a chain: it runs the tools of the prompt.
 *
 * @throws LlmError `invalid_input` for options that make no sense.
 */
export function chainModel(model: ModelDefinition, options: ChainSettings): ModelDefinition {
  checkChainOptions(options);
  return {
    ...model,
    runsTools: true,
    stream: (request, context) =>
      new Observable((subscriber) => {
        const { tools = [] } = context;
        new Chain({ model, tools, options, request, context }, subscriber).begin();
      }),
  };
}

const interrupted = 'the user said something else first';

class Chain {
  readonly #setting: ChainSetting;
  readonly #out: Subscriber<StreamEvent>;
  readonly #approvals: Approvals | undefined;
  /** What was said after the prompt. */
  readonly #said: Message[] = [];
  #history: readonly Message[] | undefined;
  /** What joins before the next turn. */
  #joining: Message[] = [];
  #turns = 0;
  /** Where the next event belongs. A message that came to nothing keeps its number, so this may run ahead of `#said`. */
  #next: Place = { part: 0, message: 0 };
  #spent: Usage | undefined;
  #last: ResponseJSON | undefined;
  /** Of the last turn before this one that had any. */
  #lastText = '';
  #hasText = false;
  #isWanted = false;
  #isStepping = false;
  /** What is going on: a turn and its calls. */
  #work = new Subscription();
  /** The turn whose answer is not in the history yet. */
  #open: ChainTurn | undefined;
  /** Stops what is going on for what the user says; undefined between two turns. */
  #interrupt: (() => void) | undefined;

  constructor(setting: ChainSetting, out: Subscriber<StreamEvent>) {
    this.#setting = setting;
    this.#out = out;
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

  #say(...messages: readonly Message[]): void {
    this.#said.push(...messages);
    if (messages.length > 0) this.#history = undefined;
  }

  /** Everything said so far, the prompt included; one list as long as nothing is added. */
  get #messages(): readonly Message[] {
    return (this.#history ??= [...this.#setting.request.messages, ...this.#said]);
  }

  get #state(): ChainState {
    const messages = this.#joining.length > 0 ? [...this.#messages, ...this.#joining] : this.#messages;
    return { turns: this.#turns, messages, usage: this.#spent, last: this.#last };
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
    this.#interrupt = undefined;
    // Where the turn before was interrupted.
    this.#checkLimit();
    const { prepareStep } = this.#setting.options;
    const known = this.#joining.length;
    if (!prepareStep) {
      this.#turn({}, known);
      return;
    }
    let changes: StepChanges | undefined;
    subscribeWithin(
      this.#work,
      settle(() => prepareStep(this.#state)),
      {
        next: (value) => (changes = value as StepChanges | undefined),
        error: (error: unknown) => this.#fail(error),
        complete: () => this.#guarded(() => this.#turn(changes ?? {}, known)),
      },
    );
  }

  /** @param known How many of the messages that join `prepareStep` has seen. */
  #turn(changes: StepChanges, known: number): void {
    const work = this.#work;
    const joined = this.#joining;
    this.#joining = [];
    this.#turns += 1;
    this.#hasText = false;
    let isInterrupted = false;
    this.#interrupt = () => (isInterrupted = true);
    const { part, message } = this.#next;
    this.#next = { part, message: message + joined.length };
    this.#say(...joined);
    this.#out.next({ type: 'turn_start', turn: this.#turns, messages: joined, message_index: message });

    const asked = turnRequest(this.#setting, changes, {
      turn: this.#turns,
      messages: this.#messages,
      unseen: joined.slice(known),
    });
    const { scheduler } = this.#setting.context;
    const turn = new ChainTurn(this.#next, asked.model.id, scheduler);
    this.#open = turn;
    let calls = this.#createCalls(asked.tools);
    this.#interrupt = () => this.#cutShort(turn, asked, calls);
    if (isInterrupted) {
      this.#interrupt();
      return;
    }
    const isEager = (name: string) => asked.tools.some((tool) => tool.eager && tool.name === name);
    const take = (event: StreamEvent) => {
      if (turn.finish) return;
      const { event: placed, call } = turn.take(event);
      if (placed.type === 'reset') {
        // Their answer is taken back.
        calls.unsubscribe();
        calls = this.#createCalls(asked.tools);
      }
      this.#tell(placed);
      if (call && !work.closed && isEager(call.part.name)) calls.add(call.part, call.key);
    };
    const end = () => this.#guarded(() => this.#end(turn, asked, calls));
    subscribeWithin(work, modelEvents(asked.model, asked.request, asked.context), {
      next: (event) => this.#guarded(() => take(event)),
      error: (error: unknown) => {
        // What breaks after the end takes nothing away.
        if (turn.finish) end();
        else this.#breakOff(turn, calls, error);
      },
      complete: end,
    });
  }

  /** Gives an event of a turn on, as that of a chain. */
  #tell(event: StreamEvent): void {
    switch (event.type) {
      case 'finish':
        return;
      case 'usage':
        this.#out.next({ ...event, usage: addUsage(this.#spent, event.usage) });
        return;
      case 'reset':
        this.#takeBack();
        return;
      case 'text':
        this.#tellText(event);
        return;
      default:
        this.#out.next(event);
    }
  }

  /** Only the turn begins anew: what was said before stays. */
  #takeBack(): void {
    this.#together(() => {
      this.#hasText = false;
      this.#out.next({ type: 'reset' });
      this.#out.next({ type: 'turn_start', turn: this.#turns, messages: [...this.#said], message_index: 0 });
      if (this.#spent) this.#out.next({ type: 'usage', usage: this.#spent });
    });
  }

  #tellText(event: EventOf<'text'>): void {
    const between = this.#hasText ? '' : separator(this.#lastText, event.chunk);
    this.#hasText ||= event.chunk !== '';
    this.#together(() => {
      if (between) this.#out.next({ type: 'text', chunk: between, separator: true });
      this.#out.next(event);
    });
  }

  /** Tells events of which nobody may make others come in between: an interruption waits until they are told. */
  #together(tell: () => void): void {
    const interrupt = this.#interrupt;
    let isInterrupted = false;
    const wait = () => (isInterrupted = true);
    this.#interrupt = wait;
    tell();
    // Whoever was told may have ended the turn.
    if (this.#interrupt === wait) this.#interrupt = interrupt;
    if (isInterrupted) this.#interrupt?.();
  }

  #end(turn: ChainTurn, asked: Asked, calls: ChainCalls): void {
    let isInterrupted = false;
    this.#interrupt = () => (isInterrupted = true);
    for (const event of turn.endOpenCalls()) this.#out.next(event);
    const response = turn.toJSON(asked.json, 'done');
    const waiting = turn.waiting(response.messages);
    this.#close(turn, response);
    if (this.#out.closed) return;
    // What eager tools have given is kept also where the chain ends here.
    const isLimit = this.#isAtLimit;
    const isStopped = !isLimit && this.#setting.options.stopWhen?.(this.#state);
    if (isLimit || isStopped) calls.place(waiting, this.#next);
    this.#checkLimit();
    if (isStopped) this.#finish(turn);
    else if (waiting.size > 0 && isInterrupted) this.#cancel(calls, waiting);
    else if (waiting.size > 0) this.#run(calls, waiting);
    else if (this.#joining.length > 0) this.#step();
    else this.#finish(turn);
  }

  get #isAtLimit(): boolean {
    const { limit = 0 } = this.#setting.options;
    return limit > 0 && this.#turns >= limit;
  }

  #checkLimit(): void {
    if (!this.#isAtLimit) return;
    const made = this.#turns === 1 ? '1 turn' : `${this.#turns} turns`;
    throw new LlmError('tool_limit', `the chain has made ${made}, which is its limit; give it a higher \`limit\``);
  }

  #createCalls(tools: readonly Tool[]): ChainCalls {
    const { options, context } = this.#setting;
    const { concurrency, beforeCall, afterCall } = options;
    const approvals = this.#approvals;
    const calls = new ChainCalls(
      () => ({
        tools,
        messages: this.#open ? [...this.#messages, ...this.#open.kept] : this.#messages,
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
    this.#interrupt = () => {
      this.#interrupt = undefined;
      this.#work.unsubscribe();
      this.#join(calls.cancelRest(interrupted));
    };
    calls.run(waiting, this.#next, (results, error) => {
      if (error === undefined) this.#join(results);
      else if (error instanceof PauseChain) this.#fail(new LlmError('paused', error.message, { cause: error }));
      else this.#fail(error);
    });
  }

  #cancel(calls: ChainCalls, waiting: WaitingCalls): void {
    this.#interrupt = undefined;
    this.#work.unsubscribe();
    calls.place(waiting, this.#next);
    this.#join(calls.cancelRest(interrupted));
  }

  #join(results: readonly ToolResultPart[]): void {
    const [toolResults, ...files] = resultMessages(results);
    const { part, message } = this.#next;
    if (toolResults) {
      this.#say(toolResults);
      this.#next = { part: part + results.length, message: message + 1 };
    }
    this.#joining.unshift(...files);
    this.#step();
  }

  #steer(steering: Steering): void {
    this.#guarded(() => {
      const isUrgent = typeof steering === 'object' && steering !== null && 'input' in steering;
      this.#joining.push(...toMessages(isUrgent ? steering.input : steering));
      if (isUrgent) this.#interrupt?.();
    });
  }

  /** Ends a turn where it is; calls that are complete are not run. */
  #cutShort(turn: ChainTurn, asked: Asked, calls: ChainCalls): void {
    this.#interrupt = undefined;
    this.#work.unsubscribe();
    const response = turn.toJSON(asked.json, 'aborted');
    const waiting = turn.waiting(response.messages);
    this.#close(turn, response);
    // Half a call must not become a whole one.
    if (response.incomplete) this.#takeBack();
    this.#cancel(calls, waiting);
  }

  /** Fails with a turn; what eager tools have given is kept. */
  #breakOff(turn: ChainTurn, calls: ChainCalls, error: unknown): void {
    calls.place(turn.waiting(turn.kept), turn.next);
    this.#fail(error);
  }

  /** The answer of a turn joins the history. */
  #close(turn: ChainTurn, response: ResponseJSON): void {
    this.#open = undefined;
    this.#next = turn.next;
    this.#say(...response.messages);
    if (turn.usage) this.#spent = addUsage(this.#spent, turn.usage);
    if (turn.text !== '') this.#lastText = turn.text;
    this.#last = response;
    this.#out.next({ type: 'turn_end', turn: this.#turns, ...reasonOf(turn, response), response });
  }

  #finish(turn: ChainTurn): void {
    this.#out.next({ type: 'finish', ...reasonOf(turn, this.#last) });
    this.#out.complete();
  }
}

/** A model that does not say why it stopped waits for its tools, or nobody knows. */
function reasonOf({ finish }: ChainTurn, response: ResponseJSON | undefined) {
  const isWaiting = pendingCalls(response?.messages ?? []).length > 0;
  const { reason = isWaiting ? ('tool_calls' as const) : ('unknown' as const), raw_reason } = finish ?? {};
  return { reason, ...(raw_reason !== undefined && { raw_reason }) };
}
