// A log that is forgotten with the process, for tests and for pages that keep nothing.
import type { Message } from '../values/message.ts';
import type { ContentHash } from './contentHash.ts';
import type { LogAdapter } from './logAdapter.ts';
import { compareTurns, fits } from './turnOrder.ts';
import type { TurnRecord } from './turnRecord.ts';
import { withoutTurns } from './withoutTurns.ts';

/** Keeps turns in memory. */
export function memoryAdapter(): LogAdapter {
  const turns = new Map<string, TurnRecord>();
  const messages = new Map<ContentHash, Message>();
  return {
    append(turn, added) {
      turns.set(turn.id, turn);
      for (const [hash, message] of added) messages.set(hash, message);
    },
    turn: (id) => turns.get(id),
    turns: (query) => [...turns.values()].filter((turn) => fits(turn, query)).toSorted(compareTurns(query.order)),
    message: (hash) => messages.get(hash),
    delete(ids) {
      const { changed, unused } = withoutTurns(turns.values(), ids);
      for (const id of ids) turns.delete(id);
      for (const turn of changed) turns.set(turn.id, turn);
      for (const hash of unused) messages.delete(hash);
    },
  };
}
