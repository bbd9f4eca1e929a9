// What the commands that show or change settings have in common.
import type { Command } from 'commander';
import { defer, finalize } from 'rxjs';
import { Stdin } from '../input.ts';
import { stdout } from '../output.ts';
import { runToEnd } from '../run.ts';

/** What a command works with. */
export interface ActContext {
  readonly stdin: Stdin;
  /** Aborted when the user stops the command. */
  readonly signal: AbortSignal;
}

/** Runs what a command does to its end, or until the user stops it: then it neither reads nor fetches any more. */
export function act(work: (context: ActContext) => Promise<void>): Promise<void> {
  const stdin = new Stdin();
  const controller = new AbortController();
  return runToEnd(
    defer(() => work({ stdin, signal: controller.signal })).pipe(
      finalize(() => {
        controller.abort();
        stdin.close();
      }),
    ),
  );
}

/** Ends with wrong usage where a command got more than it takes; says why that matters, not what it was. */
export function refuseMore(command: Command, takes: number, why: string): void {
  if (command.args.length > takes) command.error(`error: ${why}`);
}

/** Writes JSON for programs. */
export function printJson(value: unknown): void {
  stdout.line(JSON.stringify(value, null, 2));
}

/** Lines `name : rest`, the names as wide as the widest. */
export function printPairs(pairs: readonly (readonly [name: string, rest: string])[]): void {
  const width = Math.max(...pairs.map(([name]) => name.length));
  for (const [name, rest] of pairs) stdout.line(`${name.padEnd(width)} : ${rest}`);
}
