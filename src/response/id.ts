// Ids and times of runs, in llm's form, from the run's scheduler.
import type { SchedulerLike } from 'rxjs';
import { monotonicFactory } from 'ulid';

const nextUlid = monotonicFactory();

/** A lower-case ULID, greater than every one before it in this process. */
export function newId(scheduler: SchedulerLike): string {
  return nextUlid(scheduler.now()).toLowerCase();
}

/** The scheduler's time as ISO 8601 with offset, microseconds left out when zero: as Python writes it. */
export function nowUtc(scheduler: SchedulerLike): string {
  const [seconds, fraction] = new Date(scheduler.now()).toISOString().slice(0, -1).split('.') as [string, string];
  return fraction === '000' ? `${seconds}+00:00` : `${seconds}.${fraction}000+00:00`;
}
