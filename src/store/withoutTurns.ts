// What deleting turns means for those that stay.
import type { ContentHash } from './contentHash.ts';
import type { TurnRecord } from './turnRecord.ts';

export interface Deletion {
  /** Turns that stay and had a parent which goes: they name its messages themselves now. */
  readonly changed: readonly TurnRecord[];
  /** Messages that no turn names any more. */
  readonly unused: ReadonlySet<ContentHash>;
}

/** @param turns All turns that there are, those to be deleted among them. */
export function withoutTurns(turns: Iterable<TurnRecord>, ids: ReadonlySet<string>): Deletion {
  const all = new Map([...turns].map((turn) => [turn.id, turn]));
  const changed: TurnRecord[] = [];
  const unused = new Set<ContentHash>();
  const gone = [...all.values()].filter(({ id }) => ids.has(id));
  for (const turn of gone) for (const hash of namedBy(turn)) unused.add(hash);
  for (const turn of all.values()) {
    if (ids.has(turn.id)) continue;
    const kept = adopt(turn, all, ids);
    if (kept !== turn) changed.push(kept);
    for (const hash of namedBy(kept)) unused.delete(hash);
  }
  return { changed, unused };
}

/** The messages that a turn names itself. */
export function namedBy({ prompt, messages }: TurnRecord): readonly ContentHash[] {
  return [...prompt, ...messages];
}

/** A turn whose parents that go are its own now. */
function adopt(turn: TurnRecord, all: ReadonlyMap<string, TurnRecord>, ids: ReadonlySet<string>): TurnRecord {
  const adopted: ContentHash[] = [];
  let { parent } = turn;
  while (parent !== undefined && ids.has(parent)) {
    const lost = all.get(parent);
    if (!lost) break;
    adopted.unshift(...namedBy(lost));
    ({ parent } = lost);
  }
  if (parent === turn.parent) return turn;
  const { parent: _, ...kept } = turn;
  return { ...kept, prompt: [...adopted, ...turn.prompt], ...(parent !== undefined && { parent }) };
}
