// What a chain is made of, and what each of its turns asks.
import { defineTools, type Tool } from '../tools/tool.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import { toJsonSchema } from '../values/jsonSchema.ts';
import type { Message } from '../values/message.ts';
import type { PromptJSON } from '../values/responseJson.ts';
import type { ChainOptions, StepChanges } from './chainOptions.ts';
import type { ModelContext, ModelDefinition, ModelRequest } from './model.ts';
import { fitRequest, toMessages } from './prompt.ts';

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
  checkChanges(changes);
  const { model = first, tools = all, system, options } = changes;
  const { schema: firstSchema, ...others } = request;
  // llm asks for it once.
  const schema = changes.schema ? toJsonSchema(changes.schema, 'schema') : turn === 1 && firstSchema;
  const history = changes.messages ? [...toMessages(changes.messages), ...unseen] : messages;
  const asked: ModelRequest = {
    ...others,
    messages: system === undefined ? history : withoutInstructions(history),
    tools: tools === all ? request.tools : defineTools(tools),
    ...(schema && { schema }),
    ...(system !== undefined && { system }),
    ...(options && { options }),
  };
  const isChanged = model !== first || tools !== all || options !== undefined || changes.schema !== undefined;
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
    json: toJSON(fitting, system ?? chain.system ?? request.system),
  };
}

function toJSON({ messages, options }: ModelRequest, system: string | undefined): PromptJSON {
  return { messages, ...(Object.keys(options).length > 0 && { options }), ...(system && { system }) };
}

/** Those that the history begins with. */
function withoutInstructions(messages: readonly Message[]): readonly Message[] {
  const first = messages.findIndex(({ role }) => role !== 'system');
  return first === -1 ? [] : messages.slice(first);
}

/** @throws LlmError `invalid_input` for what is no change. */
function checkChanges(changes: unknown): asserts changes is StepChanges {
  const refuse = (what: string, value: unknown) => {
    throw new LlmError('invalid_input', `prepareStep of a chain gave ${what} ${describe(value)}`);
  };
  if (typeof changes !== 'object' || changes === null) return refuse('no changes, such as { model }, but', changes);
  const { model, tools, system } = changes as { readonly [key: string]: unknown };
  const isModel = typeof model === 'object' && model !== null && 'stream' in model;
  if (model !== undefined && !isModel) refuse('as model', model);
  if (tools !== undefined && !Array.isArray(tools)) refuse('as tools', tools);
  if (system !== undefined && typeof system !== 'string') refuse('as system', system);
}
