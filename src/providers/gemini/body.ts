// The body of a generateContent request.
import type { ModelRequest } from '../../response/model.ts';
import type { Tool } from '../../tools/tool.ts';
import { encodeContents } from './contents.ts';
import { topLevelOptions } from './options.ts';
import { thinkingConfig } from './thinking.ts';

/**
 * @param extraBody Put over everything else; what is undefined in it takes the field away.
 * @throws LlmError `unsupported` for attachments that cannot be sent.
 */
export function encodeBody(
  model: string,
  request: ModelRequest,
  extraBody: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { options, tools, schema } = request;
  const { tools: googles, reasoning_effort: _, reasoning_budget: __, thinkingConfig: ___, ...others } = options;
  const entries = Object.entries(others);
  const isTopLevel = ([name]: readonly [string, unknown]) => topLevelOptions.includes(name);
  const thinking = thinkingConfig(model, request);
  const generationConfig = {
    ...Object.fromEntries(entries.filter((entry) => !isTopLevel(entry))),
    ...(schema && { responseMimeType: 'application/json', responseJsonSchema: schema }),
    ...(thinking && { thinkingConfig: thinking }),
  };
  const allTools = [
    ...(tools.length > 0 ? [{ functionDeclarations: tools.map(encodeTool) }] : []),
    ...(Array.isArray(googles) ? googles : []),
  ];
  return {
    ...encodeContents(request, model),
    ...(allTools.length > 0 && { tools: allTools }),
    ...Object.fromEntries(entries.filter(isTopLevel)),
    ...(Object.keys(generationConfig).length > 0 && { generationConfig }),
    ...extraBody,
  };
}

function encodeTool({ name, description, input_schema: schema }: Tool): Readonly<Record<string, unknown>> {
  return {
    name,
    ...(description !== undefined && { description }),
    // `parameters` would be Google's own subset of JSON Schema.
    ...(schema && { parametersJsonSchema: schema }),
  };
}
