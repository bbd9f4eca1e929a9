// The log: every turn is kept, by whatever adapter, and can be found again.
import { Observable } from 'rxjs';
import { describe, messageOf } from '../values/describe.ts';
import { LlmError, toLlmError } from '../values/error.ts';
import type { Message } from '../values/message.ts';
import type { ResponseJSON } from '../values/responseJson.ts';
import { historyHashes, messageHash, type ContentHash } from './contentHash.ts';
import type { LogAdapter, TurnQuery } from './logAdapter.ts';
import { rank, toTerms } from './search.ts';
import { sameTurn, threadOf, toRecord, turnId } from './toRecord.ts';
import type { LoggedTurn, TurnDetails, TurnRecord } from './turnRecord.ts';

export interface LogOptions {
  /** Turns that began longer ago are deleted, in days; looked after at most once a day, when a turn is appended. */
  readonly keepDays?: number | undefined;
}

export interface AppendOptions extends TurnDetails {
  /** The thread that it belongs to, as `thread` of another turn says. Default: one of its own. */
  readonly thread?: string | undefined;
}

/** What came of appending a turn. */
export interface Appended {
  readonly turn: TurnRecord;
  /** False for one that was there already. */
  readonly isNew: boolean;
}

/** Which turns; all that is given must hold. */
export interface LogFilter {
  readonly thread?: string | undefined;
  /** The id of the model that was asked, or the one that the provider says it used. */
  readonly model?: string | undefined;
  /** The name of a tool that was called. */
  readonly tool?: string | undefined;
  /** Began at this time or later. */
  readonly from?: Date | undefined;
  /** Began before this time. */
  readonly before?: Date | undefined;
}

export interface SearchOptions extends LogFilter {
  /** `best` first has the turn that says the words most; `newest` first is found while it is read. Default `newest`. */
  readonly order?: 'newest' | 'best' | undefined;
}

/** What to delete: a turn, a thread, or whatever began before a time. */
export type Deleted = { readonly turn: string } | { readonly thread: string } | { readonly before: Date };

/** Messages that were read before. */
type Memo = Map<ContentHash, Message>;

const dayMs = 86_400_000;

/**
 * Keeps turns and finds them. What is asked of it that fails is LlmError `storage`; arguments that make no sense throw
 * `invalid_input` at the call.
 */
export class Log {
  readonly #adapter: LogAdapter;
  readonly #options: LogOptions;
  /** Of some threads, the turns that were appended or read last: the next one is likely to follow on one of them. */
  readonly #recent = new Map<string, readonly TurnRecord[]>();
  readonly #pending = new Set<Promise<unknown>>();
  #cleanedOn = -1;

  /** Logs come from `createLog()` and `openLog()`. */
  constructor(adapter: LogAdapter, options: LogOptions) {
    const { keepDays = Infinity } = options;
    if (!(keepDays > 0)) {
      throw new LlmError('invalid_input', `keepDays of a log is a number of days above 0, not ${describe(keepDays)}`);
    }
    this.#adapter = adapter;
    this.#options = options;
  }

  /**
   * Keeps a turn, whatever its end; when it resolves it is kept. A turn that is there already, by its id, is left as it
   * is.
   *
   * @param json As `toJSON()`, `ended$` and `error.partial` give it. Without an `id` it gets one made of what it says.
   * @throws LlmError `invalid_input` for what is no turn, or when another turn has its id.
   */
  append(json: ResponseJSON, options: AppendOptions = {}): Promise<Appended> {
    const appending = this.#append(json, options);
    this.#pending.add(appending);
    const forget = () => this.#pending.delete(appending);
    appending.then(forget, forget);
    return appending;
  }

