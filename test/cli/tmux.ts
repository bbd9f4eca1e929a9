// The program in a real terminal: keys are typed, and what stands on the screen is read.
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { program } from '../support/dist.ts';
import { programPath } from '../support/needs.ts';

const execute = promisify(execFile);

export interface TerminalOptions {
  /** Undefined takes away what is set by default: `NO_COLOR`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly columns?: number;
  readonly rows?: number;
  /** Stands before the program on the command line: `printf y |`. */
  readonly before?: string;
}

/** Terminals for the tests of one `describe`, each of which opens one by `start`. */
export class Terminals {
  readonly #options: readonly string[];
  #folder = '';
  #session = 0;
  #shown = '';
  #look = () => {};

  constructor(name: string) {
    this.#options = ['-u', '-L', `rxllm-${name}-${process.pid}`, '-f', '/dev/null'];
    beforeAll(async () => {
      this.#folder = await mkdtemp(path.join(os.tmpdir(), 'rxllm-tmux-'));
      await this.#tmux('new-session', '-d', 'cat');
    });
    // Which ends what reads its pipe: threads that wait for files are few.
    afterEach(() => this.#tmux('kill-session', '-t', this.#name));
    afterAll(async () => {
      await this.#tmux('kill-server');
      await rm(this.#folder, { recursive: true });
    });
  }

  /** Starts the program in a new terminal. */
  async start(
    args: readonly string[],
    { env = {}, columns = 80, rows = 24, before = '' }: TerminalOptions = {},
  ): Promise<void> {
    this.#session += 1;
    this.#shown = '';
    const [shown, go] = ['shown', 'go'].map((name) => path.join(this.#folder, `${name}${this.#session}`)) as [
      string,
      string,
    ];
    await execute('mkfifo', [shown, go]);
    const variables = { PATH: process.env.PATH, TERM: 'screen-256color', NO_COLOR: '1', ...env };
    const words = [
      'env',
      '-i',
      ...Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${value}`)),
    ];
    const script = `read _ <'${go}'; trap : INT; ${before} "$@"; echo "=== $? ==="; cat`;
    const inBash = ['bash', '-c', script, 'bash', ...words, process.execPath, program, ...args];
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    await this.#tmux('new-session', '-d', '-s', this.#name, ...size, '-c', this.#folder, ...inBash);
    createReadStream(shown, 'utf8').on('data', (chunk) => {
      this.#shown += String(chunk);
      this.#look();
    });
    await this.#tmux('pipe-pane', '-t', this.#name, `cat >'${shown}'`);
    await writeFile(go, '\n');
  }

  /** When the terminal has been sent this so many times. */
  shows(text: string, times = 1): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (this.#shown.split(text).length > times) resolve();
      };
      this.#look();
    });
  }

  async type(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', '-t', this.#name, ...keys);
  }

  /** What is on the screen now; with the sequences that colour it where they are asked for. */
  async screen({ colors = false } = {}): Promise<string> {
    const text = await this.#tmux('capture-pane', '-t', this.#name, '-p', ...(colors ? ['-e'] : []));
    return text.trimEnd().replaceAll(/ +$/gm, '');
  }

  /** The screen when the program has ended, and its exit code. */
  async end(options?: { readonly colors: boolean }): Promise<{ readonly screen: string; readonly code: number }> {
    await this.shows(' ===');
    const [, screen = '', code] = /^([^]*?)\n?=== (\d+) ===$/.exec(await this.screen(options)) ?? [];
    return { screen, code: Number(code) };
  }

  get #name(): string {
    return `s${this.#session}`;
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    return (await execute(programPath('tmux'), [...this.#options, ...args])).stdout;
  }
}
