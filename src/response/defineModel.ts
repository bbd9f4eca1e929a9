// defineModel: makes a model of one function from a request to events.
import type { StandardSchema } from '../values/standardSchema.ts';
import { chainModel } from './chain.ts';
import type { ChainOptions } from './chainOptions.ts';
import { ColdRuns } from './coldRuns.ts';
import { Conversation, type ConversationOptions } from './conversation.ts';
import type { ModelDefinition } from './model.ts';
import { promptOf, takeTurn, type ModelOptions, type PromptInput, type PromptOptions } from './prompt.ts';
import { LlmResponse } from './response.ts';

/** A model: ask it with `prompt()`. `Options` are the model options that a prompt may have. */
export interface Model<Options = ModelOptions> extends ModelDefinition {
  /**
   * A response to a prompt; nothing is sent before it is subscribed.
   *
   * @param input A string is one user message; a message or a list of messages is the history as it stands.
   * @throws LlmError `invalid_input` for arguments that make no sense, `unsupported` for what the model cannot do.
   */
  prompt(input?: PromptInput, options?: PromptOptions<Options>): LlmResponse;
  /**
   * A response to a prompt that goes on by itself: the tools that it asks for are run, and the model is asked again with
   * their results, until it asks for none. Its events are those of all turns, with `turn_start` and `turn_end` around
   * each and `tool_output` for each result; its messages are the whole history after the prompt. A history that ends in
   * calls without results is resumed: they are run first.
   *
   * Errors as any response, and with `tool_limit` and `paused`; the partial has everything up to there.
   *
   * @throws LlmError as `prompt()` does.
   */
  chain(input?: PromptInput, options?: PromptOptions<Options> & ChainOptions): LlmResponse;
  /** A conversation, whose prompts each follow on the responses before. */
  conversation(options?: ConversationOptions): Conversation<Options>;
}

/**
 * Makes a model.
 *
 * @example
 * const echo = defineModel({ id: 'echo', stream: ({ messages }) => from(['You said: ', lastText(messages)]) });
 */
export function defineModel<Options = ModelOptions>(
  definition: ModelDefinition & { readonly options?: StandardSchema<Options> },
): Model<Options> {
  return createModel(definition);
}

/** `defineModel` for a definition whose options are not known by type. */
export function createModel<Options>(definition: ModelDefinition): Model<Options> {
  return {
    ...definition,
    prompt(input, options = {}) {
      const turn = takeTurn(definition, input, options);
      const prompt$ = promptOf(turn, () => turn.history);
      return new LlmResponse(definition, new ColdRuns({ model: definition, turn, prompt$ }));
    },
    chain(input, options = {}) {
      const model = chainModel(definition, options);
      const turn = takeTurn(model, input, options);
      const prompt$ = promptOf(turn, () => turn.history);
      return new LlmResponse(model, new ColdRuns({ model, turn, prompt$ }));
    },
    conversation: (options) => new Conversation(definition, options),
  };
}
