// The body of a Chat Completions request.
import type { ModelRequest } from '../../response/model.ts';
import type { ToolDefinition } from '../../tools/tool.ts';
import { encodeMessages } from './messages.ts';

/**
 * @param key Under which key of `provider_metadata` the server's own data is.
 * @param extraBody Put over everything else; what is undefined in it takes the field away.
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeBody(
  model: string,
  request: ModelRequest,
  key: string,
  extraBody: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { options, tools, schema, stream } = request;
  return {
    model,
    messages: encodeMessages(request, key),
    stream,
    // Without it OpenAI counts nothing in a stream.
    ...(stream && { stream_options: { include_usage: true } }),
    ...options,
    ...(tools.length > 0 && { tools: tools.map(encodeTool) }),
    // Not `strict`: that allows only a part of JSON Schema, and refuses every schema with an optional property.
    ...(schema && { response_format: { type: 'json_schema', json_schema: { name: 'output', schema } } }),
    ...extraBody,
  };
}

function encodeTool({ name, description, input_schema: schema }: ToolDefinition): Readonly<Record<string, unknown>> {
  const parameters = schema ?? { type: 'object', properties: {} };
  return { type: 'function', function: { name, ...(description !== undefined && { description }), parameters } };
}
