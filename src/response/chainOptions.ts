// What a user may say about a chain.
import { isObservable, type Observable } from 'rxjs';
import type { CallHooks, ToolDecision } from '../tools/runCall.ts';
import type { Tool } from '../tools/tool.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { JsonObject, JsonSchema } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import type { StandardSchema } from '../values/standardSchema.ts';
import type { Usage } from '../values/usage.ts';
import type { ModelDefinition } from './model.ts';
import type { PromptInput } from './prompt.ts';

/** What is known of a chain between two turns. */
export interface ChainState {
  /** How many turns have been made. */
  readonly turns: number;
  /** Everything said so far, the prompt included. */
  readonly messages: readonly Message[];
  /** What all turns have cost so far. */
  readonly usage: Usage | undefined;
  /** The last turn; undefined before the first. */
  readonly last: ResponseJSON | undefined;
}

/** What one turn does differently from what the chain was asked for. */
export interface StepChanges {
  readonly model?: ModelDefinition | undefined;
  readonly tools?: readonly Tool[] | undefined;
  /** What the model is sent as the history; what is kept of the chain stays as it is. */
  readonly messages?: readonly Message[] | undefined;
  /** Takes the place of the instructions that the history begins with. */
  readonly system?: string | undefined;
  /** Without it only the first turn is asked for the `schema` of the prompt. */
  readonly schema?: JsonSchema | StandardSchema | undefined;
  readonly options?: JsonObject | undefined;
}

/** A message of the user that comes while a chain runs. */
export type Steering = PromptInput | { readonly input: PromptInput; readonly interrupt?: boolean };

/** A decision about the call with this id. */
export type ToolApproval = ToolDecision & { readonly tool_call_id: string };

export interface ChainOptions extends CallHooks {
  /** After so many turns a chain errors with `tool_limit`, also when nothing more was to do. Default, and 0: no limit. */
  readonly limit?: number | undefined;
  /** How many calls run at the same time. Default: all. */
  readonly concurrency?: number | undefined;
  /**
   * Decisions about calls that need approval, in any order, also before they are asked for. Without it, or when it ends
   * before a decision, the chain errors with `paused`.
   */
  readonly approvals$?: Observable<ToolApproval> | undefined;
  /** Messages of the user, taken up before the next turn; with `interrupt: true` at once. */
  readonly input$?: Observable<Steering> | undefined;
  /** Whether the chain ends after a turn, though its calls wait: they stay without results. */
  readonly stopWhen?: ((state: ChainState) => boolean) | undefined;
  /** Called before each turn; a Promise or an Observable that it returns is waited for. */
  readonly prepareStep?:
    | ((
        state: ChainState,
      ) => StepChanges | undefined | PromiseLike<StepChanges | undefined> | Observable<StepChanges | undefined>)
    | undefined;
}

/** @throws LlmError `invalid_input` for options that make no sense. */
export function checkChainOptions(options: ChainOptions): void {
  const { limit = 0, concurrency = 1, approvals$, input$, ...hooks } = options;
  const refuse = (name: string, what: string, value: unknown) => {
    throw new LlmError('invalid_input', `${name} of a chain is ${what}, not ${describe(value)}`);
  };
  if (!(Number.isInteger(limit) && limit >= 0)) refuse('limit', 'a whole number of turns, or 0 for none', limit);
  if (!(concurrency >= 1)) refuse('concurrency', 'a number from 1 up', concurrency);
  for (const [name, value] of Object.entries({ approvals$, input$ })) {
    if (value !== undefined && !isObservable(value)) refuse(name, 'an Observable', value);
  }
  for (const name of ['beforeCall', 'afterCall', 'stopWhen', 'prepareStep'] as const) {
    const hook: unknown = hooks[name];
    if (hook !== undefined && typeof hook !== 'function') refuse(name, 'a function', hook);
  }
}
