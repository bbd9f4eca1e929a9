// Calls and results in pairs, for protocols that refuse the one without the other.
import { toolMessage, user } from '../../values/builders.ts';
import type { Message } from '../../values/message.ts';
import type { ToolCallPart, ToolResultPart } from '../../values/part.ts';
import { isClients, ofType } from './parts.ts';

/**
 * The history with the results of every answer right after it, in messages of role `tool`, and one for every call of the
 * client's: a call that was never run gets one that says so. A result that belongs to no call becomes text of the user.
 *
 * @param isSent Which calls that a provider ran itself the protocol has: they may be answered too, as a request for
 * approval is.
 */
export function pairResults(messages: readonly Message[], isSent: (call: ToolCallPart) => boolean): readonly Message[] {
  const paired: Message[] = [];
  const servers: ToolCallPart[] = [];
  let open: readonly ToolCallPart[] = [];
  /** Results that an answer has itself: it may have several messages, and they stand after the last. */
  let held: readonly ToolResultPart[] = [];

  function add(message: Message): void {
    if (message.parts.length > 0) paired.push(message);
  }

  function release(): void {
    add(toolMessage(held));
    held = [];
  }

  function close(): void {
    release();
    add(toolMessage(open.map(notRun)));
    open = [];
  }

  /** The result with the id of its call; undefined when there is none. */
  function claim(result: ToolResultPart): ToolResultPart | undefined {
    const call = open.find((each) => belongs(result, each));
    if (call === undefined) return servers.some((each) => belongs(result, each)) ? result : undefined;
    open = open.filter((each) => each !== call);
    const { tool_call_id: id } = call;
    return id === result.tool_call_id || id === undefined ? result : { ...result, tool_call_id: id };
  }

  for (const message of messages) {
    const { role, parts } = message;
    const isAnswer = role === 'assistant';
    const results = ofType(parts, 'tool_result').filter(isClients);
    if (isAnswer ? paired.at(-1)?.role !== 'assistant' : results.length === 0) close();
    if (isAnswer) {
      const calls = ofType(parts, 'tool_call');
      open = [...open, ...calls.filter(isClients)];
      servers.push(...calls.filter((call) => !isClients(call) && isSent(call)));
    }
    const orphans: ToolResultPart[] = [];
    const claimed: ToolResultPart[] = [];
    for (const result of results) {
      const found = claim(result);
      if (found) claimed.push(found);
      else orphans.push(result);
    }
    const others = parts.filter((part) => part.type !== 'tool_result' || !isClients(part));
    if (isAnswer) held = [...held, ...claimed];
    else {
      release();
      add({ ...message, role: 'tool', parts: claimed });
      if (role !== 'tool' && others.length > 0) close();
    }
    if (role !== 'tool') add({ ...message, parts: others });
    if (orphans.length > 0) {
      close();
      paired.push(asText(orphans));
    }
  }
  close();
  return paired;
}

function belongs({ name, tool_call_id: id }: ToolResultPart, call: ToolCallPart): boolean {
  return id === undefined ? name === call.name : id === call.tool_call_id;
}

/** What a model is told of a call that was never run. */
export const notRunText = 'This tool was not run.';

/** A result that has lost its call, as text. */
export function resultText({ name, output, exception = '' }: ToolResultPart): string {
  return `Result of the tool ${name}: ${output || exception}`;
}

function notRun({ name, tool_call_id: id }: ToolCallPart): ToolResultPart {
  return {
    type: 'tool_result',
    name,
    output: notRunText,
    exception: notRunText,
    ...(id !== undefined && { tool_call_id: id }),
  };
}

function asText(results: readonly ToolResultPart[]): Message {
  const files = results.flatMap(({ attachments = [] }) => attachments);
  return user(
    results.map(resultText).join('\n'),
    files.map((attachment) => ({ type: 'attachment', attachment })),
  );
}
