// How long a server may be silent: the limits, and what they are by default.
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';

/** In milliseconds, on the scheduler of the prompt; `Infinity` takes a limit away. */
export interface Timeouts {
  /**
   * From the sending to the head of the response; errors with `connect_timeout`. Default 240,000: servers on one's own
   * machine answer only when the model is loaded and has read the prompt. Not used for an answer that comes in one piece
   * (`stream: false`), because it begins only when it is complete.
   */
  readonly connectMs?: number | undefined;
  /**
   * From the head of the response to its first event; errors with `first_event_timeout`. Default 240,000. For an answer
   * in one piece: from the sending.
   */
  readonly firstEventMs?: number | undefined;
  /** From one event to the next; errors with `idle_timeout`. Default 240,000. */
  readonly idleMs?: number | undefined;
  /**
   * How long comments, pings and empty lines may put the last two off. They prove that the connection lives, and a model
   * that thinks for minutes sends nothing else; but a proxy sends them also for a model that is dead. Default 600,000.
   */
  readonly keepAliveMs?: number | undefined;
}

/** All of them. */
export type Limits = { readonly [K in keyof Timeouts]-?: number };

/** Below 300 seconds: after so long Node's fetch breaks off by itself, for the head and between two pieces of a body. */
const silenceMs = 240_000;

/** As long as the clients of OpenAI and Anthropic wait for a whole answer. */
const keepAliveMs = 600_000;

/** @throws LlmError `invalid_input` for a limit that is no time, and for what holds no limits. */
export function toLimits(timeouts: Timeouts = {}): Limits {
  const holder: unknown = timeouts;
  if (typeof holder !== 'object' || holder === null) {
    const what = `timeouts is an object of limits, such as { idleMs: 30_000 }, not ${describe(holder)}`;
    throw new LlmError('invalid_input', what);
  }
  const given = Object.entries(timeouts).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!names.has(name)) {
      throw new LlmError('invalid_input', `timeouts has no ${describe(name)}, only ${[...names].join(', ')}`);
    }
    if (!(typeof value === 'number' && value >= 1)) {
      const what = `timeouts.${name} is a number of milliseconds from 1 up, or Infinity, not ${describe(value)}`;
      throw new LlmError('invalid_input', what);
    }
  }
  return { ...defaults, ...(Object.fromEntries(given) as Partial<Limits>) };
}

const defaults: Limits = { connectMs: silenceMs, firstEventMs: silenceMs, idleMs: silenceMs, keepAliveMs };
const names: ReadonlySet<string> = new Set(Object.keys(defaults));
