// A spinner on standard error, so that waiting is seen to be waiting. Only on a terminal, and not for what is quick.
import { asyncScheduler, concatMap, interval, timer, type Subscription } from 'rxjs';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export class Spinner {
  #turning: Subscription | undefined;
  #isShown = false;

  /** Begins to turn after a moment. */
  start(): void {
    const { isTTY } = process.stderr;
    if (!isTTY || process.env.TERM === 'dumb' || this.#turning) return;
    this.#turning = timer(300, asyncScheduler)
      .pipe(concatMap(() => interval(80)))
      .subscribe((count) => {
        this.#isShown = true;
        process.stderr.write(`\r${frames[count % frames.length]} `);
      });
  }

  /** Leaves no trace. */
  stop(): void {
    this.#turning?.unsubscribe();
    this.#turning = undefined;
    if (this.#isShown) process.stderr.write('\r\u001B[K');
    this.#isShown = false;
  }
}
