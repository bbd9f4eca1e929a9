// Results of calls, good and bad.
import { messageOf } from '../values/describe.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { splitOutput } from './tool.ts';

/** Of what the tool gave. */
export function toResult(call: ToolCallPart, value: unknown): ToolResultPart {
  try {
    const { output, attachments } = splitOutput(value);
    return { ...resultPart(call, toText(output)), ...(attachments.length > 0 && { attachments }) };
  } catch (error) {
    // What cannot be written as JSON, such as a cycle.
    return errorResult(call, error);
  }
}

function resultPart({ name, tool_call_id }: ToolCallPart, output: string): ToolResultPart {
  return { type: 'tool_result', name, output, ...(tool_call_id !== undefined && { tool_call_id }) };
}

/** Of what it threw. */
export function errorResult(call: ToolCallPart, thrown: unknown): ToolResultPart {
  const message = messageOf(thrown);
  const name = thrown instanceof Error ? thrown.name : 'Error';
  return { ...resultPart(call, `Error: ${message}`), exception: `${name}: ${message}` };
}

/** Of a call that did not run. */
export function cancelled(call: ToolCallPart, word: 'Cancelled' | 'Denied', reason: string): ToolResultPart {
  const name = word === 'Cancelled' ? 'CancelToolCall' : 'DenyToolCall';
  return { ...resultPart(call, `${word}: ${reason}`), exception: `${name}: ${reason}` };
}

function toText(output: unknown): string {
  return typeof output === 'string' ? output : (JSON.stringify(output) ?? 'null');
}

/** An error that the model can tell from others. */
export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}
