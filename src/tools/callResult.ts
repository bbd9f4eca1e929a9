// Results of calls, good and bad.
import { LlmError } from '../values/error.ts';
import { messageOf } from '../values/describe.ts';
import type { ToolCallPart, ToolResultPart } from '../values/part.ts';
import { PauseChain, splitOutput } from './tool.ts';

/** Of what the tool gave. Throws an Error that it gave, and where JSON cannot say it. */
export function toResult(call: ToolCallPart, value: unknown): ToolResultPart {
  const { output, attachments } = splitOutput(value);
  if (isError(output)) throw output;
  const text = typeof output === 'string' ? output : jsonOf(output);
  return { ...resultPart(call, text), ...(attachments.length > 0 && { attachments }) };
}

function isError(value: unknown): boolean {
  // Errors of another realm, as of a worker or a frame, are no instances.
  return value instanceof Error || tagOf(value) === 'Error';
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1);
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

/**
 * Its JSON; what JSON has no word for is null, and a bigint is its digits. Throws where JSON cannot say it, as with a
 * cycle, or says nothing of it, as of a Map.
 */
export function jsonOf(output: unknown): string {
  if (typeof output === 'bigint') return String(output);
  const digits = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  const text = JSON.stringify(output, digits) ?? 'null';
  if (text === '{}' && !isPlain(output as object)) {
    const what = `the tool gave a ${classOf(output as object)}, of which JSON says nothing`;
    throw named('InvalidResult', `${what}; a tool gives back text or plain data`);
  }
  return text;
}

/** An object without a class, also one of another realm, or one that says itself what JSON shall say of it. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return 'toJSON' in value || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function classOf(value: object): string {
  const tag = tagOf(value);
  return tag === 'Object' ? value.constructor.name : tag;
}

/** An error that the model can tell from others. */
export function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** The pause that an error asks for: a chain within a tool that pauses, pauses the outer one too. */
export function pauseOf(error: unknown): PauseChain | undefined {
  if (error instanceof PauseChain) return error;
  // One of another copy of this package, as a file of tools may have.
  if (error instanceof Error && error.name === 'PauseChain') return new PauseChain(error.message, { cause: error });
  const isPaused = error instanceof LlmError && error.code === 'paused';
  return isPaused ? new PauseChain(error.message, { cause: error }) : undefined;
}
