// A bare `ws` client of a hub: sends what a test says, and gives what comes, message by message and with its close code.
import { WebSocket, type ClientOptions } from 'ws';

/** A message of the server, as it came. */
export interface Message {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

export interface RawSocket {
  readonly webSocket: WebSocket;
  /** How the connection ended. */
  readonly closed: Promise<Closing>;
  /** The messages that have come so far, pings among them. */
  readonly received: readonly Message[];
  /** Sends each: strings and bytes as they are, anything else as JSON. */
  send(...messages: readonly unknown[]): void;
  /** The next message that nobody has taken. With a type, what is of another is passed over; without, only pings are. */
  next(type?: string): Promise<Message>;
  /** The numbers and events of a stream from here on, through its `end`. */
  rest(stream: string): Promise<readonly [seq: number, event: Message][]>;
}

export interface RawOptions {
  /** Default: `rxllm.v1`. */
  readonly protocols?: readonly string[];
  readonly headers?: ClientOptions['headers'];
}

const open = new Set<RawSocket>();

/** Connects, and says nothing. */
export async function openSocket(url: string, options: RawOptions = {}): Promise<RawSocket> {
  const { protocols = ['rxllm.v1'], headers = {} } = options;
  const webSocket = new WebSocket(url, [...protocols], { headers });
  const raw = wrap(webSocket);
  open.add(raw);
  void raw.closed.then(() => open.delete(raw));
  await new Promise<void>((resolve, reject) => {
    webSocket.on('open', resolve);
    webSocket.on('error', reject);
  });
  return raw;
}

/** Connects and is welcome. */
export async function enter(url: string, token?: string, options?: RawOptions): Promise<RawSocket> {
  const raw = await openSocket(url, options);
  raw.send({ type: 'hello', ...(token !== undefined && { token }) });
  await raw.next('welcome');
  return raw;
}

/** Ends all that are open, as for the end of a test. */
export async function closeSockets(): Promise<void> {
  const closed = [...open].map((raw) => raw.closed);
  for (const { webSocket } of open) webSocket.terminate();
  await Promise.all(closed);
}

/** Waits, turn by turn of the event loop. */
export async function until(isThere: () => boolean): Promise<void> {
  while (!isThere()) await new Promise((resolve) => setImmediate(resolve));
}

function wrap(webSocket: WebSocket): RawSocket {
  const received: Message[] = [];
  let taken = 0;
  let wakers: (() => void)[] = [];
  let closing: Closing | undefined;

  function wake(): void {
    const all = wakers;
    wakers = [];
    for (const waker of all) waker();
  }

  const closed = new Promise<Closing>((resolve) => {
    webSocket.on('close', (code, reason) => {
      closing = { code, reason: String(reason) };
      resolve(closing);
      wake();
    });
  });
  webSocket.on('message', (data: Buffer) => {
    received.push(JSON.parse(data.toString()) as Message);
    wake();
  });

  async function next(type?: string): Promise<Message> {
    for (;;) {
      while (taken < received.length) {
        const message = received[taken]!;
        taken += 1;
        if (type === undefined ? message.type !== 'ping' : message.type === type) return message;
      }
      if (closing) throw new Error(`closed with ${closing.code} (${closing.reason}) before ${type ?? 'a message'}`);
      await new Promise<void>((resolve) => {
        wakers.push(resolve);
      });
    }
  }

  return {
    webSocket,
    closed,
    received,
    send(...messages) {
      for (const message of messages) {
        const isRaw = typeof message === 'string' || message instanceof Uint8Array;
        webSocket.send(isRaw ? message : JSON.stringify(message));
      }
    },
    next,
    async rest(stream) {
      const entries: [number, Message][] = [];
      while (entries.at(-1)?.[1].type !== 'end') {
        const message = await next('events');
        if (message.stream !== stream) continue;
        const events = message.events as readonly Message[];
        entries.push(...events.map((event, at): [number, Message] => [(message.seq as number) + at, event]));
      }
      return entries;
    },
  };
}
