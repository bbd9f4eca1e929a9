// What a hub is made with, checked and with its defaults.
import type { SchedulerLike } from 'rxjs';
import { coalesce, type CoalesceOptions } from '../../operators/coalesce.ts';
import type { OnEmpty } from '../response/sharedRun.ts';
import { checkShare } from '../response/sharedRun.ts';
import { describe, messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { Authorize, Refusal } from './access/authorize.ts';
import type { HubLog } from './log/hubLog.ts';
import { memoryHubLog } from './log/memoryHubLog.ts';
import type { PromptModels } from './access/prompts.ts';

/** How much is kept for those who come late. */
export interface Retention {
  /** How long a stream is kept after its end, in milliseconds. One that is being read stays. Default: 10 minutes. */
  readonly maxAgeMs?: number | undefined;
  /**
   * How large the logs of all streams may be, in bytes, together with the turns that may be replied to: streams that ended
   * first go first. Default: 256 MiB.
   */
  readonly maxBytes?: number | undefined;
  /** How large the log of one live stream may be, in bytes: its beginning gives way to a snapshot. Default: 8 MiB. */
  readonly maxStreamBytes?: number | undefined;
}

/** What one client may use. */
export interface HubLimits {
  /** Connections of one principal at a time. Default: 100. */
  readonly connections?: number | undefined;
  /** Prompts of one principal that run at a time. Default: 10. */
  readonly prompts?: number | undefined;
  /** Streams attached to one socket at a time. Default: 100. */
  readonly attaches?: number | undefined;
  /** The largest message or body of a client, in bytes. Default: 8 MiB. */
  readonly messageBytes?: number | undefined;
  /** The attachments of one prompt, in bytes. Default: 5 MiB. */
  readonly attachmentBytes?: number | undefined;
}

export interface HubOptions extends PromptModels {
  /** Where events are kept. Default: in memory. */
  readonly log?: HubLog | undefined;
  /** Who may do what. Without it, everybody may do everything, but only from this machine. */
  readonly authorize?: Authorize | undefined;
  readonly retention?: Retention | undefined;
  /** Joins chunks before they get their numbers, as `coalesce()` does. Default: they stay as they come. */
  readonly coalesce?: CoalesceOptions | undefined;
  /**
   * What happens to a socket that has more than `maxBufferedBytes` unsent: `catch-up` feeds it from the log as fast as it
   * reads, `disconnect` closes it. Default: `catch-up`.
   */
  readonly slowConsumer?: 'catch-up' | 'disconnect' | undefined;
  /** Default: 1 MiB. */
  readonly maxBufferedBytes?: number | undefined;
  /** What happens to a run when its last subscriber leaves, never before the first came. Default: `keep`. */
  readonly onEmpty?: OnEmpty | undefined;
  readonly limits?: HubLimits | undefined;
  /** Told what was refused. Default: a line on standard error. */
  readonly onRefused?: ((refusal: Refusal) => void) | undefined;
  /** Told what is wrong with the log, with the log's own error as `cause`. Default: a line on standard error. */
  readonly onError?: ((error: LlmError) => void) | undefined;
  /** For `graceMs` and `maxAgeMs`. Default: timers that keep no process alive. */
  readonly scheduler?: SchedulerLike | undefined;
}

/** Options with their defaults. */
export type HubSettings = Omit<HubOptions, 'log' | 'retention' | 'limits' | 'slowConsumer' | 'maxBufferedBytes'> & {
  readonly log: HubLog;
  readonly retention: AllGiven<Retention>;
  readonly limits: AllGiven<HubLimits>;
  readonly slowConsumer: 'catch-up' | 'disconnect';
  readonly maxBufferedBytes: number;
  readonly onEmpty: OnEmpty;
  readonly onRefused: (refusal: Refusal) => void;
  readonly onError: (error: LlmError) => void;
};

type AllGiven<T> = { readonly [K in keyof T]-?: Exclude<T[K], undefined> };

const mib = 1024 * 1024;

/** @throws LlmError `invalid_input` for a value that makes no sense. */
export function toSettings(options: HubOptions): HubSettings {
  const { retention = {}, limits = {}, slowConsumer = 'catch-up', maxBufferedBytes = mib, onEmpty = 'keep' } = options;
  checkShare({ onEmpty });
  // Which throws for limits that make no sense.
  if (options.coalesce) coalesce(options.coalesce);
  if (slowConsumer !== 'catch-up' && slowConsumer !== 'disconnect') {
    throw invalid('slowConsumer', 'is "catch-up" or "disconnect"', slowConsumer);
  }
  const settings = {
    ...options,
    log: options.log ?? memoryHubLog(),
    retention: {
      maxAgeMs: retention.maxAgeMs ?? 10 * 60_000,
      maxBytes: retention.maxBytes ?? 256 * mib,
      maxStreamBytes: retention.maxStreamBytes ?? 8 * mib,
    },
    limits: {
      connections: limits.connections ?? 100,
      prompts: limits.prompts ?? 10,
      attaches: limits.attaches ?? 100,
      messageBytes: limits.messageBytes ?? 8 * mib,
      attachmentBytes: limits.attachmentBytes ?? 5 * mib,
    },
    slowConsumer,
    maxBufferedBytes,
    onEmpty,
    onRefused: options.onRefused ?? printRefusal,
    onError: options.onError ?? printError,
  };
  const numbers = { maxBufferedBytes, ...settings.retention, ...settings.limits };
  for (const [name, value] of Object.entries(numbers)) {
    if (!(typeof value === 'number' && value >= 0)) throw invalid(name, 'is a number from 0', value);
  }
  return settings;
}

function invalid(name: string, should: string, value: unknown): LlmError {
  return new LlmError('invalid_input', `${name} of a hub ${should}, not ${describe(value)}`);
}

function printRefusal({ action, reason, principal, stream, address }: Refusal): void {
  const who = [principal && `of ${describe(principal)}`, address && `from ${address}`].filter(Boolean).join(' ');
  const what = stream === undefined ? action : `${action} ${describe(stream)}`;
  print([`refused ${what}`, who].filter(Boolean).join(' '), reason);
}

function printError({ message, cause }: LlmError): void {
  print(message, messageOf(cause));
}

/** One line, in which nothing that came from a client can end it or steer the terminal. */
function print(what: string, why: string): void {
  console.warn(`rxllm hub: ${what}: ${why}`.replaceAll(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, spellOut));
}

function spellOut(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
