// The body of an `/api/chat` request.
import type { ModelRequest } from '../../response/model.ts';
import type { ToolDefinition } from '../../tools/tool.ts';
import { isRecord } from '../shared/options.ts';
import { encodeMessages } from './messages.ts';
import { runtimeOptions, type OllamaModelOptions } from './options.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * @param extraBody Put over everything else, its `options` over single options; what is undefined in it takes the field
 * away.
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeBody(model: string, request: ModelRequest, extraBody: Fields = {}): Fields {
  const { tools, schema, stream } = request;
  const { stop, reasoning_effort: effort, think = thinkOf(effort), ...given } = request.options as OllamaModelOptions;
  const isRuntime = (name: string) => Object.hasOwn(runtimeOptions, name);
  const entries = Object.entries(given);
  const runtime = {
    ...Object.fromEntries(entries.filter(([name]) => isRuntime(name))),
    // The server takes a list only.
    ...(stop !== undefined && { stop: typeof stop === 'string' ? [stop] : stop }),
  };
  return {
    model,
    messages: encodeMessages(request),
    stream,
    ...(think !== undefined && { think }),
    ...Object.fromEntries(entries.filter(([name]) => !isRuntime(name))),
    ...(tools.length > 0 && { tools: tools.map(encodeTool) }),
    ...(schema && { format: schema }),
    ...(Object.keys(runtime).length > 0 && { options: runtime }),
    ...extraBody,
    ...(isRecord(extraBody.options) && { options: { ...runtime, ...extraBody.options } }),
  };
}

/** The levels of thinking are `low`, `medium`, `high` and whatever else a model has (`/api/show` tells). */
function thinkOf(effort: string | undefined): boolean | string | undefined {
  switch (effort) {
    case 'none':
      return false;
    case 'minimal':
      return 'low';
    case 'xhigh':
      return 'high';
    default:
      return effort;
  }
}

function encodeTool({ name, description, input_schema: schema }: ToolDefinition): Fields {
  const parameters = schema ?? { type: 'object', properties: {} };
  return { type: 'function', function: { name, ...(description !== undefined && { description }), parameters } };
}
