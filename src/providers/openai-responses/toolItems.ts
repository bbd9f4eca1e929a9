// What the items of an output that are about tools say: who runs the call, its name and arguments, what came of it.
// The types are those of OpenAI's SDK (openai 6.49, `ResponseOutputItem`); unknown ones are read by the same rules.
import type { JsonValue } from '../../values/json.ts';
import { isJsonObject } from '../shared/parts.ts';
import type { OutputItem } from './wire.ts';

/** A call, by whatever tool: `function_call`, `web_search_call`, … */
export function isCall({ type }: OutputItem): boolean {
  return type.endsWith('_call') || type === 'mcp_approval_request';
}

/** Items that hold what a tool gave back and nothing else. */
export function isResult({ type }: OutputItem): boolean {
  return type.endsWith('_output') || type === 'mcp_list_tools';
}

/**
 * Whether the client runs the call.
 *
 * @param customTools Names of the free-text tools that the request has: xAI reports calls of its own tools in the same
 * form.
 */
export function isForClient(item: OutputItem, customTools: ReadonlySet<string>): boolean {
  switch (item.type) {
    case 'function_call':
    case 'local_shell_call':
    case 'apply_patch_call':
    case 'computer_call':
      return true;
    case 'custom_tool_call':
      return customTools.has(textOf(item.name));
    case 'shell_call': {
      const { environment } = item;
      return !isJsonObject(environment) || environment.type === 'local';
    }
    case 'tool_search_call':
      return item.execution === 'client';
    default:
      return false;
  }
}

/** The name that the item says; of a tool of the provider's own, which has none, it is in the type. */
export function toolName({ type, name }: OutputItem): string {
  return textOf(name) || (namedCalls.has(type) ? '' : type.replace(/(_call)?(_output)?$/, ''));
}

const namedCalls: ReadonlySet<string> = new Set([
  'function_call',
  'custom_tool_call',
  'mcp_call',
  'mcp_approval_request',
]);

/** The id by which a call and its result find each other; what the provider ran by itself has only that of the item. */
export function callId({ call_id: ofCall, id }: OutputItem): string {
  return textOf(ofCall) || textOf(id);
}

/** The arguments of a call as JSON text, complete; of one whose text is JSON or that has fields of its own. */
export function argumentsOf({ arguments: args, action, actions, operation, queries }: OutputItem): string {
  if (typeof args === 'string') return args;
  return JSON.stringify(args ?? action ?? operation ?? { ...(actions && { actions }), ...(queries && { queries }) });
}

/** What a tool that the provider ran gave back, as text; undefined where the item does not say. */
export function outputOf(item: OutputItem): string | undefined {
  switch (item.type) {
    case 'web_search_call':
      return listText(item.results) ?? listText(isJsonObject(item.action) ? item.action.sources : undefined);
    case 'code_interpreter_call':
      return outputsText(item.outputs);
    case 'file_search_call':
      return listText(item.results);
    case 'mcp_call':
      return anyText(item.output) ?? anyText(item.error);
    default:
      return undefined;
  }
}

/** What an item that is a result says, as text. */
export function resultText({ output, tools, result, error }: OutputItem): string {
  return anyText(error) ?? anyText(output ?? tools ?? result) ?? '';
}

/** The free-text tools among those of a request, also in namespaces. */
export function customToolNames(tools: unknown): readonly string[] {
  if (!Array.isArray(tools)) return [];
  return (tools as readonly JsonValue[]).flatMap((tool) => {
    if (!isJsonObject(tool)) return [];
    return tool.type === 'custom' ? [textOf(tool.name)] : customToolNames(tool.tools);
  });
}

export function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function anyText(value: JsonValue | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function listText(value: JsonValue | undefined): string | undefined {
  return Array.isArray(value) && value.length > 0 ? JSON.stringify(value) : undefined;
}

/** What was printed, and the addresses of images that were made. */
function outputsText(outputs: JsonValue | undefined): string | undefined {
  if (!Array.isArray(outputs)) return undefined;
  const texts = (outputs as readonly JsonValue[]).map((entry) =>
    isJsonObject(entry) ? textOf(entry.logs) || textOf(entry.url) : '',
  );
  return texts.filter((text) => text !== '').join('\n') || undefined;
}