  /** Resolves when everything that is being appended is kept, or has failed. */
  async idle(): Promise<void> {
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending);
  }

  async #append(given: ResponseJSON, options: AppendOptions): Promise<Appended> {
    const id = turnId(given);
    // A copy: what is done to the response later must not reach the log.
    const json = structuredClone(given);
    const { thread, ...details } = structuredClone(options);
    const there = await this.#do(() => this.#adapter.turn(id));
    if (there) {
      if (sameTurn(there, json)) {
        await this.#mend(there, json);
        return { turn: there, isNew: false };
      }
      throw new LlmError(
        'invalid_input',
        `the log has another turn with the id ${describe(id)}; give this one its own`,
      );
    }
    const named = thread ?? threadOf(id);
    const hashes = json.prompt.messages.map(messageHash);
    const before = await this.#parentOf(named, hashes);
    let turn = toRecord(json, { id, thread: named, hashes, before, details });
    await this.#keep(turn, json, hashes);
    const { parent } = turn;
    // It may have been deleted meanwhile, and with it the history.
    if (parent !== undefined && !(await this.#do(() => this.#adapter.turn(parent)))) {
      turn = toRecord(json, { id, thread: named, hashes, before: undefined, details });
      await this.#keep(turn, json, hashes);
      this.#recent.delete(named);
    }
    this.#remember(turn);
    await this.#deleteOld();
    return { turn, isNew: true };
  }

  /** A turn by its id; undefined where there is none. */
  async turn(id: string): Promise<LoggedTurn | undefined> {
    const record = await this.#do(() => this.#adapter.turn(id));
    return record && this.#load(record);
  }

  /**
   * The whole JSON of a turn, its history included, for `fromJSON()`; undefined where there is none. Rejects with
   * `storage` where some of the history is lost; the `partial` has the rest.
   */
  async response(id: string): Promise<ResponseJSON | undefined> {
    let whole = await this.#whole(id);
    // Somebody who deletes may have written anew what stays, while it was read.
    if (whole?.lost !== undefined) whole = await this.#whole(id);
    if (whole?.lost === undefined) return whole?.json;
    const what = `the history of turn ${describe(id)} is not whole: ${whole.lost}`;
    throw new LlmError('storage', what, { partial: whole.json });
  }

  /** A turn with its history; `lost` says what is not there. */
  async #whole(id: string): Promise<{ readonly json: ResponseJSON; readonly lost: string | undefined } | undefined> {
    const record = await this.#do(() => this.#adapter.turn(id));
    if (!record) return undefined;
    const { turns, lost } = await this.#ancestors(record);
    const missing = new Set<ContentHash>();
    const messages: Message[] = [];
    for (const { prompt, messages: answer } of turns) {
      messages.push(...(await this.#messages([...prompt, ...answer], missing)));
    }
    messages.push(...(await this.#messages(record.prompt, missing)));
    const { response } = record;
    const json = {
      ...response,
      prompt: { ...response.prompt, messages },
      messages: await this.#messages(record.messages, missing),
    };
    this.#remember(record);
    if (lost !== undefined) return { json, lost: `turn ${describe(lost)} is lost` };
    return { json, lost: missing.size > 0 ? `${missing.size} of its messages are lost` : undefined };
  }

  /** The turns of a thread, the oldest first. */
  thread(id: string): Observable<LoggedTurn> {
    return this.#select({ thread: id }, 'oldest');
  }

  /** Turns, the newest first; read as they are taken, so `take(3)` reads three. */
  list(filter: LogFilter = {}): Observable<LoggedTurn> {
    return this.#select(filter, 'newest');
  }

  /**
   * Turns whose prompt or answer has all the words, in whatever case; words in double quotes stand as they are.
   *
   * @throws LlmError `invalid_input` where there is no word.
   */
  search(words: string, { order = 'newest', ...filter }: SearchOptions = {}): Observable<LoggedTurn> {
    const terms = toTerms(words);
    const found$ = this.#select(filter, 'newest', (turn) => rank(turn, terms) > 0);
    if (order === 'newest') return found$;
    return new Observable((subscriber) => {
      const found: LoggedTurn[] = [];
      subscriber.add(
        found$.subscribe({
          next: (turn) => found.push(turn),
          error: (error: unknown) => subscriber.error(error),
          complete() {
            // Of equals the newest stays first.
            const ranked = found.map((turn) => ({ turn, rank: rank(turn, terms) }));
            for (const { turn } of ranked.toSorted((a, b) => b.rank - a.rank)) subscriber.next(turn);
            subscriber.complete();
          },
        }),
      );
    });
  }

  /** A message by its hash, `sha256:` over its canonical JSON; undefined where there is none. */
  message(hash: ContentHash): Promise<Message | undefined> {
    return this.#do(() => this.#adapter.message(hash));
  }

  /**
   * Deletes turns, and what only they said. Histories of other turns stay whole: what was sent is part of what was asked.
   *
   * @returns How many turns there were.
   */
  async delete(what: Deleted): Promise<number> {
    const query = deletion(what);
    const ids = new Set<string>();
    if ('turn' in what) {
      if (await this.#do(() => this.#adapter.turn(what.turn))) ids.add(what.turn);
    } else for await (const { id } of this.#records(query)) ids.add(id);
    if (ids.size > 0) await this.#do(() => this.#adapter.delete(ids));
    this.#recent.clear();
    return ids.size;
  }

  #select(
    filter: LogFilter,
    order: TurnQuery['order'],
    accept: (turn: LoggedTurn) => boolean = () => true,
  ): Observable<LoggedTurn> {
    const records = this.records(filter, order);
    return new Observable((subscriber) => {
      const memo: Memo = new Map();
      const read = async () => {
        for await (const record of records) {
          if (subscriber.closed) return;
          const turn = await this.#load(record, memo);
          if (accept(turn)) subscriber.next(turn);
          // Not to read one more.
          if (subscriber.closed) return;
        }
        subscriber.complete();
      };
      read().catch((error: unknown) => subscriber.error(error));
    });
  }

  /** Turns without their messages, read as they are taken. */
  records({ model, tool, thread, from, before }: LogFilter, order: TurnQuery['order']): AsyncIterable<TurnRecord> {
    const query = { thread, from: time('from', from), before: time('before', before), order };
    const isWanted = ({ response, details, calls = [] }: TurnRecord) =>
      (model === undefined || response.model === model || details?.resolved_model === model) &&
      (tool === undefined || calls.includes(tool));
    // Read anew by each that asks for it.
    return { [Symbol.asyncIterator]: () => this.#records(query, isWanted)[Symbol.asyncIterator]() };
  }

  async *#records(query: TurnQuery, isWanted: (record: TurnRecord) => boolean = () => true): AsyncIterable<TurnRecord> {
    try {
      for await (const record of this.#adapter.turns(query)) if (isWanted(record)) yield record;
    } catch (error) {
      throw toLlmError(error, 'storage');
    }
  }

  async #load(record: TurnRecord, memo?: Memo): Promise<LoggedTurn> {
    const missing = new Set<ContentHash>();
    const prompt = await this.#messages(record.prompt, missing, memo);
    const messages = await this.#messages(record.messages, missing);
    return { ...record, prompt, messages, ...(missing.size > 0 && { missing: [...missing] }) };
  }

  async #messages(hashes: readonly ContentHash[], missing: Set<ContentHash>, memo?: Memo): Promise<Message[]> {
    const found: Message[] = [];
    for (const hash of hashes) {
      const message = memo?.get(hash) ?? (await this.#do(() => this.#adapter.message(hash)));
      if (message) found.push(message);
      else missing.add(hash);
      // Many threads begin with the same instructions.
      if (message?.role === 'system' && memo && memo.size < 100) memo.set(hash, message);
    }
    return found;
  }

  /** The turns that its history is made of, the oldest first; `lost` where one of them is not there. */
  async #ancestors(record: TurnRecord): Promise<{ readonly turns: TurnRecord[]; readonly lost?: string }> {
    const turns: TurnRecord[] = [];
    let { parent } = record;
    while (parent !== undefined) {
      const id = parent;
      const turn = await this.#do(() => this.#adapter.turn(id));
      if (!turn) return { turns: turns.toReversed(), lost: id };
      turns.push(turn);
      ({ parent } = turn);
    }
    return { turns: turns.toReversed() };
  }

  /** The turn whose whole history the messages begin with, and how many messages that has. */
  async #parentOf(thread: string, hashes: readonly ContentHash[]) {
    const counts = new Map(historyHashes(hashes).map((history, index) => [history, index + 1]));
    const candidates = this.#recent.get(thread) ?? (await this.#newestOf(thread));
    // What had no answer may have the same history as the next, and neither can be the parent of the other.
    const answered = candidates.filter(({ messages }) => messages.length > 0);
    const parents = answered.map(({ id, history }) => ({ id, count: (history && counts.get(history)) ?? 0 }));
    const [parent] = parents.filter(({ count }) => count > 0).toSorted((a, b) => b.count - a.count);
    return parent;
  }

  async #newestOf(thread: string): Promise<readonly TurnRecord[]> {
    for await (const record of this.#records({ thread, order: 'newest' })) return [record];
    return [];
  }

  /** Keeps messages again that were lost. */
  async #mend(record: TurnRecord, json: ResponseJSON): Promise<void> {
    const { missing } = await this.#load(record);
    if (missing) await this.#keep(record, json, json.prompt.messages.map(messageHash));
  }

  async #keep(record: TurnRecord, json: ResponseJSON, hashes: readonly ContentHash[]): Promise<void> {
    const all = new Map(json.prompt.messages.map((message, index) => [hashes[index]!, message]));
    for (const message of json.messages) all.set(messageHash(message), message);
    const named = new Set([...record.prompt, ...record.messages]);
    const messages = new Map([...all].filter(([hash]) => named.has(hash)));
    await this.#do(() => this.#adapter.append(record, messages));
  }

  #remember(record: TurnRecord): void {
    const { thread } = record;
    const others = (this.#recent.get(thread) ?? []).filter(({ id }) => id !== record.id);
    // As the one that was used last; the longest unused goes.
    this.#recent.delete(thread);
    this.#recent.set(thread, [record, ...others.slice(0, 15)]);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > 1000 && oldest !== undefined) this.#recent.delete(oldest);
  }

  async #deleteOld(): Promise<void> {
    const { keepDays } = this.#options;
    const today = Math.floor(Date.now() / dayMs);
    if (keepDays === undefined || this.#cleanedOn === today) return;
    this.#cleanedOn = today;
    try {
      // No date is as old as some numbers of days.
      await this.delete({ before: new Date(Math.max(0, Date.now() - keepDays * dayMs)) });
    } catch (error) {
      // The turn that was appended is kept all the same.
      process.emitWarning(`old turns could not be deleted: ${messageOf(error)}`, 'LogWarning');
    }
  }

  async #do<T>(work: () => T | PromiseLike<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toLlmError(error, 'storage');
    }
  }
}

/** A log on an adapter: `memoryAdapter()`, `lowdbAdapter()`, or one of your own. */
export function createLog(adapter: LogAdapter, options: LogOptions = {}): Log {
  return new Log(adapter, options);
}

function time(name: string, date: Date | undefined): number | undefined {
  if (date === undefined) return undefined;
  const ms = date instanceof Date ? date.getTime() : NaN;
  if (Number.isNaN(ms)) throw new LlmError('invalid_input', `${name} is a Date, not ${describe(date)}`);
  return ms;
}

function deletion(what: Deleted): TurnQuery {
  if ('turn' in what) return { order: 'oldest' };
  if ('thread' in what && typeof what.thread === 'string') return { thread: what.thread, order: 'oldest' };
  // Without a word of what to delete, nothing is.
  return { before: time('before', 'before' in what ? what.before : new Date(NaN)), order: 'oldest' };
}
