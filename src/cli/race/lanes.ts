// What each model of a race has said, as it is shown.
import { asyncScheduler, throttleTime, Subject } from 'rxjs';
import { stderr, stdout, visible } from '../output.ts';
import { sideBySide, wrap } from './columns.ts';

/** What one model says. */
export interface Lane {
  write(chunk: string): void;
  /** What there is, is taken back. */
  clear(): void;
  end(note: string): void;
  fail(message: string): void;
}

interface State {
  readonly name: string;
  text: string;
  note: string;
  hasFailed: boolean;
}

/** The screen that is drawn on. */
interface Screen {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
}

const gap = 3;
const least = 20;

/**
 * On a terminal the columns are drawn again and again, as much of their end as fits; when all have ended they stand there
 * whole. Elsewhere each answer is printed when it is complete, under its name.
 */
export class Lanes {
  readonly #states: readonly State[];
  readonly #screen: Screen | undefined;
  readonly #changed$ = new Subject<void>();
  #drawn = 0;

  constructor(names: readonly string[], screen: Screen | undefined) {
    this.#states = names.map((name) => ({ name, text: '', note: '', hasFailed: false }));
    this.#screen = screen;
    const redraw = { leading: true, trailing: true };
    if (screen) this.#changed$.pipe(throttleTime(50, asyncScheduler, redraw)).subscribe(() => this.#draw(false));
  }

  lane(at: number): Lane {
    const state = this.#states[at]!;
    const done = (note: string) => {
      state.note = note;
      if (this.#screen) this.#changed$.next();
      else this.#print(state);
    };
    return {
      write: (chunk) => {
        state.text += chunk;
        this.#changed$.next();
      },
      clear: () => {
        state.text = '';
        this.#changed$.next();
      },
      end: done,
      fail(message) {
        state.hasFailed = true;
        done(`Error: ${message}`);
      },
    };
  }

  end(): void {
    this.#changed$.complete();
    if (this.#screen) this.#draw(true);
    if (this.#states.every(({ hasFailed }) => hasFailed)) process.exitCode = 1;
  }

  #print({ name, text, note, hasFailed }: State): void {
    stdout.line(`# ${name}`);
    if (text !== '') stdout.line(text.replace(/\n$/, ''));
    stdout.line('');
    stderr.line(`${name}: ${note}`, hasFailed ? 'red' : 'dim');
  }

  #draw(isWhole: boolean): void {
    const screen = this.#screen;
    if (!screen) return;
    const rows = this.#rows(screen.columns);
    // One row for the cursor.
    const shown = isWhole ? rows : rows.slice(-Math.max(1, screen.rows - 1));
    const up = this.#drawn > 0 ? `\u001B[${this.#drawn}A` : '';
    screen.write(`${up}\r\u001B[J${shown.join('\n')}\n`);
    this.#drawn = shown.length;
  }

  #rows(columns: number): readonly string[] {
    const count = this.#states.length;
    const width = Math.floor((columns - gap * (count - 1)) / count);
    const lanes = this.#states.map(({ name, text, note }) => [
      `# ${name}`,
      '',
      ...(text === '' ? [] : text.replace(/\n+$/, '').split('\n')),
      ...(note === '' ? [] : ['', `(${note})`]),
    ]);
    // Too narrow to stand side by side.
    if (width < least) return lanes.flatMap((lines) => [...wrap(visible(lines.join('\n')), columns - 1), '']);
    return sideBySide(
      lanes.map((lines) => wrap(visible(lines.join('\n')), width)),
      width,
    );
  }
}
