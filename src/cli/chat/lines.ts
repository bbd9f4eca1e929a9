// The lines that somebody types, or that come through a pipe.
import { createInterface, type Interface } from 'node:readline';
import { stdout } from '../output.ts';

/** What came: a line, or that whoever types wants to leave. */
export type Line = { readonly text: string } | 'leave' | 'again';

export interface LineReader {
  /** Asks for a line. */
  read(prompt: string): Promise<Line>;
  close(): void;
}

export function createLineReader(): LineReader {
  return process.stdin.isTTY && stdout.isTerminal ? new TerminalLines() : new PipedLines();
}

/**
 * With editing and a history. The terminal is in raw mode while a line is typed only, so that Ctrl-C is a signal while a
 * model answers.
 */
class TerminalLines implements LineReader {
  #history: string[] = [];
  /** Of the line that is being typed. */
  #reader: Interface | undefined;

  read(prompt: string): Promise<Line> {
    return new Promise((resolve) => {
      const reader = createInterface({
        input: process.stdin,
        output: process.stdout,
        history: this.#history,
        historySize: 1000,
        removeHistoryDuplicates: true,
      });
      this.#reader = reader;
      let isEnded = false;
      const end = (line: Line) => {
        isEnded = true;
        // Before it is closed, which means to leave.
        resolve(line);
        reader.close();
      };
      reader.on('history', (history) => (this.#history = history));
      reader.on('line', (text) => end({ text }));
      // Ctrl-C empties a line that was begun, and leaves on an empty one.
      reader.on('SIGINT', () => {
        process.stdout.write('\n');
        end(reader.line === '' ? 'leave' : 'again');
      });
      // Ctrl-D.
      reader.on('close', () => {
        if (!isEnded) process.stdout.write('\n');
        resolve('leave');
      });
      reader.setPrompt(prompt);
      reader.prompt();
    });
  }

  close(): void {
    this.#reader?.close();
  }
}

class PipedLines implements LineReader {
  readonly #reader: Interface;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    this.#reader = createInterface({ input: process.stdin, crlfDelay: Infinity });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  async read(): Promise<Line> {
    const { done, value } = await this.#lines.next();
    return done ? 'leave' : { text: value };
  }

  close(): void {
    this.#reader.close();
  }
}
