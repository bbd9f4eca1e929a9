// `rxllm logs import`: turns from a file, whoever wrote it.
import { createReadStream } from 'node:fs';
import { codeOf } from '../../store/lowdb/folders.ts';
import { fromLlmRow } from '../../store/llmRows.ts';
import { importTurns, type TurnLine } from '../../store/turnLines.ts';
import { messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import { stdout } from '../output.ts';
import { count } from './status.ts';
import { logFolder, openLogFolder } from './userLog.ts';

/**
 * Appends the turns of lines as `logs list --lines` writes them, or of rows as `llm logs --json` does, in an array or a row
 * a line. What is there already is left. Rejects with `invalid_input` for what is neither.
 *
 * @param file Its path, or `-` for standard input.
 */
export async function importFile(file: string, { database }: { readonly database?: string }): Promise<void> {
  const log = await openLogFolder(logFolder(database));
  try {
    const { added, known } = await importTurns(log, toTurnLines(linesOf(chunksOf(file))));
    const others = known === 0 ? '' : `; ${known} ${known === 1 ? 'was' : 'were'} there already`;
    stdout.line(`Imported ${count(added, 'turn')}${others}`);
  } catch (cause) {
    const name = file === '-' ? 'standard input' : file;
    if (cause instanceof LlmError) throw cause.with({ message: `${name}: ${cause.message}` });
    if (codeOf(cause) === undefined) throw cause;
    throw new LlmError('invalid_input', `${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** A line a turn: an array becomes as many, which takes all of it. Errors count in lines, or in rows of the array. */
async function* toTurnLines(lines: AsyncIterable<string>): AsyncIterable<string> {
  const array: string[] = [];
  let number = 0;
  for await (const line of lines) {
    if (array.length > 0 || (number === 0 && line.trimStart().startsWith('['))) array.push(line);
    else if (line.trim() === '') yield line;
    else yield toTurnLine(line, (number += 1));
  }
  if (array.length === 0) return;
  for (const row of parseArray(array.join('\n'))) yield JSON.stringify(isRow(row) ? fromRow(row) : row);
}

function toTurnLine(line: string, number: number): string {
  // Most lines are turns already. What is no JSON is told by whoever reads the line.
  if (!line.includes('"conversation_id"')) return line;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new LlmError('invalid_input', `line ${number} is not JSON: ${messageOf(cause)}`, { cause });
  }
  return isRow(value) ? JSON.stringify(fromRow(value)) : line;
}

function parseArray(text: string): readonly unknown[] {
  try {
    return JSON.parse(text) as readonly unknown[];
  } catch (cause) {
    throw new LlmError('invalid_input', `it is no array of JSON: ${messageOf(cause)}`, { cause });
  }
}

/** A prompt is a text in rows, and an object in turns. */
function isRow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('conversation_id' in value)) return false;
  return !('prompt' in value) || typeof value.prompt !== 'object' || value.prompt === null;
}

function fromRow(row: unknown): TurnLine {
  const { json, options } = fromLlmRow(row);
  return { ...json, rxllm: options } as TurnLine;
}

async function* chunksOf(file: string): AsyncIterable<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  let isFirst = true;
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
    // Programs of Windows begin a file with a byte order mark.
    yield isFirst ? chunk.replace(/^\uFEFF/, '') : chunk;
    isFirst = false;
  }
}

/** Only a line feed ends a line: JSON may have U+2028 in its strings, where node:readline ends one too. */
async function* linesOf(chunks: AsyncIterable<string>): AsyncIterable<string> {
  let begun: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...others] = chunk.split('\n');
    begun.push(first);
    for (const line of others) {
      yield begun.join('');
      begun = [line];
    }
  }
  yield begun.join('');
}
