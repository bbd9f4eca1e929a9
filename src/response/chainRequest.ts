// What a chain is made of, and what each of its turns asks.
import { defineTools, type Tool } from '../tools/tool.ts';
import type { Message } from '../values/message.ts';
import type { PromptJSON } from '../values/responseJson.ts';
import type { ChainOptions, StepChanges } from './chainOptions.ts';
import type { ModelContext, ModelDefinition, ModelRequest } from './model.ts';
import { fitRequest } from './prompt.ts';

/** With the `system` of the prompt, which stands in the JSON of each turn. */
export type ChainSettings = ChainOptions & { readonly system?: string | undefined };

export interface ChainSetting {
  readonly model: ModelDefinition;
  readonly tools: readonly Tool[];
  readonly options: ChainSettings;
  readonly request: ModelRequest;
  readonly context: ModelContext;
}

/** What one turn asks. */
export interface Asked {
  readonly model: ModelDefinition;
  readonly tools: readonly Tool[];
  readonly request: ModelRequest;
  readonly context: ModelContext;
  readonly json: PromptJSON;
}

/** What is there when a turn begins. */
interface Said {
  readonly turn: number;
  readonly messages: readonly Message[];
  /** The last of them, which `prepareStep` has not seen. */
  readonly unseen: readonly Message[];
}

/** @throws LlmError `invalid_input` or `unsupported` for what the model of the turn does not take. */
export function turnRequest(setting: ChainSetting, changes: StepChanges, { turn, messages, unseen }: Said): Asked {
  const { model: first, tools: all, request, options: chain } = setting;
  const { model = first, tools = all, system, options } = changes;
  const { schema, ...others } = request;
  const asked: ModelRequest = {
    ...others,
    messages: changes.messages ? [...changes.messages, ...unseen] : messages,
    tools: tools === all ? request.tools : defineTools(tools),
    // llm asks for it once.
    ...(schema && turn === 1 && { schema }),
    ...(system !== undefined && { system }),
    ...(options && { options }),
  };
  const isChanged = model !== first || tools !== all || options !== undefined;
  const fitting = isChanged ? fitRequest(model, asked, options ? undefined : first.options) : asked;
  const { key, tools: _, ...context } = setting.context;
  return {
    model,
    tools,
    // A list of its own, whatever a model does to it.
    request: { ...fitting, messages: [...fitting.messages] },
    context: {
      ...context,
      ...(tools.length > 0 && { tools }),
      // It belongs to one provider, and must not be shown to another.
      ...(key !== undefined && model === first && { key }),
    },
    json: toJSON(fitting, system ?? chain.system),
  };
}

function toJSON({ messages, options }: ModelRequest, system: string | undefined): PromptJSON {
  return { messages, ...(Object.keys(options).length > 0 && { options }), ...(system && { system }) };
}
