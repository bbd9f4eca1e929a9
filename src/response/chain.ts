// A chain: a model that runs the tools it asks for and answers again, until it asks for none. To a response it is a model
// like any other, so everything that a response can do, a chain can.
import { Observable, Subscription, type Subscriber } from 'rxjs';
import { settle } from '../tools/settle.ts';
import { defineTools, PauseChain, type Tool } from '../tools/tool.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import type { Message } from '../values/message.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { pendingCalls, trailingCalls } from '../values/pendingCalls.ts';
import type { PromptJSON, ResponseJSON } from '../values/responseJson.ts';
import { addUsage, type Usage } from '../values/usage.ts';
import { Approvals } from './approvals.ts';
import {
  checkChainOptions,
  type ChainOptions,
  type ChainState,
  type Steering,
  type StepChanges,
} from './chainOptions.ts';
import { ChainCalls } from './chainCalls.ts';
import { ChainTurn } from './chainTurn.ts';
import type { ModelContext, ModelDefinition, ModelRequest } from './model.ts';
import { toMessages } from './prompt.ts';
import { resultMessages } from './resultMessages.ts';
import { subscribeWithin } from './subscribeWithin.ts';
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

/** With the `system` of the prompt, which stands in the JSON of each turn. */
type ChainSettings = ChainOptions & { readonly system?: string | undefined };

interface ChainSetting {
  readonly model: ModelDefinition;
  readonly tools: readonly Tool[];
  readonly options: ChainSettings;
  readonly request: ModelRequest;
  readonly context: ModelContext;
}

