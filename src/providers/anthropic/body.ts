// The body of a Messages request.
import type { ModelRequest } from '../../response/model.ts';
import type { ToolDefinition } from '../../tools/tool.ts';
import type { JsonObject } from '../../values/json.ts';
import { isText } from '../shared/options.ts';
import { encodeMessages } from './messages.ts';
import type { ModelFacts } from './models.ts';
import type { AnthropicModelOptions } from './options.ts';
import { nativeSchema } from './schema.ts';
import { encodeThinking } from './thinking.ts';

export interface BodyOptions {
  readonly model: string;
  readonly facts: ModelFacts;
  /** Under which key of `provider_metadata` the server's own data is. */
  readonly key: string;
  /** Put over everything else; what is undefined in it takes the field away. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
  /** Google's servers have the model in the address, and the version in the body. */
  readonly isVertex: boolean;
}

export interface EncodedBody {
  readonly body: Readonly<Record<string, unknown>>;
  /** The tool whose arguments are the answer, where a schema had to be asked for in that way. */
  readonly answerTool: string | undefined;
}

/**
 * What is answered in one piece should be done before the connection is given up: Anthropic's libraries want more than
 * this to be streamed.
 */
const maxTokensWhole = 21_333;

/** The name that llm gives it. */
const answerToolName = 'output_structured_data';

/** @throws LlmError `unsupported` for attachments that cannot be sent. */
export function encodeBody(
  request: ModelRequest,
  { model, facts, key, extraBody, isVertex }: BodyOptions,
): EncodedBody {
  const { stream, schema, hideReasoning } = request;
  const options: AnthropicModelOptions = request.options;
  const { max_tokens: givenMax, tool_choice: givenChoice, stop_sequences: stops, cache, citations = false } = options;
  const { system, messages, container } = encodeMessages(request, { key, citations, ...facts });

  const format = schema && facts.takesSchema ? nativeSchema(schema) : undefined;
  const answerTool = schema && !format ? answerToolName : undefined;
  const choice = typeof givenChoice === 'string' ? { type: givenChoice } : givenChoice;
  const isForced = choice?.type === 'any' || choice?.type === 'tool';
  const limit = givenMax ?? (stream ? facts.maxTokens : Math.min(facts.maxTokens, maxTokensWhole));
  const { thinking, effort, budget = 0 } = encodeThinking(options, facts, { hideReasoning, limit, isForced });

  const ownTools = [...request.tools, ...(answerTool === undefined ? [] : [answerToolOf(answerTool, schema)])];
  const tools = [...ownTools.map(encodeTool), ...(options.tools ?? [])];
  // Of models that are told nothing, those that cannot stop thinking think.
  const thinks = thinking === undefined ? !facts.mayNotThink : thinking.type !== 'disabled';
  const toolChoice = choice ?? (answerTool === undefined || thinks ? undefined : forced(answerTool, tools.length));
  const outputFormat = format && { format: { type: 'json_schema', schema: format } };
  const outputConfig = { ...(effort && { effort }), ...outputFormat, ...options.output_config };
  return {
    body: {
      ...(isVertex ? { anthropic_version: 'vertex-2023-10-16' } : { model }),
      // Thinking is a part of it.
      max_tokens: givenMax ?? Math.max(limit, withRoom(budget, facts)),
      ...(system !== undefined && { system }),
      messages,
      stream,
      ...(container && { container }),
      ...passedOn(options),
      ...(stops && { stop_sequences: isText(stops) ? [stops] : stops }),
      ...(thinking && { thinking }),
      ...(Object.keys(outputConfig).length > 0 && { output_config: outputConfig }),
      ...(tools.length > 0 && { tools }),
      ...(toolChoice && { tool_choice: toolChoice }),
      ...(cache && { cache_control: { type: 'ephemeral', ...(isText(cache) && { ttl: cache }) } }),
      ...extraBody,
    },
    answerTool,
  };
}

/** The tokens of an answer of which some are for thinking; more than a model can give are refused. */
function withRoom(budget: number, { maxTokens, isKnown }: ModelFacts): number {
  return isKnown && budget < maxTokens ? Math.min(budget + 4096, maxTokens) : budget + 4096;
}

/** What goes into the body under its own name; of the others it is made here. */
function passedOn(options: AnthropicModelOptions): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !made.has(name)));
}

const made = new Set(['reasoning_effort', 'reasoning_budget', 'cache', 'citations', 'betas']);

function encodeTool({ name, description, input_schema: schema }: ToolDefinition): JsonObject {
  const input = schema === undefined ? { properties: {} } : (schema as JsonObject);
  return { name, ...(description !== undefined && { description }), input_schema: { type: 'object', ...input } };
}

function answerToolOf(name: string, schema: ModelRequest['schema']): ToolDefinition {
  return { name, description: 'Give the answer by calling this tool.', ...(schema && { input_schema: schema }) };
}

/** With other tools beside it, one of them may have to be called first. */
function forced(name: string, count: number): JsonObject {
  return count === 1 ? { type: 'tool', name } : { type: 'any', disable_parallel_tool_use: true };
}
