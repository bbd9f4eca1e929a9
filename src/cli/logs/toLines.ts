// Turns as lines of JSON that lose nothing, as exportTurns() writes them.
import { concatMap, type Observable } from 'rxjs';
import type { Log } from '../../store/log.ts';
import type { TurnLine } from '../../store/turnLines.ts';
import type { LoggedTurn } from '../../store/turnRecord.ts';

/** A line a turn, with its line break. Errors with `storage` where a history is not whole. */
export function toLines(log: Log, turns$: Observable<LoggedTurn>): Observable<string> {
  return turns$.pipe(
    concatMap(async ({ id, thread, details }) => {
      const json = await log.response(id);
      // It may have been deleted meanwhile.
      return json ? `${JSON.stringify({ ...json, rxllm: { thread, ...details } } satisfies TurnLine)}\n` : '';
    }),
  );
}
