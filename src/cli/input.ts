// Standard input as text.
import { defer, finalize, from, of, reduce, type Observable } from 'rxjs';

/** Emits the whole of standard input, once. Unsubscribing closes it, so that nothing waits for it any more. */
export function readInput(): Observable<string> {
  return defer(() => from(process.stdin.setEncoding('utf8') as AsyncIterable<string>)).pipe(
    reduce((text, chunk) => text + chunk, ''),
    finalize(() => process.stdin.destroy()),
  );
}

/** As `readInput`, or nothing at once where a person would have to type it. */
export function readPiped(): Observable<string> {
  return defer(() => (process.stdin.isTTY ? of('') : readInput()));
}
