// Results of the client's tools as items of Responses: each kind of call has its own kind of result
// (the types are those of OpenAI's SDK, openai 6.49, `ResponseInputItem`).
import { LlmError } from '../../values/error.ts';
import type { JsonObject, JsonValue } from '../../values/json.ts';
import type { ToolResultPart } from '../../values/part.ts';
import { parseJson } from '../../http/errorBody.ts';
import { toContentPart } from './files.ts';
import { isJsonObject } from '../shared/parts.ts';

/**
 * The item for a result.
 *
 * @param id The id of its call, as it goes out.
 * @param call The item of the call, where that was none of a function.
 * @throws LlmError `unsupported` for attachments that cannot be sent, and a screenshot that is missing.
 */
export function encodeResult(result: ToolResultPart, id: string, call: JsonObject = {}): JsonObject {
  const { output, exception = '' } = result;
  const said = output || exception;
  const value = parseJson(said) as JsonValue | undefined;
  const fields = isJsonObject(value) ? value : {};
  switch (call.type) {
    case 'custom_tool_call':
      return { type: 'custom_tool_call_output', call_id: id, output: content(result, said) };
    case 'local_shell_call':
      return { type: 'local_shell_call_output', call_id: id, output: said };
    case 'shell_call':
      return {
        type: 'shell_call_output',
        call_id: id,
        ...limit(call),
        output: Array.isArray(value) ? value : (fields.output ?? [printed(said, exception)]),
      };
    case 'apply_patch_call':
      return {
        type: 'apply_patch_call_output',
        call_id: id,
        status: exception ? 'failed' : 'completed',
        ...(said && { output: said }),
      };
    case 'computer_call':
      return {
        type: 'computer_call_output',
        call_id: id,
        output: screenshot(result, said, fields),
        // Only what the tool itself says was acknowledged.
        ...(fields.acknowledged_safety_checks && { acknowledged_safety_checks: fields.acknowledged_safety_checks }),
      };
    case 'tool_search_call':
      return {
        type: 'tool_search_output',
        call_id: id,
        execution: 'client',
        status: 'completed',
        tools: Array.isArray(value) ? value : (fields.tools ?? []),
      };
    case 'mcp_approval_request': {
      const { reason } = fields;
      return {
        type: 'mcp_approval_response',
        approval_request_id: call.id ?? id,
        approve: value === true || fields.approve === true,
        ...(typeof reason === 'string' && { reason }),
      };
    }
    default:
      return { type: 'function_call_output', call_id: id, output: content(result, said) };
  }
}

/** A text; with files, a list of content parts. */
function content({ attachments = [] }: ToolResultPart, text: string): string | readonly JsonObject[] {
  if (attachments.length === 0) return text;
  const files = attachments.map((attachment) => toContentPart(attachment));
  return [...(text === '' ? [] : [{ type: 'input_text', text }]), ...files];
}

function limit({ action }: JsonObject): JsonObject {
  const max = isJsonObject(action) ? action.max_output_length : undefined;
  return typeof max === 'number' ? { max_output_length: max } : {};
}

function printed(said: string, exception: string): JsonObject {
  const outcome = { type: 'exit', exit_code: exception ? 1 : 0 };
  return exception ? { stdout: '', stderr: said, outcome } : { stdout: said, stderr: '', outcome };
}

/** An image among the attachments, or the output itself: as a data URL, or as an object with `image_url` or `file_id`. */
function screenshot({ name, attachments = [] }: ToolResultPart, said: string, fields: JsonObject): JsonObject {
  const image = attachments.map((attachment) => toContentPart(attachment)).find(({ type }) => type === 'input_image');
  const url = image?.image_url ?? (said.startsWith('data:image/') ? said : fields.image_url);
  if (url) return { type: 'computer_screenshot', image_url: url };
  if (fields.file_id) return { type: 'computer_screenshot', file_id: fields.file_id };
  throw new LlmError('unsupported', `the result of "${name}" has no screenshot; let the tool return its data URL`);
}
