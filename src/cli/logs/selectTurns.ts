// Which turns of the log are shown, and in which order.
import { filter, from, map, mergeMap, pipe, take, toArray, type Observable, type OperatorFunction } from 'rxjs';
import type { Log, LogFilter } from '../../store/log.ts';
import { compareTurns } from '../../store/turnOrder.ts';
import type { LoggedTurn, TurnRecord } from '../../store/turnRecord.ts';

export interface Selection {
  /** How many; all where it is not given. */
  readonly count?: number | undefined;
  readonly thread?: string | undefined;
  readonly model?: string | undefined;
  /** Names of tools, all of which were called. */
  readonly tools?: readonly string[] | undefined;
  /** Whether a turn is wanted that has all of the rest. */
  readonly accept?: ((turn: LoggedTurn) => boolean) | undefined;
  /** Only turns after this one. */
  readonly after?: Bound | undefined;
  /** Words that the turn says. */
  readonly words?: string | undefined;
  /** Of turns that say the words the newest first, not the best. */
  readonly latest?: boolean | undefined;
}

/** The turn that others come after, or an id that there is no turn of. */
export interface Bound {
  readonly turn: TurnRecord | string;
  /** Whether it is wanted itself. */
  readonly isIncluded: boolean;
}

/**
 * The last turns, the oldest first; with `words` those that say them, the best first. Read as far as is needed.
 *
 * @throws LlmError `invalid_input` for words that are none.
 */
export function selectTurns(log: Log, { words, latest, ...selection }: Selection): Observable<LoggedTurn> {
  const { count, thread, model, tools = [], accept = () => true, after } = selection;
  const begun = typeof after?.turn === 'object' ? new Date(after.turn.time) : undefined;
  const query: LogFilter = { thread, model, tool: tools[0], from: begun };
  const wanted$ = filter(
    (turn: LoggedTurn) => tools.every((tool) => turn.calls?.includes(tool)) && isAfter(turn, after) && accept(turn),
  );
  if (words !== undefined) {
    const order = latest ? 'newest' : 'best';
    return log.search(words, { ...query, order }).pipe(wanted$, limit(count));
  }
  if (count === undefined) return from(oldestFirst(log, query)).pipe(wanted$);
  return log.list(query).pipe(wanted$, limit(count), toArray(), mergeTurns);
}

const mergeTurns: OperatorFunction<LoggedTurn[], LoggedTurn> = pipe(
  map((turns) => turns.toReversed()),
  mergeMap((turns) => turns),
);

/** Reads the turns one after another: all of a log may be more than there is room for. */
async function* oldestFirst(log: Log, query: LogFilter): AsyncIterable<LoggedTurn> {
  for await (const { id } of log.records(query, 'oldest')) {
    const turn = await log.turn(id);
    if (turn) yield turn;
  }
}

function limit(count: number | undefined): OperatorFunction<LoggedTurn, LoggedTurn> {
  return count === undefined ? (turns$) => turns$ : take(count);
}

function isAfter(turn: LoggedTurn, after: Bound | undefined): boolean {
  if (!after) return true;
  const { turn: bound, isIncluded } = after;
  if (typeof bound === 'string') return isIncluded ? turn.id >= bound : turn.id > bound;
  const order = compareTurns('oldest')({ ...turn, prompt: [], messages: [] }, bound);
  return isIncluded ? order >= 0 : order > 0;
}
