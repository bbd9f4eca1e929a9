// The text of an `events` message, from the texts of its events: nothing is serialised twice.
import type { StreamKey } from '../log/hubLog.ts';

/** @param seq The number of the first event. */
export function toEventsText({ stream, run }: StreamKey, seq: number, texts: readonly string[]): string {
  const head = `{"type":"events","stream":${JSON.stringify(stream)},"run":"${run}","seq":${seq},"events":[`;
  return `${head}${texts.join(',')}]}`;
}
