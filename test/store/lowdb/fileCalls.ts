// Writes down what this process asks of the file system. Must be imported before whatever is watched.
import fs from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

export interface FileCall {
  /** That of the function; `handle.NAME` on a file that is open. */
  readonly name: string;
  /** Of a file that is open: its path. */
  readonly path: string;
  /** The arguments after the path: a second path, flags, a mode. */
  readonly more: readonly unknown[];
  /** How many bytes were written. */
  readonly bytes: number;
  /** Its place among the beginnings and ends of all calls. */
  readonly begun: number;
  ended?: number;
}

export const calls: FileCall[] = [];

type Call = (...given: unknown[]) => unknown;

let clock = 0;
let isInside = false;

/** The place of now among the beginnings and ends of all calls. */
export function now(): number {
  return (clock += 1);
}

function watched(name: string, call: Call, handleOf?: string): Call {
  return function (this: unknown, ...given) {
    // Some are made of others.
    if (isInside) return call.apply(this, given);
    const path = handleOf ?? String(given[0]);
    const more = handleOf === undefined ? given.slice(1) : given;
    const isWriting = /(write|append)File/.test(name);
    const bytes = isWriting ? Buffer.byteLength(more[0] as string) : 0;
    const record: FileCall = { name, path, more: isWriting ? [] : more, bytes, begun: now() };
    calls.push(record);
    isInside = true;
    let result: unknown;
    try {
      result = call.apply(this, given);
    } finally {
      isInside = false;
      if (!(result instanceof Promise)) record.ended = now();
    }
    if (!(result instanceof Promise)) return result;
    return result
      .finally(() => (record.ended = now()))
      .then((value: unknown) => (name === 'open' ? watchHandle(value as FileHandle, path) : value));
  };
}

function watchHandle(handle: FileHandle, path: string): FileHandle {
  const methods = handle as object as Record<string, Call>;
  for (const name of ['write', 'writev', 'writeFile', 'appendFile', 'truncate', 'sync', 'datasync', 'close']) {
    methods[name] = watched(`handle.${name}`, methods[name]!.bind(handle), path);
  }
  return handle;
}

for (const module of [fs, fs.promises]) {
  const functions = module as object as Record<string, unknown>;
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value === 'function' && /^[a-z]/.test(name)) functions[name] = watched(name, value as Call);
  }
}
syncBuiltinESMExports();
