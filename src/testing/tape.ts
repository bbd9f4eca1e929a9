// A tape: one HTTP response with its timing and its chunks. Plain data, and a text of it that people read and compare.
import { toBase64 } from '../values/attachment.ts';
import { LlmError } from '../values/error.ts';
import { fromBase64, fromUtf8, quoted } from './tapeText.ts';

/** What came in one read. */
export interface TapeChunk {
  /** Milliseconds since the request. */
  readonly ms: number;
  readonly bytes: Uint8Array;
}

/**
 * How a tape ends: the body ended, the connection broke (`error`), the client left (`aborted`), or nothing more comes and
 * the connection stays open (`silence`; no recording ends so).
 */
export type TapeEnd = 'end' | 'error' | 'aborted' | 'silence';

export interface Tape {
  readonly method: string;
  /** Without query, fragment, user name and password. */
  readonly url: string;
  readonly status: number;
  /** Empty where the response has none. */
  readonly contentType: string;
  /** When the head of the response came, in milliseconds since the request. */
  readonly headMs: number;
  readonly chunks: readonly TapeChunk[];
  readonly end: { readonly ms: number; readonly how: TapeEnd };
}

export const tapeVersion = 1;
export const tapeMark = 'rxllm tape ';
export const tapeEnds: readonly TapeEnd[] = ['end', 'error', 'aborted', 'silence'];

/** What stands on a tape before its chunks. */
export type TapeHead = Pick<Tape, 'method' | 'url' | 'status' | 'contentType' | 'headMs'>;

/** Writes a tape line by line, as what it tells of happens. */
export class TapeWriter {
  readonly #lines: string[];
  #ms: number;

  constructor({ method, url, status, contentType, headMs }: TapeHead) {
    this.#ms = Math.round(headMs);
    this.#lines = [
      tapeMark + tapeVersion,
      `${method} ${url}`,
      `${this.#ms} ${status}${contentType && ` ${contentType}`}`,
    ];
  }

  chunk({ ms, bytes }: TapeChunk): void {
    const text = fromUtf8(bytes);
    const said = text === undefined ? `base64 ${toBase64(bytes)}` : linesOf(text).map(quoted).join('\n  + ');
    this.#lines.push(`${this.#at(ms)} ${said}`);
  }

  end({ ms, how }: Tape['end']): string {
    return `${[...this.#lines, `${this.#at(ms)} ${how}`].join('\n')}\n`;
  }

  /** Whole milliseconds; a clock that was set back stands still. */
  #at(ms: number): number {
    return (this.#ms = Math.max(this.#ms, Math.round(ms)));
  }
}

/** The text of a tape. */
export function writeTape(tape: Tape): string {
  const writer = new TapeWriter(tape);
  for (const chunk of tape.chunks) writer.chunk(chunk);
  return writer.end(tape.end);
}

/** A text as the pieces that are shown below each other: each ends with its line breaks. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n+|[^\n]+$/g) ?? [''];
}

/**
 * The tape that a text tells of. Blank lines, and lines that begin with `#`, are left out.
 *
 * @throws LlmError `invalid_input` for a text that is no tape, a damaged one or several, with the number of the line.
 */
export function parseTape(text: string): Tape {
  const lines = new TapeLines(text);
  const tape = readTape(lines);
  const more = lines.peek();
  if (more) throw lines.error(more, 'another tape begins here; parseTapes() reads several');
  return tape;
}

/**
 * The tapes that stand one after the other in a text: of a file to which `record` appended, in the order in which the
 * responses ended.
 *
 * @throws LlmError `invalid_input` for a text without a tape, or with a damaged one, with the number of the line.
 */
export function parseTapes(text: string): readonly Tape[] {
  const lines = new TapeLines(text);
  const tapes = [readTape(lines)];
  while (lines.peek()) tapes.push(readTape(lines));
  return tapes;
}

/** The next tape; after its end stands nothing, or another. */
function readTape(lines: TapeLines): Tape {
  const [first, second, third] = [lines.next('its version'), lines.next('a request'), lines.next('a status')];
  if (!first.text.startsWith(tapeMark)) throw lines.error(first, `a tape begins with "${tapeMark}${tapeVersion}"`);
  if (first.text !== tapeMark + tapeVersion) throw lines.error(first, `this rxllm reads version ${tapeVersion} only`);
  const [, method, url] = /^([A-Z]+) (\S+)$/.exec(second.text) ?? [];
  if (!method || !url)
    throw lines.error(second, 'expected a method and a URL, such as "POST https://api.example/chat"');
  const [, head, status, contentType = ''] = /^(\d+) ([2-5]\d\d)(?: (.+))?$/.exec(third.text) ?? [];
  if (!head)
    throw lines.error(third, 'expected milliseconds, a status and a content type, such as "31 200 text/plain"');

  const headMs = Number(head);
  const chunks: TapeChunk[] = [];
  let last = headMs;
  for (;;) {
    const line = lines.next('its end');
    const [, time, said = ''] = /^(\d+) (.+)$/.exec(line.text) ?? [];
    if (time === undefined) throw lines.error(line, `expected ${shapes}`);
    const ms = Number(time);
    if (ms < last) throw lines.error(line, `time goes back, from ${last} to ${ms} ms`);
    last = ms;
    const how = tapeEnds.find((one) => one === said);
    if (how) {
      const more = lines.peek();
      if (more && !more.text.startsWith(tapeMark)) throw lines.error(more, 'the tape has ended in the line before');
      return { method, url, status: Number(status), contentType, headMs, chunks, end: { ms, how } };
    }
    chunks.push({ ms, bytes: bytesOf(said, line, lines) });
  }
}

const shapes = `milliseconds and a JSON string, "base64 …" or one of ${tapeEnds.join(', ')}`;

function bytesOf(said: string, line: Line, lines: TapeLines): Uint8Array {
  if (said.startsWith('base64 ')) {
    const bytes = fromBase64(said.slice('base64 '.length));
    if (bytes) return bytes;
    throw lines.error(line, 'that is no base64');
  }
  let text = unquote(said, line, lines);
  for (let next = lines.peek(); next?.text.startsWith('+'); next = lines.peek()) {
    text += unquote(next.text.slice(1).trim(), next, lines);
    lines.next('');
  }
  return new TextEncoder().encode(text);
}

function unquote(said: string, line: Line, lines: TapeLines): string {
  if (!said.startsWith('"')) throw lines.error(line, `expected ${shapes}`);
  try {
    return JSON.parse(said) as string;
  } catch (cause) {
    throw lines.error(line, 'that is no whole JSON string', cause);
  }
}

interface Line {
  readonly number: number;
  readonly text: string;
}

/** The lines that say something. */
class TapeLines {
  readonly #lines: readonly Line[];
  readonly #count: number;
  #at = 0;

  constructor(text: string) {
    const all = text.split(/\r?\n/);
    this.#count = all.length;
    this.#lines = all
      .map((line, index) => ({ number: index + 1, text: line.trim() }))
      .filter((line) => line.text !== '' && !line.text.startsWith('#'));
  }

  peek(): Line | undefined {
    return this.#lines[this.#at];
  }

  next(what: string): Line {
    const line = this.#lines[this.#at++];
    if (line) return line;
    throw this.error({ number: this.#count, text: '' }, `the tape stops before ${what}`);
  }

  error({ number, text }: Line, what: string, cause?: unknown): LlmError {
    const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text;
    const message = `line ${number} of the tape: ${what}${text && `; it says: ${shown}`}`;
    return new LlmError('invalid_input', message, cause === undefined ? {} : { cause });
  }
}
