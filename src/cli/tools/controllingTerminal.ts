// The terminal that the program was started in, also where its standard input and output are something else.
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { Observable } from 'rxjs';
import { codeOf } from '../../store/lowdb/folders.ts';

// Of Windows, CON is either to be read or to be written; these are both.
const names =
  process.platform === 'win32'
    ? { input: String.raw`\\.\CONIN$`, output: String.raw`\\.\CONOUT$` }
    : { input: '/dev/tty', output: '/dev/tty' };

/** What is asked: a coloured title, what it is about, and the question. All of it has to be safe for a terminal. */
export interface TerminalQuestion {
  readonly title: string;
  readonly text: string;
  readonly question: string;
}

/**
 * Asks, and emits the line that is typed then; an empty one at the end of input. What was typed before the question came does
 * not answer it. Errors where there is no terminal. Unsubscribing leaves the question.
 *
 * Ctrl-C is a signal to the program, as elsewhere.
 */
export function askOnTerminal({ title, text, question }: TerminalQuestion): Observable<string> {
  return new Observable((subscriber) => {
    const input = new ReadStream(openSync(names.input, 'r+'));
    subscriber.add(() => input.destroy());
    const output = new WriteStream(openSync(names.output, 'r+'));
    let isOpen = true;
    subscriber.add(() => {
      // The answer has ended its line.
      if (isOpen) output.write('\n');
      output.destroy();
    });
    const answer = (line: string, endsLine: boolean) => {
      isOpen = !endsLine;
      subscriber.next(line);
      subscriber.complete();
    };
    let typed = '';
    input.on('error', (error) => subscriber.error(error));
    output.on('error', (error) => subscriber.error(error));
    input.on('end', () => answer('', false));
    dropTyped(input);
    output.write(`${styleText('yellow', title, { stream: output })}\n${text}\n${question} `);
    input.setEncoding('utf8').on('data', (chunk: string) => {
      typed += chunk;
      const end = typed.search(/[\r\n]/);
      if (end >= 0) answer(typed.slice(0, end), true);
    });
  });
}

/** Takes what has been typed, with and without Enter. */
function dropTyped(input: ReadStream): void {
  // Windows has no reading that does not wait.
  if (process.platform === 'win32') return;
  const waiting = openSync(names.input, constants.O_RDONLY | constants.O_NONBLOCK);
  // A line that was begun can be read only so.
  input.setRawMode(true);
  try {
    const bytes = Buffer.alloc(1024);
    let count;
    do count = readSync(waiting, bytes);
    while (count > 0);
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') throw error;
  } finally {
    input.setRawMode(false);
    closeSync(waiting);
  }
}
