// The way back from messages to events.
import type { StreamEvent } from './event.ts';
import type { Message } from './message.ts';
import type { Part, ToolResultPart } from './part.ts';
import { isGiven } from './spokenText.ts';

/**
 * Events that fold to these messages, each part in one piece. Messages that are no answers, as those of a chain, come as a
 * chain has them: results of tools by themselves, others at the beginning of a turn.
 */
export function messageEvents(messages: readonly Message[]): readonly StreamEvent[] {
  const isChain = messages.some(isGiven);
  const events: StreamEvent[] = [];
  let joined: Message[] = [];
  let turn = 0;
  let next = 0;

  function begin(message_index: number): void {
    events.push({ type: 'turn_start', turn: (turn += 1), messages: joined, message_index });
    joined = [];
  }

  for (const [message_index, message] of messages.entries()) {
    const isNewTurn = isChain && (message_index === 0 || isGiven(messages[message_index - 1]!));
    if (!isGiven(message)) {
      if (isNewTurn) begin(message_index - joined.length);
      events.push(...message.parts.flatMap((part) => partEvents(part, { part_index: next++, message_index })));
    } else if (isOfOutputs(message)) {
      if (joined.length > 0) begin(message_index - joined.length);
      for (const result of message.parts)
        events.push({ type: 'tool_output', result, part_index: next++, message_index });
    } else joined.push(message);
  }
  if (joined.length > 0) begin(messages.length - joined.length);
  return events;
}

interface OutputMessage extends Message {
  readonly parts: readonly ToolResultPart[];
}

/** Files of a result go when a turn begins, so results that kept theirs do not come by themselves. */
function isOfOutputs(message: Message): message is OutputMessage {
  const { role, parts, provider_metadata } = message;
  const isOutput = (part: Part) => part.type === 'tool_result' && !part.attachments;
  return role === 'tool' && !provider_metadata && parts.length > 0 && parts.every(isOutput);
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
