// Results of tools for Gemini, and the files that come with them.
import type { JsonObject } from '../../values/json.ts';
import type { Attachment, ToolCallPart, ToolResultPart } from '../../values/part.ts';
import { inlineFile } from '../shared/files.ts';
import { notRunText, resultText } from '../shared/pairResults.ts';
import { isSyntheticId } from '../shared/parts.ts';
import { toFilePart } from './files.ts';
import { isGemini3, isOlder } from './thinking.ts';

/**
 * What answers a turn of calls: "the number of function response parts" has to be "equal to the number of function call
 * parts", in their order. A call without a result gets one that says so; a result without a call becomes text. Files that
 * have no place in a result follow after all of them.
 *
 * @throws LlmError `unsupported` for files that cannot be sent.
 */
export function encodeResults(
  calls: readonly ToolCallPart[],
  results: readonly ToolResultPart[],
  model: string,
): readonly JsonObject[] {
  const waiting = new Set(results);
  const outside: Attachment[] = [];
  const responses = calls.map((call) => {
    const result = [...waiting].find(({ name, tool_call_id: id }) =>
      id === undefined ? name === call.name : id === call.tool_call_id,
    );
    if (result) waiting.delete(result);
    const { output = '', exception, attachments = [] } = result ?? { exception: notRunText };
    const hasPlace = (file: Attachment) => isGemini3(model) && fitsInside(file);
    const inside = attachments.filter(hasPlace);
    outside.push(...attachments.filter((file) => !hasPlace(file)));
    return {
      functionResponse: {
        ...idOf(call, model),
        name: call.name,
        // 'Use "output" key to specify function output and "error" key to specify error details' (FunctionResponse).
        response: exception === undefined ? { output } : { error: output || exception },
        ...(inside.length > 0 && { parts: inside.map(toFilePart) }),
      },
    };
  });
  const texts = [...waiting].map((result) => {
    outside.push(...(result.attachments ?? []));
    return { text: resultText(result) };
  });
  return [...responses, ...texts, ...outside.map(toFilePart)];
}

/**
 * The id of a call, where Gemini 3 or whoever made the call gave one. Models before that give none and go by the order;
 * to them Vertex AI has answered "Unknown name "id" at 'contents[1].parts[0].function_call'".
 */
export function idOf(call: ToolCallPart, model: string): JsonObject {
  const { tool_call_id: id } = call;
  return id && !isSyntheticId(call) && !isOlder(model) ? { id } : {};
}

/** What a result of Gemini 3 may hold (https://ai.google.dev/gemini-api/docs/function-calling#multimodal). */
function fitsInside(file: Attachment): boolean {
  return /^(image\/(png|jpeg|webp)|application\/pdf|text\/plain)$/.test(inlineFile(file)?.type ?? '');
}