class Chain {
  readonly #setting: ChainSetting;
  readonly #out: Subscriber<StreamEvent>;
  readonly #approvals: Approvals | undefined;
  /** What was said after the prompt; the first of it is message 0. */
  readonly #said: Message[] = [];
  /** What joins before the next turn. */
  #joining: Message[] = [];
  #turns = 0;
  #nextPart = 0;
  #spent: Usage | undefined;
  #last: ResponseJSON | undefined;
  #lastText = '';
  #isWanted = false;
  #isStepping = false;
  /** What is going on: a turn and its calls. */
  #work = new Subscription();
  /** Stops it for what the user says; undefined between two turns. */
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
    else this.#run(this.#createCalls(tools), waiting);
  }

  get #state(): ChainState {
    const messages = [...this.#setting.request.messages, ...this.#said];
    return { turns: this.#turns, messages, usage: this.#spent, last: this.#last };
  }

  #fail(error: unknown): void {
    this.#work.unsubscribe();
    this.#out.error(toLlmError(error, 'provider_error'));
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
      this.#prepare();
    }
    this.#isStepping = false;
  }

  #prepare(): void {
    this.#work = new Subscription();
    this.#interrupt = undefined;
    const { prepareStep } = this.#setting.options;
    if (!prepareStep) {
      this.#turn({});
      return;
    }
    let changes: StepChanges | undefined;
    subscribeWithin(
      this.#work,
      settle(() => prepareStep(this.#state)),
      {
        next: (value) => (changes = value as StepChanges | undefined),
        error: (error: unknown) => this.#fail(error),
        complete: () => this.#guarded(() => this.#turn(changes ?? {})),
      },
    );
  }

  #turn({ model = this.#setting.model, tools = this.#setting.tools, messages, system, options }: StepChanges): void {
    const { request, context } = this.#setting;
    const joined = this.#joining;
    this.#joining = [];
    this.#turns += 1;
    this.#out.next({ type: 'turn_start', turn: this.#turns, messages: joined, message_index: this.#said.length });
    this.#said.push(...joined);
    const { schema, ...others } = request;
    const asked: ModelRequest = {
      ...others,
      messages: messages ?? [...request.messages, ...this.#said],
      tools: tools === this.#setting.tools ? request.tools : defineTools(tools),
      // llm asks for it once.
      ...(schema && this.#turns === 1 && { schema }),
      ...(system !== undefined && { system }),
      ...(options && { options }),
    };
    const turn = new ChainTurn({ part: this.#nextPart, message: this.#said.length }, model.id, context.scheduler);
    const calls = this.#createCalls(tools);
    this.#interrupt = () => this.#cutShort(turn, asked);
    const take = (event: StreamEvent) => {
      const { event: placed, call } = turn.take(event);
      this.#tell(placed);
      if (call && tools.some(({ name, eager }) => eager && name === call.part.name)) calls.add(call.part, call.index);
    };
    subscribeWithin(this.#work, modelEvents(model, asked, context), {
      next: (event) => this.#guarded(() => take(event)),
      error: (error: unknown) => this.#fail(error),
      complete: () => this.#guarded(() => this.#end(turn, asked, calls)),
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
        this.#separate(event.chunk);
        break;
      default:
        break;
    }
    this.#out.next(event);
  }

  /** Only the turn begins anew: what was said before stays. */
  #takeBack(): void {
    this.#out.next({ type: 'reset' });
    this.#out.next({ type: 'turn_start', turn: this.#turns, messages: [...this.#said], message_index: 0 });
    if (this.#spent) this.#out.next({ type: 'usage', usage: this.#spent });
  }

  /** llm shows a space between the texts of two turns where neither has one. */
  #separate(chunk: string): void {
    if (chunk === '' || this.#lastText === '') return;
    if (!/\s$/.test(this.#lastText) && !/^\s/.test(chunk)) {
      this.#out.next({ type: 'text', chunk: ' ', separator: true });
    }
    this.#lastText = '';
  }

  #end(turn: ChainTurn, asked: ModelRequest, calls: ChainCalls): void {
    for (const event of turn.endOpenCalls()) this.#out.next(event);
    const response = turn.toJSON(promptOf(asked, this.#setting.options.system), 'done');
    const { limit = 0, stopWhen } = this.#setting.options;
    this.#close(turn, response);
    if (limit > 0 && this.#turns >= limit) {
      throw new LlmError(
        'tool_limit',
        `the chain has made ${limit} turns, which is its limit; give it a higher \`limit\``,
      );
    }
    const waiting = pendingCalls(response.messages);
    if (stopWhen?.(this.#state)) this.#finish(turn);
    else if (waiting.length > 0) this.#run(calls, waiting);
    else if (this.#joining.length > 0) this.#step();
    else this.#finish(turn);
  }

  #createCalls(tools: readonly Tool[]): ChainCalls {
    const { options, context } = this.#setting;
    const { concurrency, beforeCall, afterCall } = options;
    const approvals = this.#approvals;
    const calls = new ChainCalls(
      () => ({
        tools,
        messages: this.#state.messages,
        scheduler: context.scheduler,
        concurrency,
        beforeCall,
        afterCall,
        ...(approvals && { decide: (call: ToolCallPart) => approvals.decisionOf(call.tool_call_id ?? call.name) }),
      }),
      (event) => this.#out.next(event),
    );
    this.#work.add(() => calls.unsubscribe());
    return calls;
  }

  /** Runs the calls; their results join the history, and the next turn begins. */
  #run(calls: ChainCalls, waiting: readonly ToolCallPart[]): void {
    this.#interrupt = () => {
      this.#work.unsubscribe();
      this.#join(calls.cancelRest('the user said something else first'));
    };
    calls.run(waiting, { part: this.#nextPart, message: this.#said.length }, (results, error) => {
      if (error === undefined) this.#join(results);
      else if (error instanceof PauseChain) this.#fail(new LlmError('paused', error.message, { cause: error }));
      else this.#fail(error);
    });
  }

  #join(results: readonly ToolResultPart[]): void {
    const [message, ...files] = resultMessages(results);
    if (message) this.#said.push(message);
    this.#nextPart += results.length;
    this.#joining.unshift(...files);
    this.#step();
  }

  #steer(steering: Steering): void {
    this.#guarded(() => {
      const isPlain = typeof steering === 'string' || !('input' in steering);
      this.#joining.push(...toMessages(isPlain ? steering : steering.input));
      if (!isPlain) this.#interrupt?.();
    });
  }

  /** Ends a turn where it is; calls that are complete are not run. */
  #cutShort(turn: ChainTurn, asked: ModelRequest): void {
    this.#work.unsubscribe();
    const response = turn.toJSON(promptOf(asked, this.#setting.options.system), 'aborted');
    this.#close(turn, response);
    // Half a call must not become a whole one.
    if (response.incomplete) this.#takeBack();
    const waiting = pendingCalls(response.messages);
    const calls = this.#createCalls([]);
    calls.place(waiting, { part: this.#nextPart, message: this.#said.length });
    this.#join(calls.cancelRest('the user said something else first'));
  }

  /** The answer of a turn joins the history. */
  #close(turn: ChainTurn, response: ResponseJSON): void {
    const { reason = 'unknown' as const, raw_reason } = turn.finish ?? {};
    this.#nextPart = turn.nextPart;
    this.#said.push(...response.messages);
    if (turn.usage) this.#spent = addUsage(this.#spent, turn.usage);
    if (turn.text !== '') this.#lastText = turn.text;
    this.#last = response;
    const end = { type: 'turn_end', turn: this.#turns, reason, ...(raw_reason && { raw_reason }), response } as const;
    this.#out.next(end);
  }

  #finish({ finish }: ChainTurn): void {
    const { reason = 'unknown' as const, raw_reason } = finish ?? {};
    this.#out.next({ type: 'finish', reason, ...(raw_reason && { raw_reason }) });
    this.#out.complete();
  }
}

function promptOf({ messages, options }: ModelRequest, system: string | undefined): PromptJSON {
  return { messages, ...(Object.keys(options).length > 0 && { options }), ...(system && { system }) };
}
