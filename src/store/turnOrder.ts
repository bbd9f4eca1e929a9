// Which turns a query is for, and their order.
import type { TurnQuery } from './logAdapter.ts';
import type { TurnRecord } from './turnRecord.ts';

export function fits({ thread, time }: TurnRecord, query: Omit<TurnQuery, 'order'>): boolean {
  const { thread: wanted = thread, from = -Infinity, before = Infinity } = query;
  return thread === wanted && time >= from && time < before;
}

export function compareTurns(order: TurnQuery['order']): (a: TurnRecord, b: TurnRecord) => number {
  const sign = order === 'oldest' ? 1 : -1;
  return (a, b) => sign * (a.time - b.time || (a.id < b.id ? -1 : Number(a.id > b.id)));
}
