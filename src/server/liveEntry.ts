// An event on its way out: numbered, and written once for all who send or keep it.
import type { HubEvent } from '../protocol/entry.ts';
import { messageOf } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { LogEntry } from './log/hubLog.ts';

export class LiveEntry implements LogEntry {
  readonly seq: number;
  readonly json: string;
  #event: HubEvent | undefined;

  constructor(seq: number, json: string) {
    this.seq = seq;
    this.json = json;
  }

  /** What the text says, the same for who watches live as for who reads it from the log later. */
  get event(): HubEvent {
    return (this.#event ??= JSON.parse(this.json) as HubEvent);
  }
}

/** @throws LlmError `bad_response` for what JSON cannot say. */
export function writeEvent(event: HubEvent): string {
  try {
    return JSON.stringify(event);
  } catch (cause) {
    const [why] = messageOf(cause).split('\n', 1);
    throw new LlmError('bad_response', `an event of type "${event.type}" cannot be written as JSON: ${why}`, { cause });
  }
}
