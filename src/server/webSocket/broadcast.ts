// Live delivery to sockets: what comes in one turn of the event loop is made into one buffer, and sent to all.
import { toEventsText } from './eventsText.ts';
import { batchChars, type HubStream } from '../hubStream.ts';

/** Somebody who has got all events up to where the broadcast is, and gets the next from it. */
export interface Member {
  /** @param through The number of the last event in it. */
  deliver(message: Buffer, through: number): void;
  /** The last event has been delivered. */
  ended(): void;
}

export class Broadcast {
  readonly stream: HubStream;
  readonly #members = new Set<Member>();
  readonly #leave: () => void;
  #texts: string[] = [];
  #isScheduled = false;
  #heard: number;
  /** The number of the last event that members have got. */
  sent: number;

  constructor(stream: HubStream) {
    this.stream = stream;
    this.sent = this.#heard = stream.last;
    this.#leave = stream.listen(({ seq, json }) => this.#add(seq, json));
  }

  join(member: Member): void {
    this.#members.add(member);
  }

  leave(member: Member): void {
    this.#members.delete(member);
  }

  /** Ends listening. */
  close(): void {
    this.#leave();
    this.#texts = [];
  }

  #add(seq: number, json: string): void {
    if (seq <= this.#heard) return;
    this.#heard = seq;
    this.#texts.push(json);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isScheduled = false;
    const texts = this.#texts;
    this.#texts = [];
    for (let at = 0; at < texts.length;) {
      const end = endOfBatch(texts, at);
      this.#deliver(texts.slice(at, end));
      at = end;
    }
    if (!this.stream.isLive && this.sent === this.stream.last) for (const member of this.#members) member.ended();
  }

  #deliver(texts: readonly string[]): void {
    const { sent } = this;
    this.sent += texts.length;
    if (this.#members.size === 0) return;
    const message = Buffer.from(toEventsText(this.stream.key, sent + 1, texts));
    for (const member of this.#members) member.deliver(message, this.sent);
  }
}

/** As many as are sent at once, and one however large. */
function endOfBatch(texts: readonly string[], from: number): number {
  let chars = texts[from]!.length;
  let end = from + 1;
  while (end < texts.length && (chars += texts[end]!.length) <= batchChars) end += 1;
  return end;
}

/** The broadcasts of all streams that sockets are attached to. */
export class Broadcasts {
  readonly #broadcasts = new Map<HubStream, { readonly broadcast: Broadcast; users: number }>();

  /** @returns The stream's broadcast, and a function that lets go of it. */
  use(stream: HubStream): readonly [Broadcast, () => void] {
    const used = this.#broadcasts.get(stream) ?? { broadcast: new Broadcast(stream), users: 0 };
    this.#broadcasts.set(stream, used);
    used.users += 1;
    return [used.broadcast, () => this.#release(stream)];
  }

  #release(stream: HubStream): void {
    const used = this.#broadcasts.get(stream);
    if (!used) return;
    used.users -= 1;
    if (used.users > 0) return;
    used.broadcast.close();
    this.#broadcasts.delete(stream);
  }
}
