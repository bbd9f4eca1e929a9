// Asks for something that nobody shall see: on a terminal it is typed unseen, elsewhere it is all of standard input.
import readline from 'node:readline';
import { Writable } from 'node:stream';
import { LlmError } from '../../values/error.ts';
import type { Stdin } from '../input.ts';
import { stderr } from '../output.ts';

/** What was typed or piped in, without spaces around it. Rejects with LlmError `aborted` where typing was ended. */
export async function readSecret(question: string, stdin: Stdin): Promise<string> {
  const text = stdin.isTerminal ? await typed(question) : await stdin.text();
  return text.trim();
}

function typed(question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    // The line is edited as ever, but what would be shown goes nowhere.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = readline.createInterface({ input: process.stdin, output: nowhere, terminal: true });
    stderr.write(question);
    lines.once('line', (line) => {
      resolve(line);
      lines.close();
    });
    // The terminal is read key by key, so Ctrl-C is one of them.
    let isInterrupted = false;
    lines.once('SIGINT', () => {
      isInterrupted = true;
      // Closed only when the signal is there: nothing else keeps the process until then.
      process.once('SIGINT', () => lines.close());
      process.kill(process.pid, 'SIGINT');
    });
    lines.once('close', () => {
      stderr.endLine();
      if (!isInterrupted) reject(new LlmError('aborted', 'nothing was typed, and nothing is changed'));
    });
  });
}
