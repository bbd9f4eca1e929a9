// Calls and results in pairs, for protocols that refuse the one without the other.
import { toolMessage, user } from '../../values/builders.ts';
import type { Message } from '../../values/message.ts';
import type { ToolCallPart, ToolResultPart } from '../../values/part.ts';
import { isClients, ofType } from './parts.ts';

/**
 * The history with a result for every call of the client's: a call that was never run gets one that says so, before
 * anybody else speaks. A result that belongs to no call becomes text of the user. A call that the provider ran may be
 * answered too, as a request for approval is. A history in which each has the other comes back as it is.
 */
export function pairResults(messages: readonly Message[]): readonly Message[] {
  const paired: Message[] = [];
  let open: readonly ToolCallPart[] = [];
  const servers: ToolCallPart[] = [];

  function close(): void {
    if (open.length > 0) paired.push(toolMessage(open.map(notRun)));
    open = [];
  }

  for (const message of messages) {
    const results = ofType(message.parts, 'tool_result').filter(isClients);
    // An answer may have several messages, and its calls stand in any of them.
    if (results.length === 0 && message.role !== 'assistant') close();
    const orphans: ToolResultPart[] = [];
    for (const result of results) {
      const call = open.find((each) => belongs(result, each));
      if (call) open = open.filter((each) => each !== call);
      else if (!servers.some((each) => belongs(result, each))) orphans.push(result);
    }
    if (orphans.length === 0) paired.push(message);
    else {
      const parts = message.parts.filter((part) => part.type !== 'tool_result' || !orphans.includes(part));
      if (parts.length > 0) paired.push({ ...message, parts });
      close();
      paired.push(asText(orphans));
    }
    const calls = ofType(message.parts, 'tool_call');
    open = [...open, ...calls.filter(isClients)];
    servers.push(...calls.filter((call) => !isClients(call)));
  }
  close();
  return paired;
}

function belongs({ name, tool_call_id: id }: ToolResultPart, call: ToolCallPart): boolean {
  return id === undefined ? name === call.name : id === call.tool_call_id;
}

function notRun({ name, tool_call_id: id }: ToolCallPart): ToolResultPart {
  const output = 'This tool was not run.';
  return { type: 'tool_result', name, output, exception: output, ...(id !== undefined && { tool_call_id: id }) };
}

function asText(results: readonly ToolResultPart[]): Message {
  const lines = results.map(({ name, output, exception = '' }) => `Result of the tool ${name}: ${output || exception}`);
  const files = results.flatMap(({ attachments = [] }) => attachments);
  return user(
    lines.join('\n'),
    files.map((attachment) => ({ type: 'attachment', attachment })),
  );
}
