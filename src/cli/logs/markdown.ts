// A turn as Markdown, for people.
import type { LoggedTurn } from '../../store/turnRecord.ts';
import type { IncompleteToolCall } from '../../values/responseJson.ts';
import type { Attachment, Part, ToolCallPart, ToolResultPart } from '../../values/part.ts';
import { indentJson } from './indentJson.ts';
import { timeText, truncate, turnTexts } from './texts.ts';

export interface MarkdownOptions {
  /** Whether tokens and time are shown. */
  readonly usage?: boolean | undefined;
  /** Whether long texts are cut short. */
  readonly truncate?: boolean | undefined;
  /** Instructions that were shown before, and are not shown again. */
  readonly shownSystem?: string | undefined;
}

/** Its sections with an empty line after each, the last one as well. */
export function toMarkdown(turn: LoggedTurn, options: MarkdownOptions = {}): string {
  const { id, thread, time, response, details = {}, missing = [] } = turn;
  const { prompt, system, reasoning, response: answer } = turnTexts(turn);
  const short = options.truncate ? truncate : (text: string) => text;
  const asked = turn.prompt.flatMap(({ parts }) => parts);
  const said = turn.messages.flatMap(({ parts }) => parts);
  const { resolved_model } = details;
  const sections = [
    `# ${timeText(time)}    conversation: ${thread} id: ${id}`,
    `Model: **${response.model}**${resolved_model === undefined ? '' : ` (resolved: **${resolved_model}**)`}`,
    ...(response.status ? [`Ended: **${response.status}**`] : []),
    ...(missing.length > 0 ? [`Lost: ${missing.length} of its messages`] : []),
    ...listed('## Options', Object.entries(response.prompt.options ?? {}).map(toOption)),
    '## Prompt',
    short(prompt) || '-- none --',
    ...listed('### Tool results', asked.flatMap(toResult)),
    ...listed('### Attachments', asked.flatMap(attachmentsOf).map(toAttachment)),
    ...(system && system !== options.shownSystem ? ['## System', short(system)] : []),
    ...listed(
      '### Tools',
      (details.tools ?? []).map((tool) => `- ${tool}`),
    ),
    ...(details.schema ? ['## Schema', fenced(JSON.stringify(details.schema, null, 2))] : []),
    ...(reasoning ? ['## Reasoning', short(reasoning)] : []),
    '## Response',
    ...listed('### Tool calls', [...said.flatMap(toCall), ...(response.incomplete ?? []).map(toIncomplete)]),
    ...listed('### Tool results', said.flatMap(toResult)),
    ...(answer ? [details.schema && isJson(answer) ? fenced(short(indentJson(answer))) : short(answer)] : []),
    ...(options.usage ? usageSections(turn) : []),
  ];
  return `${sections.join('\n\n')}\n\n`;
}

function usageSections({ response: { usage }, details = {} }: LoggedTurn): readonly string[] {
  const { input, output, details: counted } = usage ?? {};
  const tokens = [
    ...(input === undefined ? [] : [`${input} input`]),
    ...(output === undefined ? [] : [`${output} output`]),
    ...(counted ? [JSON.stringify(counted)] : []),
  ];
  return [
    ...(tokens.length > 0 ? ['## Token usage', tokens.join(', ')] : []),
    ...(details.duration_ms === undefined ? [] : [`Duration: ${details.duration_ms} ms`]),
  ];
}

/** A heading and its list; nothing where the list is empty. */
function listed(heading: string, items: readonly string[]): readonly string[] {
  return items.length > 0 ? [heading, items.join('\n')] : [];
}

function toOption([name, value]: readonly [string, unknown]): string {
  return `- ${name}: ${JSON.stringify(value)}`;
}

function toCall(part: Part): readonly string[] {
  if (part.type !== 'tool_call') return [];
  return [`${toName(part)}<br>\n    Arguments: ${JSON.stringify(part.arguments)}`];
}

function toIncomplete(call: IncompleteToolCall): string {
  return `${toName(call)}, cut short<br>\n    Arguments: ${call.arguments_raw}`;
}

function toResult(part: Part): readonly string[] {
  if (part.type !== 'tool_result') return [];
  const { output, exception, attachments = [] } = part;
  const lines = [
    ...(output ? [indented(output)] : []),
    ...(exception === undefined ? [] : [indented(`Failed: ${exception}`)]),
    ...attachments.map((attachment) => indented(toAttachment(attachment))),
  ];
  return [[`${toName(part)}<br>`, ...lines].join('\n')];
}

function toName(part: ToolCallPart | ToolResultPart | IncompleteToolCall): string {
  const { name, tool_call_id, server_executed } = part;
  const id = tool_call_id === undefined ? '' : `: \`${tool_call_id}\``;
  return `- **${name}**${id}${server_executed ? ' (run by the provider)' : ''}`;
}

function attachmentsOf(part: Part): readonly Attachment[] {
  return part.type === 'attachment' && part.attachment ? [part.attachment] : [];
}

function toAttachment({ type = 'unknown type', path, url, content }: Attachment): string {
  const where = path ?? url;
  const bytes = `${Buffer.byteLength(content ?? '', 'base64')} bytes`;
  return `- **${type}**: ${where === undefined ? bytes : `\`${where}\``}`;
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '    ');
}

function fenced(json: string): string {
  return `\`\`\`json\n${json}\n\`\`\``;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
