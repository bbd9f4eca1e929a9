// What a model of the AI SDK is called with.
import type { ModelRequest } from '../../response/model.ts';
import type { ToolDefinition } from '../../tools/tool.ts';
import type { AiSdkModelOptions } from './options.ts';
import { toPrompt } from './prompt.ts';
import type { AiSdkProviderTool, CallOptions, ProviderTool } from './types.ts';

export interface CallSettings {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly providerTools?: Readonly<Record<string, AiSdkProviderTool>> | undefined;
}

type FunctionTool = Extract<NonNullable<CallOptions['tools']>[number], { type: 'function' }>;

/**
 * @param vendor Whose model is asked.
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function toCallOptions(request: ModelRequest, vendor: string, settings: CallSettings): CallOptions {
  const {
    toolChoice,
    stopSequences,
    reasoning_effort: effort,
    providerOptions,
    ...options
  } = request.options as AiSdkModelOptions;
  const { reasoning = effort as CallOptions['reasoning'], ...numbers } = options;
  const tools = [
    ...request.tools.map(functionTool),
    ...Object.entries(settings.providerTools ?? {}).map(([name, tool]) => providerTool(name, tool)),
  ];
  return {
    prompt: toPrompt(request, vendor),
    ...numbers,
    ...(stopSequences && { stopSequences: [...stopSequences] }),
    ...(reasoning !== undefined && { reasoning }),
    ...(tools.length > 0 && { tools }),
    ...(toolChoice && { toolChoice: typeof toolChoice === 'string' ? { type: toolChoice } : toolChoice }),
    ...(request.schema && { responseFormat: { type: 'json', schema: request.schema } }),
    ...(request.stream && request.raw && { includeRawChunks: true }),
    ...(settings.headers && { headers: { ...settings.headers } }),
    ...(providerOptions && { providerOptions }),
  };
}

function functionTool({ name, description, input_schema: schema }: ToolDefinition): FunctionTool {
  const inputSchema = schema ?? { type: 'object', properties: {} };
  return { type: 'function', name, ...(description !== undefined && { description }), inputSchema };
}

function providerTool(name: string, { id, args }: AiSdkProviderTool): ProviderTool {
  return { type: 'provider', id: id as ProviderTool['id'], name, args: { ...args } };
}
