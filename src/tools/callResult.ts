// Results of calls, good and bad.
import { LlmError } from '../values/error.ts';
import { messageOf } from '../values/describe.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { PauseChain, splitOutput } from './tool.ts';

/** Of what the tool gave. */
export function toResult(call: ToolCallPart, value: unknown): ToolResultPart {
  try {
    const { output, attachments } = splitOutput(value);
    const text = typeof output === 'string' ? output : jsonOf(output);
    return { ...resultPart(call, text), ...(attachments.length > 0 && { attachments }) };
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

/** Why a call is cancelled that still waits when the user speaks. */
export const overtaken = 'the user said something else first';

/** Of a call that did not run. */
export function cancelled(call: ToolCallPart, word: 'Cancelled' | 'Denied', reason: string): ToolResultPart {
  const name = word === 'Cancelled' ? 'CancelToolCall' : 'DenyToolCall';
  return { ...resultPart(call, `${word}: ${reason}`), exception: `${name}: ${reason}` };
}

/** Its JSON; what JSON has no word for is null, and a bigint is its digits. */
export function jsonOf(output: unknown): string {
  if (typeof output === 'bigint') return String(output);
  const digits = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  return JSON.stringify(output, digits) ?? 'null';
}

/** An error that the model can tell from others. */
export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** The pause that an error asks for: a chain within a tool that pauses, pauses the outer one too. */
export function pauseOf(error: unknown): PauseChain | undefined {
  if (error instanceof PauseChain) return error;
  const isPaused = error instanceof LlmError && error.code === 'paused';
  return isPaused ? new PauseChain(error.message, { cause: error }) : undefined;
}
