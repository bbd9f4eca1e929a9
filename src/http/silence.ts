// Watches over one request: a server that is silent for too long has given up on it, whatever its socket says.
import type { SchedulerLike, Subscription } from 'rxjs';
import { LlmError, type LlmErrorCode } from '../values/error.ts';
import { longestMs } from '../values/longestMs.ts';
import { toLimits, type Limits, type Timeouts } from './timeouts.ts';

export interface SilenceOptions {
  readonly timeouts: Timeouts | undefined;
  readonly scheduler: SchedulerLike;
  /** The answer comes in one piece, so its head comes only when it is complete. */
  readonly isWhole: boolean;
  /** Who is silent, for the message. */
  readonly who: string;
}

/** What is waited for. */
type Phase = 'connect' | 'firstEvent' | 'idle';

const errors: Readonly<Record<Phase, { readonly code: LlmErrorCode; readonly what: string }>> = {
  connect: { code: 'connect_timeout', what: 'did not answer' },
  firstEvent: { code: 'first_event_timeout', what: 'sent no event' },
  idle: { code: 'idle_timeout', what: 'went silent in mid answer' },
};

/**
 * One timer a request. What arrives is only noted, and looked at when the timer is due: an event costs no timer of its
 * own.
 */
export class Silence {
  readonly #limits: Limits;
  readonly #scheduler: SchedulerLike;
  readonly #who: string;
  readonly #giveUp: (error: LlmError) => void;
  #phase: Phase;
  #lastSign: number;
  #lastEvent: number;
  #timer: Subscription | undefined;
  #stopped = false;

  /**
   * @param giveUp Called once, when a limit is over; nothing is watched any more then.
   * @throws LlmError `invalid_input` for timeouts that make no sense.
   */
  constructor({ timeouts, scheduler, isWhole, who }: SilenceOptions, giveUp: (error: LlmError) => void) {
    this.#limits = toLimits(timeouts);
    this.#scheduler = scheduler;
    this.#who = who;
    this.#giveUp = giveUp;
    this.#phase = isWhole ? 'firstEvent' : 'connect';
    this.#lastSign = this.#lastEvent = scheduler.now();
    this.#arm();
  }

  /** The head of the response has come. */
  opened(): void {
    this.sign();
    this.#lastEvent = this.#lastSign;
    this.#enter('firstEvent');
  }

  /** Something has come, whatever it says. */
  sign(): void {
    this.#lastSign = this.#scheduler.now();
  }

  /** There was an event in what has come last. */
  event(): void {
    this.#lastEvent = this.#lastSign;
    if (this.#phase !== 'idle') this.#enter('idle');
  }

  /** For good. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.unsubscribe();
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.#timer?.unsubscribe();
    this.#arm();
  }

  /** How long nothing at all may come, and how long nothing that says anything. */
  get #patience(): { readonly quietMs: number; readonly emptyMs: number } {
    const quietMs = this.#limits[`${this.#phase}Ms`];
    return { quietMs, emptyMs: Math.max(quietMs, this.#limits.keepAliveMs) };
  }

  #arm(): void {
    if (this.#stopped) return;
    const { quietMs, emptyMs } = this.#patience;
    const wait = Math.min(this.#lastSign + quietMs, this.#lastEvent + emptyMs) - this.#scheduler.now();
    if (wait <= 0) {
      this.stop();
      this.#giveUp(this.#error());
    } else if (wait < Infinity) {
      this.#timer = this.#scheduler.schedule(() => this.#arm(), Math.min(wait, longestMs));
    }
  }

  #error(): LlmError {
    const { quietMs } = this.#patience;
    const isQuiet = this.#scheduler.now() - this.#lastSign >= quietMs;
    const { code, what } = errors[this.#phase];
    const limit = isQuiet ? (`${this.#phase}Ms` as const) : 'keepAliveMs';
    const ms = this.#limits[limit];
    return new LlmError(
      code,
      `${this.#who} ${isQuiet ? what : 'sent nothing but signs of life'} for ${ms < 1000 ? `${ms} ms` : `${ms / 1000} s`}; \`timeouts\` can make ${limit} longer`,
    );
  }
}
