// A server that plays faults byte by byte: it reads a whole HTTP request and runs a script on its socket. No HTTP server
// stands in between, so a cut after N bytes of the response is exact. Needs no test runner.
import { STATUS_CODES } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';

type Bytes = string | Uint8Array;

export type Step =
  /** The response's head. `framing` says how the end of the body is told: a number is its length. Default: `chunked`. */
  | {
      readonly do: 'head';
      readonly status?: number;
      readonly contentType?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly framing?: 'chunked' | 'close' | number;
    }
  /** A piece of the body, in one write; with `drip` one byte a write. */
  | { readonly do: 'send'; readonly bytes: Bytes; readonly drip?: true }
  /** Bytes of the response as they stand. */
  | { readonly do: 'raw'; readonly bytes: Bytes }
  /** The same piece of the body again and again, until the client leaves. */
  | { readonly do: 'repeat'; readonly bytes: Bytes; readonly everyMs: number }
  /** Nothing more, until `go()` is called. */
  | { readonly do: 'gate' }
  /** Nothing more. */
  | { readonly do: 'stay' }
  /** The body ends well; the connection stays, unless its end is that of the body. */
  | { readonly do: 'end' }
  /** The connection is closed as it stands. */
  | { readonly do: 'cut' }
  /** The same with a TCP reset. */
  | { readonly do: 'reset' };

export interface FaultRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The client's port, by which its socket is found. */
  readonly port: number;
  /** Of this response, heads included. */
  readonly bytesSent: number;
  /** On its connection, by all responses. */
  readonly bytesOfSocket: number;
  /** Whether the response was sent to its end: then the connection may serve another request. */
  readonly isAnswered: boolean;
  /** When the script has come to its end, or to where it stays or repeats. */
  readonly played: Promise<void>;
  /** Who closed the connection, and how: the client by its end (`fin`) or by a reset, or this server. */
  readonly closed: Promise<'fin' | 'reset' | 'server'>;
  /** When the next piece has been written. */
  nextWrite(): Promise<void>;
  /** Opens the gate of the script. */
  go(): void;
}

export interface FaultServer {
  readonly url: string;
  readonly requests: readonly FaultRequest[];
  /** The connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** The first request of which this is true, when it has come. */
  request(matches: (request: FaultRequest) => boolean): Promise<FaultRequest>;
  close(): Promise<void>;
}

export interface FaultServerOptions {
  /** Every connection is reset as soon as it is there. */
  readonly resetsConnections?: true;
}

type Script = (request: FaultRequest) => readonly Step[];

