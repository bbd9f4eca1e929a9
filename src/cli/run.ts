// Runs what a command does to its end, or until the user stops it, and turns the end into an exit code.
import { CommanderError } from 'commander';
import {
  fromEvent,
  lastValueFrom,
  map,
  merge,
  mergeMap,
  take,
  takeUntil,
  tap,
  throwError,
  type Observable,
} from 'rxjs';
import { stderr, stdout } from './output.ts';

/**
 * Subscribes to the work. Ctrl-C, a termination signal, and a reader of standard output that leaves unsubscribe from
 * it, which aborts requests under way; the process then ends by itself, and at once at a second signal.
 *
 * @param settle What is still to be done then, such as writing down what had come.
 */
export async function runToEnd(
  work$: Observable<unknown>,
  settle: () => Promise<void> | undefined = () => undefined,
): Promise<void> {
  const stopped$ = merge(
    fromEvent(process, 'SIGINT').pipe(map(() => 130)),
    fromEvent(process, 'SIGTERM').pipe(map(() => 143)),
    // Not an error: `| head -1` had enough.
    stdout.closed$.pipe(map(() => 0)),
    stdout.failed$.pipe(mergeMap((error) => throwError(() => error))),
  ).pipe(
    take(1),
    tap((code) => (process.exitCode = code)),
  );
  try {
    await lastValueFrom(work$.pipe(takeUntil(stopped$)), { defaultValue: undefined });
  } finally {
    await settle();
  }
}

/** Says what went wrong; gives the exit code: 2 for a command line that makes no sense, otherwise 1. */
export function report(error: unknown): number {
  // Commander has written its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  stderr.endLine();
  const message = error instanceof Error ? error.message : String(error);
  stderr.line(`Error: ${message}`, 'red');
  return 1;
}
