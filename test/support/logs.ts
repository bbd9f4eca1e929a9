// Turns for tests of the log, as many as are wanted and always the same ones, and what is in the folder of a log.
import fs from 'node:fs';
import path from 'node:path';
import { firstValueFrom, toArray } from 'rxjs';
import { assistant, user, type Message, type ResponseJSON } from 'rxllm';
import type { Log, LogFilter } from 'rxllm/store';

const first = Date.UTC(2026, 0, 31, 23, 0);

/** When that turn began: one a second. */
export function timeOf(number: number): number {
  return first + 1000 * number;
}

/** The ULID of that turn, as responses have them. Turns of other series have other ones. */
export function idOf(number: number, series = 0): string {
  return base32(timeOf(number), 10) + base32(series, 16);
}

/** What was said in that many turns of a thread: a question and an answer each, of the same length in every turn. */
export function historyOf(count: number, series = 0): readonly Message[] {
  return Array.from({ length: count }, (_, at) => saidIn(at, series)).flat();
}

/** That turn of a thread, with the whole history before it. */
export function turnOf(number: number, series = 0, history: readonly Message[] = historyOf(number, series)) {
  const [question, answer] = saidIn(number, series);
  return makeTurn(number, [...history, question], [answer], series);
}

/** A turn that says this. */
export function makeTurn(
  number: number,
  prompt: readonly Message[],
  messages: readonly Message[],
  series = 0,
  id = idOf(number, series),
): ResponseJSON & { readonly id: string } {
  return {
    model: 'model-a',
    prompt: { messages: prompt },
    messages,
    id,
    datetime_utc: new Date(timeOf(number)).toISOString(),
  };
}

function saidIn(number: number, series: number): readonly [Message, Message] {
  const name = `${String(number).padStart(6, '0')} of ${String(series).padStart(6, '0')}`;
  return [user(`question ${name}`), assistant(`answer ${name}`)];
}

export async function idsIn(log: Log, filter: LogFilter = {}): Promise<readonly string[]> {
  const turns = await firstValueFrom(log.list(filter).pipe(toArray()));
  return turns.map(({ id }) => id);
}

/** The files in a folder and below it, by their paths there. */
export function filesIn(folder: string): readonly string[] {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map((file) => path.relative(folder, path.join(file.parentPath, file.name))).toSorted();
}

function base32(number: number, length: number): string {
  const digits = '0123456789abcdefghjkmnpqrstvwxyz';
  let [text, rest] = ['', number];
  while (text.length < length) {
    text = digits.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
