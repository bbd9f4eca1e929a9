// Which tool calls wait for the client.
import type { Message } from './message.ts';
import type { Part, ToolCallPart } from './part.ts';

/** The calls that have no result among these messages, in order. Calls that the provider runs itself are none of them. */
export function pendingCalls(messages: readonly Message[]): readonly ToolCallPart[] {
  return withoutResults(messages.flatMap(({ parts }) => parts));
}

/** `pendingCalls` for messages that are looked at again and again: what did not change since is not looked at. */
export function createPendingCalls(): typeof pendingCalls {
  let before: readonly Message[] = [];
  let calls: readonly ToolCallPart[] = [];
  return (messages) => {
    const same = messages.findIndex((message, at) => message !== before[at]);
    const from = same === -1 ? messages.length : same;
    const hasChanged = hasTools(messages, from) || hasTools(before, from);
    before = messages;
    if (hasChanged) calls = pendingCalls(messages);
    return calls;
  };
}

function hasTools(messages: readonly Message[], from: number): boolean {
  return messages.slice(from).some(({ parts }) => parts.some(({ type }) => type.startsWith('tool_')));
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
