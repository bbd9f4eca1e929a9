// Standard output and standard error, as the commands write to them. A terminal never gets what could steer it; a pipe
// gets every byte.
import { styleText } from 'node:util';
import { filter, Subject } from 'rxjs';

export type Style = 'dim' | 'yellow' | 'red';

/** Somebody who draws on the terminal by itself, and finishes what it draws before anything else is written there. */
export interface Painter {
  breakOff(): void;
}

let painter: Painter | undefined;

/** From now on this one draws on the terminal; undefined: nobody does. */
export function setPainter(next: Painter | undefined): void {
  painter = next;
}

export class Output {
  readonly #stream: NodeJS.WriteStream;
  readonly #error$ = new Subject<Error>();
  /** The first half of a character that a chunk ended in. */
  #half = '';
  #isLineOpen = false;
  #isBroken = false;
  /** What goes wrong while writing, such as a full disk. Not the reader leaving, which is `closed$`. */
  readonly failed$ = this.#error$.pipe(filter((error) => !isClosed(error)));
  /** Whoever reads has gone: `rxllm … | head -1`. */
  readonly closed$ = this.#error$.pipe(filter(isClosed));

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    // There for good: an error of the last write comes when the program is over, and would end it with a stack trace.
    stream.on('error', (error) => {
      this.#isBroken = true;
      this.#error$.next(error);
    });
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY;
  }

  /** Whether something stands on the line where the next text would go. */
  get isLineOpen(): boolean {
    return this.#isLineOpen;
  }

  /** Writes the next piece of a text. It may have been cut anywhere, also between the halves of a surrogate pair. */
  write(chunk: string, style?: Style): void {
    const text = this.#half + chunk;
    const last = text.charCodeAt(text.length - 1);
    const isHalf = last >= 0xd800 && last < 0xdc00;
    this.#half = isHalf ? text.slice(-1) : '';
    this.#send(isHalf ? text.slice(0, -1) : text, style);
  }

  /** Ends the line that was begun, if one was. */
  endLine(): void {
    if (this.isTerminal) painter?.breakOff();
    if (this.#isLineOpen || this.#half) this.line('');
  }

  /** Writes the rest of a line and its end. */
  line(text: string, style?: Style): void {
    this.#send(this.#half + text, style);
    this.#half = '';
    this.#send('\n');
  }

  #send(text: string, style?: Style): void {
    if (text === '' || this.#isBroken) return;
    if (this.isTerminal) painter?.breakOff();
    this.#isLineOpen = !text.endsWith('\n');
    const shown = this.isTerminal ? visible(text) : text;
    // Colours only where they are wanted: Node looks at the stream, NO_COLOR, FORCE_COLOR and TERM.
    this.#stream.write(style ? styleText(style, shown, { stream: this.#stream }) : shown);
  }
}

export const stdout = new Output(process.stdout);
export const stderr = new Output(process.stderr);

/** The text with control characters (but line feed and tab) and those that turn the writing direction spelled out. */
export function visible(text: string): string {
  return text.replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, (char) => {
    const code = char.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code}` : `\\x${code.padStart(2, '0')}`;
  });
}

function isClosed(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}
