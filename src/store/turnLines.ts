// The log as lines of JSON, one a turn, and back: nothing is lost. Each line is the JSON of a response, with what the log
// knows of it besides under a key of its own, which others ignore.
import { Observable } from 'rxjs';
import { describe, messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import type { AppendOptions, Log, LogFilter } from './log.ts';
import type { TurnDetails, TurnRecord } from './turnRecord.ts';

/** A line, parsed. */
export type TurnLine = ResponseJSON & { readonly rxllm?: TurnDetails & { readonly thread?: string } };

/** What came of an import. */
export interface Imported {
  /** Turns that are new in the log. */
  readonly added: number;
  /** Turns that were there already. */
  readonly known: number;
}

/** Lines without a line break at their end, the oldest turn first. Errors with `storage` where a history is not whole. */
export function exportTurns(log: Log, filter: LogFilter = {}): Observable<string> {
  return new Observable((subscriber) => {
    const write = async () => {
      for await (const turn of log.records(filter, 'oldest')) {
        if (subscriber.closed) return;
        const line = await turnLine(log, turn);
        if (line !== undefined) subscriber.next(line);
        // Not to read one more.
        if (subscriber.closed) return;
      }
      subscriber.complete();
    };
    write().catch((error: unknown) => subscriber.error(error));
  });
}

/**
 * The line of a turn, also for those who end a line at what Unicode calls one, as `node:readline` does; undefined for one
 * that has been deleted. Rejects with `storage` where its history is not whole.
 */
export async function turnLine(
  log: Log,
  { id, thread, details }: Pick<TurnRecord, 'id' | 'thread' | 'details'>,
): Promise<string | undefined> {
  const json = await log.response(id);
  const line: TurnLine | undefined = json && { ...json, rxllm: { thread, ...details } };
  return line && JSON.stringify(line).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}

/**
 * Appends the turns of lines; what is there already, by its id, is left. Empty lines are left out. A file that is imported
 * twice changes nothing the second time, so after an error it can be corrected and imported again.
 *
 * @throws LlmError `invalid_input` with the number of the line that is no turn; those before it are kept.
 */
export async function importTurns(log: Log, lines: Iterable<string> | AsyncIterable<string>): Promise<Imported> {
  let number = 0;
  let [added, known] = [0, 0];
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    const { rxllm = {}, ...json } = parse(line, number);
    const isThere = await appendLine(log, json, rxllm, number);
    if (isThere) known += 1;
    else added += 1;
  }
  return { added, known };
}

function parse(line: string, number: number): TurnLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new LlmError('invalid_input', `line ${number} is not JSON: ${messageOf(cause)}`, { cause });
  }
  if (!isObject(value)) {
    throw new LlmError('invalid_input', `line ${number} is ${describe(value)}, not the JSON of a response`);
  }
  if ('rxllm' in value && !isObject(value.rxllm)) {
    throw new LlmError('invalid_input', `line ${number}: rxllm is ${describe(value.rxllm)}, not an object`);
  }
  return value as TurnLine;
}

async function appendLine(log: Log, json: ResponseJSON, options: AppendOptions, number: number): Promise<boolean> {
  try {
    return !(await log.append(json, options)).isNew;
  } catch (cause) {
    if (!(cause instanceof LlmError && cause.code === 'invalid_input')) throw cause;
    throw cause.with({ message: `line ${number}: ${cause.message}` });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
