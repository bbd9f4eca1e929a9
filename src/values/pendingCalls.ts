// Which tool calls wait for the client.
import type { Message } from './message.ts';
import type { Part, ToolCallPart } from './part.ts';

/** The calls that have no result among these messages, in order. Calls that the provider runs itself are none of them. */
export function pendingCalls(messages: readonly Message[]): readonly ToolCallPart[] {
  return withoutResults(messages.flatMap(({ parts }) => parts));
}

/**
 * The calls that a history ends with: those of its last message with calls that wait for the client, if nothing but
 * results came after it. llm's rule for a chain that is resumed.
 */
export function trailingCalls(messages: readonly Message[]): readonly ToolCallPart[] {
  const at = messages.findLastIndex(({ role, parts }) => role === 'assistant' && parts.some(isForClient));
  if (at === -1) return [];
  const tail = messages.slice(at);
  return tail.slice(1).every(({ role }) => role === 'tool') ? pendingCalls(tail) : [];
}

/** Each result is for the first call before it that has none yet: by its id, or without one by its name. */
function withoutResults(parts: readonly Part[]): readonly ToolCallPart[] {
  const open: ToolCallPart[] = [];
  for (const part of parts) {
    if (isForClient(part)) open.push(part);
    else if (part.type === 'tool_result') {
      const { tool_call_id: id, name } = part;
      const at = open.findIndex((call) =>
        id === undefined ? call.tool_call_id === undefined && call.name === name : call.tool_call_id === id,
      );
      if (at !== -1) open.splice(at, 1);
    }
  }
  return open;
}

export function isForClient(part: Part): part is ToolCallPart {
  return part.type === 'tool_call' && part.server_executed !== true;
}
