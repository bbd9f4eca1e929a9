// The way back from messages to events.
import type { StreamEvent } from './event.ts';
import type { Message } from './message.ts';
import type { Part } from './part.ts';

/**
 * Events that fold to these messages of a model, each part in one piece. Events have no place for the attachments and the
 * exception of a result, which only clients' tools have.
 */
export function messageEvents(messages: readonly Message[]): readonly StreamEvent[] {
  let next = 0;
  return messages.flatMap((message, message_index) =>
    message.parts.flatMap((part) => partEvents(part, { part_index: next++, message_index })),
  );
}

interface At {
  readonly part_index: number;
  readonly message_index: number;
}

function partEvents(part: Part, at: At): readonly StreamEvent[] {
  const { provider_metadata } = part;
  const common = { ...at, ...(provider_metadata && { provider_metadata }) };
  const end: StreamEvent = { type: 'part_end', part_index: at.part_index };
  switch (part.type) {
    case 'text':
      return [{ type: 'text', chunk: part.text, ...common }, end];
    case 'reasoning':
      return [{ type: 'reasoning', chunk: part.text, ...common, ...(part.redacted && { redacted: true }) }, end];
    case 'tool_call': {
      const call = { ...common, ...callFields(part) };
      return [
        { type: 'tool_call_name', chunk: part.name, ...call },
        { type: 'tool_call_args', chunk: JSON.stringify(part.arguments), ...call },
        end,
      ];
    }
    case 'tool_result':
      return [{ type: 'tool_result', chunk: part.output, tool_name: part.name, ...common, ...callFields(part) }, end];
    case 'attachment':
      return [{ type: 'attachment', attachment: part.attachment ?? {}, ...common }, end];
  }
}

function callFields({
  tool_call_id,
  server_executed,
}: {
  readonly tool_call_id?: string;
  readonly server_executed?: true;
}) {
  return { ...(tool_call_id !== undefined && { tool_call_id }), ...(server_executed && { server_executed }) };
}
