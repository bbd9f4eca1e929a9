// Turns as rows of `llm logs --json`, and back. Rows are for people and for tools that know them; they lose much: the
// messages and their order, signatures, reasoning among the text, files. `exportTurns()` loses nothing.
import { assistant, system, user } from '../values/builders.ts';
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { JsonObject, JsonValue } from '../values/json.ts';
import type { Message } from '../values/message.ts';
import type { Part } from '../values/part.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import type { AppendOptions } from './log.ts';
import { textOf } from './toRecord.ts';
import type { LoggedTurn } from './turnRecord.ts';

/**
 * The row of a turn, with the keys of llm 0.32 in their order. `prompt_json` and `response_json` are null and
 * `prompt_fragments` and `system_fragments` are empty, because the log does not keep what they have.
 */
export function toLlmRow(turn: LoggedTurn): JsonObject {
  const { id, thread, name, response, details = {}, prompt, messages } = turn;
  const { model, usage, datetime_utc } = response;
  const asked = prompt.filter(({ role }) => role === 'user');
  const said = [...prompt, ...messages].flatMap(({ parts }) => parts);
  return {
    id,
    model,
    resolved_model: details.resolved_model ?? null,
    options_json: response.prompt.options ?? {},
    conversation_id: thread,
    duration_ms: details.duration_ms ?? null,
    datetime_utc: datetime_utc ?? null,
    input_tokens: usage?.input ?? null,
    output_tokens: usage?.output ?? null,
    token_details: usage?.details ? JSON.stringify(usage.details) : null,
    conversation_name: name,
    conversation_model: model,
    schema_json: (details.schema as JsonObject | undefined) ?? null,
    prompt: asked.map(textOf).join('\n'),
    system:
      response.prompt.system ??
      (prompt
        .find(({ role }) => role === 'system')
        ?.parts.map(toText)
        .join('') ||
        null),
    response: messages.map(textOf).join(''),
    reasoning:
      messages.flatMap(({ parts }) => parts.filter(({ type }) => type === 'reasoning').map(toText)).join('') || null,
    prompt_json: null,
    response_json: null,
    prompt_fragments: [],
    system_fragments: [],
    tools: (details.tools ?? []).map((tool) => ({ name: tool })),
    tool_calls: said.flatMap((part) =>
      part.type === 'tool_call' ? pick(part, ['name', 'arguments', 'tool_call_id']) : [],
    ),
    tool_results: said.flatMap((part) =>
      part.type === 'tool_result' ? pick(part, ['name', 'output', 'tool_call_id', 'exception']) : [],
    ),
    attachments: asked.flatMap(({ parts }) =>
      parts.flatMap((part) => (part.type === 'attachment' && part.attachment ? toAttachmentRow(part.attachment) : [])),
    ),
  };
}

/**
 * A turn from a row of `llm logs --json`, for `log.append()`: one prompt and one answer, whatever the history was.
 *
 * @throws LlmError `invalid_input` for what is no such row.
 */
export function fromLlmRow(row: unknown): { readonly json: ResponseJSON; readonly options: AppendOptions } {
  const { id, model, prompt, response, reasoning, datetime_utc, conversation_id, ...rest } = checkRow(row);
  const instructions = textIn(rest.system);
  const [input, output] = [rest.input_tokens, rest.output_tokens].map((count) =>
    typeof count === 'number' ? count : undefined,
  );
  const parts: Part[] = [
    ...(textIn(reasoning) ? [{ type: 'reasoning', text: textIn(reasoning) } as const] : []),
    ...(textIn(response) ? [{ type: 'text', text: textIn(response) } as const] : []),
  ];
  const said: Message[] = [
    ...(instructions ? [system(instructions)] : []),
    ...(textIn(prompt) ? [user(textIn(prompt))] : []),
  ];
  const json: ResponseJSON = {
    model: textIn(model),
    prompt: {
      messages: said,
      ...(isFilled(rest.options_json) && { options: rest.options_json }),
      ...(instructions && { system: instructions }),
    },
    messages: parts.length > 0 ? [assistant(parts)] : [],
    id: textIn(id),
    ...((input !== undefined || output !== undefined) && {
      usage: { ...(input !== undefined && { input }), ...(output !== undefined && { output }) },
    }),
    ...(textIn(datetime_utc) && { datetime_utc: textIn(datetime_utc) }),
  };
  const options: AppendOptions = {
    ...(textIn(conversation_id) && { thread: textIn(conversation_id) }),
    ...(textIn(rest.resolved_model) && { resolved_model: textIn(rest.resolved_model) }),
    ...(typeof rest.duration_ms === 'number' && { duration_ms: rest.duration_ms }),
    ...(isFilled(rest.schema_json) && { schema: rest.schema_json }),
  };
  return { json, options };
}

function checkRow(row: unknown): { readonly [key: string]: JsonValue | undefined } {
  const what = `this is no row of llm logs --json: ${describe(row)}`;
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new LlmError('invalid_input', what);
  const { id, model } = row as { readonly [key: string]: unknown };
  if (typeof id === 'string' && typeof model === 'string') return row as JsonObject;
  throw new LlmError('invalid_input', `${what}; it has no id or no model`);
}

function textIn(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function isFilled(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

function toText(part: Part): string {
  return 'text' in part ? part.text : '';
}

function pick(part: object, keys: readonly string[]): JsonObject {
  const values = part as { readonly [key: string]: JsonValue | undefined };
  return Object.fromEntries(keys.map((key) => [key, values[key] ?? null]));
}

function toAttachmentRow({
  type,
  url,
  path,
  content,
}: {
  readonly type?: string;
  readonly url?: string;
  readonly path?: string;
  readonly content?: string;
}): JsonObject {
  return {
    type: type ?? null,
    path: path ?? null,
    url: url ?? null,
    content_length: content === undefined ? null : Buffer.byteLength(content, 'base64'),
  };
}
