// A WebSocket in virtual time: a test says in marbles what the other side does on each connection, and sees what the
// client does.
import { Subject, type Observable, type Subscription } from 'rxjs';
import type { ConnectOptions } from 'rxllm/client';

export interface FakeMessage {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** What the other side does: lets the connection open, says something, closes it with a code, or breaks it. */
export type Act = 'open' | 'break' | { readonly close: number; readonly reason?: string } | FakeMessage;

/** What the client does: a message, or `connect` or `close`. */
export type Deed = 'connect' | 'close' | FakeMessage;

export interface FakeSockets {
  readonly WebSocketCtor: NonNullable<ConnectOptions['WebSocketCtor']>;
  /** Emits what the client does, as it does it. */
  readonly deeds$: Observable<Deed>;
}

/** Makes a WebSocket class. Each connection, counted from 0, plays a script from the moment it is made. */
export function fakeSockets(script: (connection: number) => Observable<Act>): FakeSockets {
  const deeds$ = new Subject<Deed>();
  let connections = 0;

  class FakeWebSocket {
    readyState = 0;
    onopen?: (event: object) => void;
    onmessage?: (event: { readonly data: string }) => void;
    onerror?: (event: object) => void;
    onclose?: (event: object) => void;
    readonly #playing: Subscription;

    constructor() {
      deeds$.next('connect');
      connections += 1;
      this.#playing = script(connections - 1).subscribe((act) => this.#play(act));
    }

    send(data: string): void {
      deeds$.next(JSON.parse(data) as FakeMessage);
    }

    close(): void {
      deeds$.next('close');
      this.#playing.unsubscribe();
      this.readyState = 3;
    }

    #play(act: Act): void {
      if (act === 'open') {
        this.readyState = 1;
        this.onopen?.({});
      } else if (act === 'break') {
        // As browsers do: the error says nothing, and the close after it no more.
        this.#end();
        this.onerror?.({ type: 'error' });
        this.onclose?.({ code: 1006, reason: '', wasClean: false });
      } else if ('close' in act) {
        this.#end();
        this.onclose?.({ code: act.close, reason: act.reason ?? '', wasClean: true });
      } else this.onmessage?.({ data: JSON.stringify(act) });
    }

    #end(): void {
      this.readyState = 3;
      this.#playing.unsubscribe();
    }
  }

  // A part of what a WebSocket is: as much as the client uses.
  return { WebSocketCtor: FakeWebSocket as never, deeds$ };
}
