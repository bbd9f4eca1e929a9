// What a tool of a server has given back, as text and files.
import { toolOutput, type ToolOutput } from '../tools/tool.ts';
import { attachment } from '../values/attachment.ts';
import { describe } from '../values/describe.ts';
import type { AttachmentPart } from '../values/part.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Text in the order of the content; what is a file is attached, and a line says so. What is structured is its JSON where
 * no text says it. Throws what the server calls an error.
 */
export function toOutput(result: unknown): ToolOutput {
  if (!isFields(result)) throw new Error(`the MCP server gave back ${describe(result)}, no result`);
  const { content = [], structuredContent, isError, toolResult } = result;
  const blocks = (Array.isArray(content) ? content : [content]).map(toBlock);
  const lines = blocks.flatMap(({ line }) => (line === undefined ? [] : [line]));
  const hasText = blocks.some(({ line, file }) => line !== undefined && !file);
  // Servers shall say the structured content as text too, for clients that know text alone. Before 2024-11-05 there was
  // `toolResult`.
  const data = structuredContent ?? toolResult;
  if (!hasText && data !== undefined) lines.unshift(typeof data === 'string' ? data : JSON.stringify(data));
  const text = lines.join('\n');
  if (isError === true) throw Object.assign(new Error(text || 'the tool failed'), { name: 'McpToolError' });
  return toolOutput(text, { attachments: blocks.flatMap(({ file }) => (file ? [file] : [])) });
}

interface Block {
  readonly line?: string;
  readonly file?: AttachmentPart;
}

function toBlock(block: unknown): Block {
  if (!isFields(block)) return { line: describe(block) };
  switch (block.type) {
    case 'text':
      return { line: textOf(block.text) };
    case 'image':
    case 'audio':
      return toFile(block.data, block.mimeType);
    case 'resource':
      return isFields(block.resource) ? toResource(block.resource) : { line: JSON.stringify(block) };
    case 'resource_link':
      return { line: toLink(block) };
    default:
      // A newer kind of content: the model may make something of it.
      return { line: JSON.stringify(block) };
  }
}

function toResource({ uri, mimeType, text, blob }: Fields): Block {
  return typeof blob === 'string'
    ? toFile(blob, mimeType, textOf(uri))
    : { line: `Resource ${textOf(uri)}:\n${textOf(text)}` };
}

function toFile(data: unknown, mimeType: unknown, name = ''): Block {
  const type = textOf(mimeType) || 'application/octet-stream';
  const file = attachment({ type, content: textOf(data) });
  return { line: `[attached: ${[name, type].filter(Boolean).join(', ')}]`, file };
}

// Only said, never fetched: where the link leads is for whoever reads it to judge.
function toLink({ uri, name, title, mimeType, description }: Fields): string {
  const type = textOf(mimeType);
  const about = textOf(description);
  return `Resource ${textOf(title) || textOf(name)}: ${textOf(uri)}${type && ` (${type})`}${about && `: ${about}`}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
