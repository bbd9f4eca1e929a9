// A conversation: asks for a line, answers it, and so on. Each turn goes on from what was said, also where it was cut.
import {
  catchError,
  EMPTY,
  fromEvent,
  identity,
  lastValueFrom,
  map,
  merge,
  ReplaySubject,
  take,
  takeUntil,
  type Observable,
} from 'rxjs';
import type { LlmResponse } from '../../response/response.ts';
import { logTo } from '../../store/logTo.ts';
import type { AttachmentPart } from '../../values/part.ts';
import { evaluate, isReasoningHidden, prepare, respond, type Ask } from '../ask.ts';
import type { AskFlags } from '../askOptions.ts';
import { display } from '../display.ts';
import { Stdin } from '../input.ts';
import { stderr, stdout } from '../output.ts';
import { readPrice } from '../prices.ts';
import { report } from '../run.ts';
import { chooseShow } from '../chooseShow.ts';
import { newThread } from '../newThread.ts';
import { createLineReader, type LineReader } from './lines.ts';

const help = `Type 'exit' or 'quit' to leave; Ctrl-C stops an answer, and leaves on an empty line.
Type '!multi' to write several lines, then '!end' to send them.
Type '!edit' to write in your editor.
Type '!fragment NAME [NAME ...]' to put fragments before your next prompt.
Type '!help' to see this again.`;

export async function chat(flags: AskFlags): Promise<void> {
  const first = await prepare(flags, { prompt: null, stdin: new Stdin(), onTyping: () => undefined });
  const reader = createLineReader();
  if (stdout.isTerminal) {
    stdout.line(`Chatting with ${first.name ?? 'demo'}`);
    stdout.line(help);
  }
  try {
    await new Chat(first, flags, reader).run();
  } finally {
    reader.close();
    await first.log?.idle();
  }
}

class Chat {
  readonly #ask: Ask;
  readonly #flags: AskFlags;
  readonly #reader: LineReader;
  readonly #thread: string;
  #previous: LlmResponse | undefined;
  /** For the next prompt. */
  #fragments: string[] = [];
  #attachments: AttachmentPart[] = [];
  #isFirst = true;
  /** Emits when the conversation has been ended from outside. */
  readonly #left$ = new ReplaySubject<void>(1);
  #hasLeft = false;

  constructor(ask: Ask, flags: AskFlags, reader: LineReader) {
    this.#ask = ask;
    this.#flags = flags;
    this.#reader = reader;
    this.#thread = ask.thread ?? newThread();
    this.#previous = ask.previous;
  }

  async run(): Promise<void> {
    const left = leaving().subscribe((code) => {
      process.exitCode = code;
      this.#hasLeft = true;
      this.#left$.next();
      this.#reader.close();
    });
    try {
      await this.#talk();
    } finally {
      left.unsubscribe();
    }
  }

  async #talk(): Promise<void> {
    while (!this.#hasLeft) {
      const line = await this.#reader.read('> ');
      if (this.#hasLeft || line === 'leave') return;
      if (line === 'again') continue;
      const text = line.text.trim();
      if (text === 'exit' || text === 'quit') return;
      try {
        const prompt = await this.#promptOf(text);
        if (prompt !== undefined) await this.#answer(prompt);
      } catch (error) {
        // A conversation goes on after an error.
        report(error);
        if (!stdout.isTerminal) process.exitCode = 1;
      }
    }
  }

  /** What is asked; undefined where the line was a command. */
  async #promptOf(text: string): Promise<string | undefined> {
    const [command = '', ...words] = text.split(/\s+/);
    switch (command) {
      case '':
        return undefined;
      case '!help':
        stdout.line(help);
        return undefined;
      case '!multi':
        return this.#readMany(words.length > 0 ? `!end ${words.join(' ')}` : '!end');
      case '!edit': {
        const { editText } = await import('./editText.ts');
        const written = (await editText(words.join(' '))).trim();
        if (written !== '') stdout.line(written);
        return written || undefined;
      }
      case '!fragment':
        await this.#addFragments(words);
        return undefined;
      default:
        return text;
    }
  }

  async #readMany(end: string): Promise<string | undefined> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.#reader.read('. ');
      if (line === 'again') return undefined;
      if (line === 'leave' || line.text.trim() === end) break;
      lines.push(line.text);
    }
    const text = lines.join('\n').trim();
    return text || undefined;
  }

  async #addFragments(names: readonly string[]): Promise<void> {
    const { loadFragment } = await import('../content/loadFragment.ts');
    const { loadPlugins } = await import('../plugins/loadPlugins.ts');
    const plugged = await loadPlugins();
    for (const name of names) {
      const { fragments, attachments } = await loadFragment(name, { loaders: plugged.fragmentLoaders });
      this.#fragments.push(...fragments.map(({ text }) => text));
      this.#attachments.push(...attachments);
      stderr.line(`${name} goes before your next prompt`, 'dim');
    }
    if (names.length === 0) stderr.line('!fragment NAME: which?', 'yellow');
  }

  async #answer(prompt: string): Promise<void> {
    const { options, log, name, template, tools } = this.#ask;
    const { text, system } = await evaluate(template, this.#flags, { prompt });
    // Instructions, fragments and attachments belong to the first turn; the history has them from then on.
    const { system: _, systemFragments: __, fragments = [], attachments = [], ...others } = options;
    const own = this.#isFirst ? { ...options, ...(system !== undefined && { system }) } : others;
    const now = {
      fragments: [...(this.#isFirst ? fragments : []), ...this.#fragments],
      attachments: [...(this.#isFirst ? attachments : []), ...this.#attachments],
    };
    this.#fragments = [];
    this.#attachments = [];
    const ask: Ask = {
      ...this.#ask,
      text,
      previous: this.#previous,
      options: { ...own, ...now },
    };
    const response = respond(ask).share();
    this.#previous = response;
    this.#isFirst = false;
    const price = name === undefined ? undefined : await readPrice(name);
    const show = await chooseShow(this.#flags);
    const shown$ = response.pipe(
      (source) =>
        log
          ? source.pipe(
              logTo(log, {
                thread: this.#thread,
                ...(name && { model_name: name }),
                ...(tools && { tools: tools.tools.map((tool) => tool.name) }),
              }),
            )
          : source,
      tools?.watch ?? identity,
      display(show, { reasoning: !isReasoningHidden(this.#flags), usage: this.#flags.usage === true, price }),
      // Ctrl-C stops the answer; what there is stays.
      takeUntil(merge(fromEvent(process, 'SIGINT'), this.#left$)),
      catchError((error: unknown) => {
        report(error);
        if (!stdout.isTerminal) process.exitCode = 1;
        return EMPTY;
      }),
    );
    await lastValueFrom(shown$, { defaultValue: undefined });
  }
}

/** What ends a conversation from outside, once, and the exit code of that. A second signal ends the process at once. */
function leaving(): Observable<number> {
  const isTyped = process.stdin.isTTY && stdout.isTerminal;
  return merge(
    fromEvent(process, 'SIGTERM').pipe(map(() => 143)),
    // Where lines are typed it stops an answer only.
    isTyped ? EMPTY : fromEvent(process, 'SIGINT').pipe(map(() => 130)),
    stdout.closed$.pipe(map(() => 0)),
  ).pipe(take(1));
}
