// Timers that keep no process alive: what waits for them is a server or a run, and those do.
import { Subscription, type SchedulerLike } from 'rxjs';
import { longestMs } from '../values/longestMs.ts';

/** Calls back after `ms` milliseconds, unless unsubscribed; never for a time that no timer can wait for. */
export function after(ms: number, call: () => void, scheduler?: SchedulerLike): Subscription {
  if (ms > longestMs) return Subscription.EMPTY;
  if (scheduler) return scheduler.schedule(call, ms);
  const timer = setTimeout(call, ms);
  timer.unref();
  return new Subscription(() => clearTimeout(timer));
}
