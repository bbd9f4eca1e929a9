// Which turns of the log are shown, and in which order.
import { filter, mergeMap, Observable, take, toArray, type OperatorFunction } from 'rxjs';
import type { Log, LogFilter } from '../../store/log.ts';
import { compareTurns } from '../../store/turnOrder.ts';
import type { LoggedTurn, TurnRecord } from '../../store/turnRecord.ts';

/** A turn without what was said in it. */
export type TurnHead = Omit<TurnRecord, 'prompt' | 'messages'>;

export interface Selection {
  /** How many; all where it is not given. */
  readonly count?: number | undefined;
  readonly thread?: string | undefined;
  /** The id of the model, the one that the provider says it used, or the name that it was asked for by. */
  readonly model?: string | undefined;
  /** Names of tools, all of which were called. */
  readonly tools?: readonly string[] | undefined;
  /** Whether a turn is wanted that has all of the rest. */
  readonly accept?: ((turn: TurnHead) => boolean) | undefined;
  /** Only turns after this one. */
  readonly after?: Bound | undefined;
  /** Words that the turn says. */
  readonly words?: string | undefined;
  /** Of turns that say the words the newest first, not the best. */
  readonly latest?: boolean | undefined;
}

/** The turn that others come after, or an id that there is no turn of. */
export interface Bound {
  readonly turn: TurnHead | string;
  /** Whether it is wanted itself. */
  readonly isIncluded: boolean;
}

/**
 * The last turns, the oldest first; with `words` those that say them, the best first. Read as far as is needed.
 *
 * @throws LlmError `invalid_input` for words that are none.
 */
export function selectTurns(log: Log, selection: Selection): Observable<LoggedTurn> {
  const { count, thread, after, words, latest } = selection;
  const begun = typeof after?.turn === 'object' ? new Date(after.turn.time) : undefined;
  const query: LogFilter = { thread, from: begun };
  const isWanted = (turn: TurnHead) => fits(turn, selection);
  if (words !== undefined) {
    const order = latest ? 'newest' : 'best';
    return log.search(words, { ...query, order }).pipe(filter<LoggedTurn>(isWanted), limit(count));
  }
  if (count === undefined) return read(log, query, 'oldest', isWanted);
  return read(log, query, 'newest', isWanted).pipe(
    take(count),
    toArray(),
    mergeMap((turns) => turns.toReversed()),
  );
}

/** One after another: all of a log may be more than there is room for. What nobody wants is not read whole. */
function read(
  log: Log,
  query: LogFilter,
  order: 'newest' | 'oldest',
  isWanted: (turn: TurnHead) => boolean,
): Observable<LoggedTurn> {
  return new Observable((subscriber) => {
    const reading = async () => {
      for await (const record of log.records(query, order)) {
        if (subscriber.closed) return;
        const turn = isWanted(record) ? await log.turn(record.id) : undefined;
        if (turn) subscriber.next(turn);
      }
      subscriber.complete();
    };
    reading().catch((error: unknown) => subscriber.error(error));
  });
}

function fits(turn: TurnHead, { model, tools = [], after, accept = () => true }: Selection): boolean {
  const { response, details, calls = [] } = turn;
  const names = [response.model, details?.resolved_model, details?.model_name];
  return (
    (model === undefined || names.includes(model)) &&
    tools.every((tool) => calls.includes(tool)) &&
    isAfter(turn, after) &&
    accept(turn)
  );
}

function limit(count: number | undefined): OperatorFunction<LoggedTurn, LoggedTurn> {
  return count === undefined ? (turns$) => turns$ : take(count);
}

function isAfter(turn: TurnHead, after: Bound | undefined): boolean {
  if (!after) return true;
  const { turn: bound, isIncluded } = after;
  if (typeof bound === 'string') return isIncluded ? turn.id >= bound : turn.id > bound;
  const order = compareTurns('oldest')(bare(turn), bare(bound));
  return isIncluded ? order >= 0 : order > 0;
}

function bare(turn: TurnHead): TurnRecord {
  return { ...turn, prompt: [], messages: [] };
}
