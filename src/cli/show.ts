// What shows an answer while it comes.
import { stderr, stdout } from './output.ts';

export interface Show {
  text(chunk: string): void;
  reasoning(chunk: string): void;
  /** A line besides the answer: a call of a tool, what it has cost. */
  note(line: string, style?: 'dim' | 'yellow' | 'red'): void;
  /** Something is waited for. Says whether a spinner may turn: nothing stands where it would. */
  pause(): boolean;
  /** The answer is complete, or was cut short; called once. */
  end(isWhole: boolean): void;
}

/** The text as it comes: on a pipe byte by byte. Reasoning and notes on standard error. */
export function showRaw(): Show {
  return {
    text(chunk) {
      if (chunk !== '') stderr.endLine();
      stdout.write(chunk);
    },
    reasoning: (chunk) => stderr.write(chunk, 'dim'),
    note(line, style) {
      if (stdout.isTerminal) stdout.endLine();
      stderr.endLine();
      stderr.line(line, style);
    },
    pause() {
      // The reasoning of the next turn begins anew.
      stderr.endLine();
      return !stdout.isLineOpen;
    },
    end(isWhole) {
      // What follows on the screen, an error or the shell's prompt, begins on a line of its own.
      stderr.endLine();
      if (isWhole) stdout.line('');
      else if (stdout.isTerminal) stdout.endLine();
    },
  };
}

/** Nothing before the answer is complete; then what `extract` makes of it. */
export function showWhole(extract: (text: string) => string): Show {
  let text = '';
  return {
    text: (chunk) => (text += chunk),
    reasoning() {
      // It would come before an answer that is to be read by a program.
    },
    note: (line, style) => stderr.line(line, style),
    pause: () => !stderr.isLineOpen,
    end(isWhole) {
      stderr.endLine();
      if (isWhole) stdout.line(extract(text));
    },
  };
}

/** Nothing at all, for answers that are shown in another form. */
export function showNothing(): Show {
  const nothing = () => {
    // Somebody else shows it.
  };
  return {
    text: nothing,
    reasoning: nothing,
    note: (line, style) => stderr.line(line, style),
    pause: () => !stderr.isLineOpen,
    end: nothing,
  };
}
