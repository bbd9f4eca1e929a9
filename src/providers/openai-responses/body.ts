// The body of a Responses request.
import type { ModelRequest } from '../../response/model.ts';
import type { ToolDefinition } from '../../tools/tool.ts';
import { encodeInput } from './input.ts';
import type { OpenAIResponsesModelOptions } from './options.ts';
import { reasons } from './reasons.ts';

/** What is to be known of the server. */
export interface Server {
  /** Under which key of `provider_metadata` its own data is. */
  readonly key: string;
  /** Whether it is OpenAI itself, which never shows what its models think, and takes nothing that others show. */
  readonly isOpenAI: boolean;
}

/**
 * @param extraBody Put over everything else; what is undefined in it takes the field away.
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeBody(
  model: string,
  request: ModelRequest,
  { key, isOpenAI }: Server,
  extraBody: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const {
    max_tokens,
    tools: serverTools = [],
    reasoning_effort,
    reasoning_summary,
    reasoning,
    verbosity,
    text,
    image_detail,
    include,
    ...options
  }: OpenAIResponsesModelOptions = request.options;
  const { instructions, items } = encodeInput(request, {
    key,
    detail: image_detail,
    takesPlainReasoning: !isOpenAI,
  });
  const isReasoning = reasons(model) || Boolean(reasoning_effort ?? reasoning_summary ?? reasoning);
  const included = [
    ...(isReasoning ? ['reasoning.encrypted_content'] : []),
    ...(serverTools.some(({ type }) => type === 'code_interpreter') ? ['code_interpreter_call.outputs'] : []),
    ...(options.top_logprobs === undefined ? [] : ['message.output_text.logprobs']),
    ...(include ?? []),
  ];
  const format = request.schema && {
    // Not `strict`, as for functions.
    format: { type: 'json_schema', name: 'output', schema: request.schema, strict: false },
  };
  const asked = {
    ...(reasoning_effort && { effort: reasoning_effort }),
    ...(isReasoning && !request.hideReasoning && { summary: reasoning_summary ?? 'auto' }),
    ...reasoning,
  };
  return {
    model,
    ...(instructions !== undefined && { instructions }),
    input: items,
    stream: request.stream,
    // The history is sent with every request, so the server need not keep anything.
    store: false,
    ...(included.length > 0 && { include: [...new Set(included)] }),
    ...(Object.keys(asked).length > 0 && { reasoning: asked }),
    ...((verbosity ?? text ?? format) && { text: { ...text, ...(verbosity && { verbosity }), ...format } }),
    ...(max_tokens !== undefined && { max_output_tokens: max_tokens }),
    ...options,
    ...encodeTools(request.tools, serverTools),
    ...extraBody,
  };
}

/** A tool of the other kind that has the name of a function stands for it: the function is how the client runs it. */
function encodeTools(functions: readonly ToolDefinition[], others: NonNullable<OpenAIResponsesModelOptions['tools']>) {
  const names = new Set(others.map(({ name, type }) => name ?? type));
  const tools = [...functions.filter(({ name }) => !names.has(name)).map(encodeTool), ...others];
  return tools.length > 0 ? { tools } : {};
}

function encodeTool({ name, description, input_schema: schema }: ToolDefinition): Readonly<Record<string, unknown>> {
  const parameters = schema ?? { type: 'object', properties: {} };
  // Strict is the default here: that allows only a part of JSON Schema, and refuses every optional property.
  return { type: 'function', name, ...(description !== undefined && { description }), parameters, strict: false };
}