/** Starts one on a free port of 127.0.0.1; `script` is asked for each request. */
export async function startFaultServer(script: Script, options: FaultServerOptions = {}): Promise<FaultServer> {
  const requests: FaultRequest[] = [];
  const sockets = new Set<Socket>();
  const waiting = new Set<(request: FaultRequest) => void>();

  const server = net.createServer((socket) => {
    sockets.add(socket);
    const closed = closeOf(socket);
    void closed.then(() => sockets.delete(socket));
    socket.setNoDelay();
    if (options.resetsConnections) {
      socket.resetAndDestroy();
      return;
    }
    readRequests(socket, (head) => {
      const answer = new Answer(socket, closed, head);
      requests.push(answer);
      for (const tell of waiting) tell(answer);
      return answer.play(script(answer));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sockets,
    request: (matches) =>
      new Promise((resolve) => {
        const there = requests.find(matches);
        if (there) resolve(there);
        else {
          const tell = (request: FaultRequest) => {
            if (!matches(request)) return;
            waiting.delete(tell);
            resolve(request);
          };
          waiting.add(tell);
        }
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function closeOf(socket: Socket): FaultRequest['closed'] {
  let how: Awaited<FaultRequest['closed']> = 'server';
  socket.on('end', () => (how = 'fin'));
  // A client that goes while something is on the way to it resets the connection.
  socket.on('error', () => (how = 'reset'));
  return new Promise((resolve) => {
    socket.on('close', () => resolve(how));
  });
}

type Head = Pick<FaultRequest, 'path' | 'headers' | 'body'>;

/** Reads request after request; the next one is answered when the one before it has been. */
function readRequests(socket: Socket, answer: (request: Head) => Promise<void>): void {
  let bytes: Buffer = Buffer.alloc(0);
  let last = Promise.resolve();
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (let read = readRequest(bytes); read; read = readRequest(bytes)) {
      const { request } = read;
      bytes = read.rest;
      last = last.then(() => answer(request));
    }
  });
}

/** The first request in the bytes, if it is whole. Its body has a length, or is chunked and stays so. */
function readRequest(bytes: Buffer): { readonly request: Head; readonly rest: Buffer } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [first = '', ...lines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const bodyAt = headEnd + 4;
  const isChunked = headers['transfer-encoding'] !== undefined;
  const lastChunk = bytes.indexOf('0\r\n\r\n', bodyAt);
  if (isChunked && lastChunk < 0) return undefined;
  const end = isChunked ? lastChunk + 5 : bodyAt + Number(headers['content-length'] ?? 0);
  if (bytes.length < end) return undefined;
  const request = { path: first.split(' ')[1] ?? '', headers, body: bytes.toString('utf8', bodyAt, end) };
  return { request, rest: bytes.subarray(end) };
}

/** One response being sent. */
class Answer implements FaultRequest {
  readonly #socket: Socket;
  #framing: 'chunked' | 'close' | number = 'chunked';
  #written: (() => void)[] = [];
  #openGate: () => void = () => undefined;
  readonly #gate = new Promise<void>((resolve) => (this.#openGate = resolve));
  #whenPlayed: () => void = () => undefined;
  readonly played = new Promise<void>((resolve) => (this.#whenPlayed = resolve));
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly port: number;
  readonly closed: FaultRequest['closed'];
  bytesSent = 0;
  isAnswered = false;

  constructor(socket: Socket, closed: FaultRequest['closed'], { path, headers, body }: Head) {
    this.#socket = socket;
    this.port = socket.remotePort ?? 0;
    this.closed = closed;
    this.path = path;
    this.headers = headers;
    this.body = body;
  }

  get bytesOfSocket(): number {
    return this.#socket.bytesWritten;
  }

  nextWrite(): Promise<void> {
    return new Promise((resolve) => {
      this.#written.push(resolve);
      if (this.#socket.destroyed) resolve();
      else void this.closed.then(() => resolve());
    });
  }

  go(): void {
    this.#openGate();
  }

  async play(steps: readonly Step[]): Promise<void> {
    // A client that has gone takes no more.
    for (const step of steps) if (!this.#socket.destroyed) await this.#take(step);
    this.#whenPlayed();
  }

  async #take(step: Step): Promise<void> {
    const socket = this.#socket;
    switch (step.do) {
      case 'head':
        this.#framing = step.framing ?? 'chunked';
        return this.#write(headOf(step));
      case 'send': {
        const framed = this.#frame(step.bytes);
        if (!step.drip) return this.#write(framed);
        for (let at = 0; at < framed.length; at++) await this.#write(framed.subarray(at, at + 1));
        return undefined;
      }
      case 'raw':
        return this.#write(Buffer.from(step.bytes));
      case 'repeat':
        this.#whenPlayed();
        return this.#repeat(this.#frame(step.bytes), step.everyMs);
      case 'gate':
        return this.#gate;
      case 'stay':
        this.#whenPlayed();
        await this.closed;
        return undefined;
      case 'end':
        if (this.#framing === 'chunked') await this.#write(Buffer.from('0\r\n\r\n'));
        this.isAnswered = true;
        if (this.#framing === 'close') socket.end();
        return undefined;
      case 'cut':
        socket.destroy();
        return undefined;
      case 'reset':
        socket.resetAndDestroy();
        return undefined;
    }
  }

  async #repeat(bytes: Buffer, everyMs: number): Promise<void> {
    while (!this.#socket.destroyed) {
      await this.#write(bytes);
      await new Promise((resolve) => setTimeout(resolve, everyMs).unref());
    }
  }

  #frame(bytes: Bytes): Buffer {
    const piece = Buffer.from(bytes);
    if (this.#framing !== 'chunked') return piece;
    return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]);
  }

  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      // Called with an error when the client has gone, which `closed` tells.
      this.#socket.write(bytes, () => {
        this.bytesSent += bytes.length;
        for (const tell of this.#written.splice(0)) tell();
        resolve();
      });
    });
  }
}

/** The bytes of a response's head. */
export function headOf(step: Omit<Extract<Step, { readonly do: 'head' }>, 'do'>): Buffer {
  const { status = 200, contentType, headers = {}, framing = 'chunked' } = step;
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`];
  if (contentType !== undefined) lines.push(`content-type: ${contentType}`);
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (framing === 'chunked') lines.push('transfer-encoding: chunked');
  else lines.push(framing === 'close' ? 'connection: close' : `content-length: ${framing}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}
