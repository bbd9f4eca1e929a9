// What goes out on a socket: how much of it may wait there, and who goes on when it has gone out.
import type { WebSocket } from 'ws';

const asText = { binary: false };

export class Outlet {
  readonly #socket: WebSocket;
  readonly #maxBufferedBytes: number;
  /** Messages under way whose sending is awaited. */
  #awaited = 0;
  readonly #waiting = new Set<() => void>();

  constructor(socket: WebSocket, maxBufferedBytes: number) {
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  /** Whether enough waits on the socket; `whenRoom()` then calls back. */
  get isFull(): boolean {
    return this.#awaited > 0 && this.#socket.bufferedAmount >= this.#maxBufferedBytes;
  }

  /** Sends a message where that does not fill the socket; false where it would. */
  sendWithin(message: Buffer): boolean {
    if (this.#socket.bufferedAmount + message.length >= this.#maxBufferedBytes) return false;
    this.#socket.send(message, asText);
    return true;
  }

  /** @param sent Called when it has gone out; never on a socket that cannot be written to, which is about to close. */
  send(message: Buffer, sent: () => void): void {
    this.#awaited += 1;
    this.#socket.send(message, asText, (error) => {
      this.#awaited -= 1;
      if (error) return;
      // Who has waited goes first, so that nobody waits for ever.
      this.#goOn();
      sent();
    });
  }

  /** Calls back once it is not full, one after the other. */
  whenRoom(call: () => void): void {
    this.#waiting.add(call);
  }

  #goOn(): void {
    for (const call of this.#waiting) {
      if (this.isFull) return;
      this.#waiting.delete(call);
      call();
    }
  }
}
