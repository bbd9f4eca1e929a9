// Shows a response while it comes: text on standard output, reasoning on standard error.
import { finalize, tap, type MonoTypeOperatorFunction } from 'rxjs';
import type { StreamEvent } from '../values/event.ts';
import type { Usage } from '../values/usage.ts';
import { stderr, stdout } from './output.ts';

export interface DisplayOptions {
  readonly reasoning: boolean;
  readonly usage: boolean;
}

/** Writes the events as they pass. Text is ended with one newline; text that was cut short only on a terminal. */
export function display({ reasoning, usage }: DisplayOptions): MonoTypeOperatorFunction<StreamEvent> {
  return (source) => {
    let counted: Usage | undefined;
    return source.pipe(
      tap({
        next(event) {
          switch (event.type) {
            case 'text':
              if (event.chunk !== '') stderr.endLine();
              stdout.write(event.chunk);
              break;
            case 'reasoning':
              if (reasoning) stderr.write(event.chunk, 'dim');
              break;
            case 'usage':
              counted = event.usage;
              break;
            default:
              break;
          }
        },
        complete() {
          stderr.endLine();
          stdout.line('');
          if (usage) stderr.line(usageText(counted), 'yellow');
        },
      }),
      finalize(() => {
        // What follows on the screen, an error or the shell's prompt, begins on a line of its own.
        stderr.endLine();
        if (stdout.isTerminal) stdout.endLine();
      }),
    );
  };
}

function usageText(usage: Usage | undefined): string {
  const { input = 0, output = 0, details } = usage ?? {};
  return `Token usage: ${input} input, ${output} output${details ? `, ${JSON.stringify(details)}` : ''}`;
}
