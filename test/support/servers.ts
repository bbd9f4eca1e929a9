// Real HTTP servers on 127.0.0.1 that play bodies in given pieces, and fetches that need no network: for tests of what
// happens to bytes. What a test waits for is a Promise; nothing sleeps.
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Answer {
  readonly status?: number;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written one after the other. */
  readonly pieces?: readonly (string | Uint8Array)[];
  /** After the pieces: end the body, destroy the connection, or leave it open. Default: `end`. */
  readonly atEnd?: 'end' | 'destroy' | 'stay';
}

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** How the answer ended: `finished` by this server, or `aborted` by the client. */
  readonly closed: Promise<'finished' | 'aborted'>;
  /** When its pieces have been written. */
  readonly played: Promise<void>;
}

export interface TestServer {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** The connections that were opened. */
  readonly connections: number;
  /** The request with this number, from 0, when it has come. */
  request(number: number): Promise<ReceivedRequest>;
  close(): Promise<void>;
}

/** Starts a server; `answer` is asked for each request by its path. */
export async function startServer(answer: Answer | ((path: string) => Answer)): Promise<TestServer> {
  const requests: ReceivedRequest[] = [];
  const waiting = new Map<number, (request: ReceivedRequest) => void>();
  const sockets = new Set<Socket>();
  let connections = 0;

  const server = http.createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const path = incoming.url ?? '';
      const closed = new Promise<'finished' | 'aborted'>((resolve) => {
        outgoing.on('close', () => resolve(outgoing.writableFinished ? 'finished' : 'aborted'));
      });
      const played = play(outgoing, typeof answer === 'function' ? answer(path) : answer);
      const json = parse(body);
      const request: ReceivedRequest = { path, headers: incoming.headers, body, json, closed, played };
      requests.push(request);
      waiting.get(requests.length - 1)?.(request);
    });
  });
  // A connection that is kept is closed by the client alone: closed by both at once, a request would fall in between.
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    get connections() {
      return connections;
    },
    request: (number) =>
      new Promise((resolve) => {
        const there = requests[number];
        if (there) resolve(there);
        else waiting.set(number, resolve);
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function play(outgoing: http.ServerResponse, answer: Answer): Promise<void> {
  const { status = 200, contentType = 'text/event-stream', headers = {}, pieces = [], atEnd = 'end' } = answer;
  outgoing.writeHead(status, { 'content-type': contentType, ...headers });
  outgoing.flushHeaders();
  for (const piece of pieces) {
    // A client that has gone takes no more; that is what some tests are about.
    if (outgoing.destroyed) return;
    await new Promise((resolve) => {
      outgoing.write(piece, resolve);
    });
  }
  if (atEnd === 'end') outgoing.end();
  if (atEnd === 'destroy') outgoing.destroy();
}

/** A port on which nothing listens: it was just given back. */
export async function closedPort(): Promise<number> {
  const server = await startServer({});
  await server.close();
  return Number(new URL(server.url).port);
}

/** A `fetch` whose body comes in exactly these pieces, one a read. */
export function fetchOf(pieces: Iterable<Uint8Array>, contentType = 'text/event-stream'): () => Promise<Response> {
  return () => {
    const iterator = pieces[Symbol.iterator]();
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const { done, value } = iterator.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      },
      { highWaterMark: 0 },
    );
    return Promise.resolve(new Response(body, { headers: { 'content-type': contentType } }));
  };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  return body.startsWith('{') ? (JSON.parse(body) as Readonly<Record<string, unknown>>) : {};
}

/** The body that an injected `fetch` is given. */
export function bodyText({ body }: RequestInit): string {
  if (typeof body !== 'string') throw new Error('the body of a request is text');
  return body;
}
