// A conversation: each prompt takes its history from the responses before it.
import type { Tool } from '../tools/tool.ts';
import type { Message } from '../values/message.ts';
import { chainModel } from './chain.ts';
import type { ChainOptions } from './chainOptions.ts';
import { ColdRuns } from './coldRuns.ts';
import type { ModelDefinition } from './model.ts';
import { promptOf, takeTurn, toMessages, type ModelOptions, type PromptInput, type PromptOptions } from './prompt.ts';
import { LlmResponse } from './response.ts';

export interface ConversationOptions {
  /** For every prompt that brings none of its own. */
  readonly tools?: readonly Tool[] | undefined;
  /** What was said before. */
  readonly messages?: readonly Message[] | undefined;
}

export class Conversation<Options = ModelOptions> {
  readonly #model: ModelDefinition;
  readonly #options: ConversationOptions;
  readonly #responses: LlmResponse[] = [];

  constructor(model: ModelDefinition, options: ConversationOptions = {}) {
    this.#model = model;
    this.#options = { ...options, ...(options.messages && { messages: toMessages(options.messages) }) };
  }

  /** The responses so far, in the order in which they settled. */
  get responses(): readonly LlmResponse[] {
    return [...this.#responses];
  }

  /** Everything said so far; undefined before anything was. */
  get messages(): readonly Message[] | undefined {
    const last = this.#responses.at(-1)?.toJSON();
    return last ? [...last.prompt.messages, ...last.messages] : this.#options.messages;
  }

  /**
   * The next turn. Its history is read when it is subscribed, so a prompt made before the one before it has ended still
   * gets the whole; the response joins the conversation once, when it is settled. Of two that run at the same time
   * neither knows the other, and the one that settles last is gone on from. `system` becomes a message in the first turn
   * only; a history given here replaces that of the conversation from then on.
   *
   * @throws LlmError as `model.prompt()` does.
   */
  prompt(input?: PromptInput, options: PromptOptions<Options> = {}): LlmResponse {
    return this.#next(this.#model, input, options);
  }

  /**
   * The next turn as a chain: the tools are run, and the model is asked again until it asks for none.
   *
   * @throws LlmError as `model.chain()` does.
   */
  chain(input?: PromptInput, options: PromptOptions<Options> & ChainOptions = {}): LlmResponse {
    return this.#next(chainModel(this.#model, options), input, options);
  }

  #next(model: ModelDefinition, input: PromptInput | undefined, options: PromptOptions<Options>): LlmResponse {
    const { tools } = this.#options;
    const turn = takeTurn(model, input, { ...options, tools: options.tools ?? tools });
    const prompt$ = promptOf(turn, () => turn.history ?? this.messages);
    const runs = new ColdRuns({ model, turn, prompt$ }, (outcome) => {
      // One whose events do not fit together has no messages to go on from.
      if (!outcome.conflict) this.#responses.push(response);
    });
    const response = new LlmResponse(model, runs);
    return response;
  }
}
