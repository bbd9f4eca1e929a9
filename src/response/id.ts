// Ids and times of runs, in llm's form, from the run's scheduler. The `ulid` package would do as well, but it is 6 % of
// what a browser loads to stream a chat.
import type { SchedulerLike } from 'rxjs';

// Crockford's base 32, lower case: https://github.com/ulid/spec.
const digits = '0123456789abcdefghjkmnpqrstvwxyz';
let lastTime = -1;
let lastRandom: number[] = [];

/**
 * A lower-case ULID: 10 digits of time in milliseconds, 16 of chance. Within a millisecond, or when the clock went back,
 * the chance counts up, so that ids always rise in a process.
 */
export function newId(scheduler: SchedulerLike): string {
  const time = scheduler.now();
  if (time > lastTime) {
    lastTime = time;
    lastRandom = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte % 32);
  } else if (!countUp(lastRandom)) lastTime += 1;
  let stamp = '';
  for (let rest = lastTime, index = 0; index < 10; index += 1, rest = Math.floor(rest / 32))
    stamp = digits[rest % 32]! + stamp;
  return stamp + lastRandom.map((digit) => digits[digit]).join('');
}

/** When an id was made, in milliseconds since 1970; undefined for one that is no ULID as responses have it. */
export function timeOfId(id: string): number | undefined {
  if (!/^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(id)) return undefined;
  return Array.from(id.slice(0, 10)).reduce((time, digit) => time * 32 + digits.indexOf(digit), 0);
}

/** Adds one, in place; false when it overflows to zero. */
function countUp(number: number[]): boolean {
  for (let index = number.length - 1; index >= 0; index -= 1) {
    number[index] = (number[index]! + 1) % 32;
    if (number[index] !== 0) return true;
  }
  return false;
}

/** The scheduler's time as ISO 8601 with offset, microseconds left out when zero: as Python writes it. */
export function nowUtc(scheduler: SchedulerLike): string {
  const [seconds, fraction] = new Date(scheduler.now()).toISOString().slice(0, -1).split('.') as [string, string];
  return fraction === '000' ? `${seconds}+00:00` : `${seconds}.${fraction}000+00:00`;
}
