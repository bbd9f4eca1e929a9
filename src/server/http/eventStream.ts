// A stream of the hub as server-sent events: read from the log as fast as the client takes them, so nothing is queued.
// https://html.spec.whatwg.org/multipage/server-sent-events.html
import { Subscription } from 'rxjs';
import { toCursor } from '../../protocol/cursor.ts';
import type { Gone } from '../../protocol/entry.ts';
import { after } from '../after.ts';
import type { LogEntry } from '../log/hubLog.ts';
import type { HubStream } from '../hubStream.ts';
import { unknownStream } from '../streamErrors.ts';

export interface EventStreamSettings {
  readonly stream: HubStream;
  /** The number of the last event that the client has. */
  readonly at: number;
  /** What the client is told first, where it is at a place that there is no more. */
  readonly gone?: Gone | undefined;
  /** How often a comment is sent while nothing comes, in milliseconds. */
  readonly keepAliveMs: number;
  /** The client has gone, or has everything. */
  readonly onEnd: () => void;
}

/** How soon a browser comes back, in milliseconds. */
const retryMs = 1000;

/** The body of the answer. */
export function eventStream(settings: EventStreamSettings): ReadableStream<Uint8Array> {
  const { stream, gone, keepAliveMs, onEnd } = settings;
  const { run } = stream.key;
  const encoder = new TextEncoder();
  const here = new Subscription(onEnd);
  let at = settings.at;

  /** Resolves when there is something to read, or after a while. */
  function news(): Promise<void> {
    return new Promise((resolve) => {
      if (at < stream.last) return resolve();
      const waiting = new Subscription();
      const wake = () => {
        here.remove(waiting);
        waiting.unsubscribe();
        resolve();
      };
      here.add(waiting);
      waiting.add(after(keepAliveMs, wake));
      // What comes in the same turn of the event loop goes out together.
      const scheduled = { immediate: undefined as NodeJS.Immediate | undefined };
      waiting.add(stream.listen(() => (scheduled.immediate ??= setImmediate(wake))));
      return waiting.add(() => clearImmediate(scheduled.immediate));
    });
  }

  function read(): Promise<readonly LogEntry[]> {
    return new Promise((resolve, reject) => {
      stream.read({ after: at, through: stream.last }, resolve, reject);
    });
  }

  async function nextText(): Promise<string> {
    await news();
    if (at === stream.last) return ': still here\n\n';
    const entries = await read();
    if (entries[0]?.seq === at + 1) {
      at += entries.length;
      return entries.map(toText).join('');
    }
    // The client was so slow that the log has forgotten what comes next.
    const missing = stream.goneAt({ run, seq: at });
    if (!missing) throw unknownStream(stream.key.stream);
    at = missing.snapshot?.seq ?? 0;
    return toGoneText(missing);
  }

  function toText({ seq, json }: LogEntry): string {
    const isEnd = seq === stream.last && !stream.isLive;
    return `${isEnd ? 'event: end\n' : ''}id: ${toCursor({ run, seq })}\ndata: ${json}\n\n`;
  }

  return new ReadableStream<Uint8Array>({
    start(controller) {
      here.add(stream.enter());
      const head = `retry: ${retryMs}\n\n`;
      controller.enqueue(encoder.encode(gone ? head + toGoneText(gone) : head));
    },
    async pull(controller) {
      try {
        controller.enqueue(encoder.encode(await nextText()));
      } catch (error) {
        // A stream that errors is not cancelled.
        here.unsubscribe();
        throw error;
      }
      if (stream.isLive || at < stream.last) return;
      here.unsubscribe();
      controller.close();
    },
    cancel: () => here.unsubscribe(),
  });
}

/** Its id is the place behind the snapshot, and what follows goes on from there. */
function toGoneText(gone: Gone): string {
  const { run, snapshot } = gone;
  return `event: gone\nid: ${toCursor({ run, seq: snapshot?.seq ?? 0 })}\ndata: ${JSON.stringify(gone)}\n\n`;
}
