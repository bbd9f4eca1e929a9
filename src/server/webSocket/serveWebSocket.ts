// The hub on a WebSocket: attached to an HTTP server that may do other things, too.
import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { closeCodes } from '../../protocol/closeCodes.ts';
import { subprotocol } from '../../protocol/messages.ts';
import { LlmError } from '../../values/error.ts';
import { describe } from '../../values/describe.ts';
import { longestMs } from '../../values/longestMs.ts';
import { Broadcasts } from './broadcast.ts';
import { Connection } from './connection.ts';
import { coreOf, type Hub } from '../hub.ts';
import { toHeaders } from '../nodeHeaders.ts';
import { writeWholeFrames } from './wholeFrames.ts';
import { originProblem, type OriginOptions } from '../access/origin.ts';

export interface WebSocketOptions extends OriginOptions {
  /** Default: `/hub`. */
  readonly path?: string | undefined;
  /** How long a client may take to say hello, and to answer a goodbye, in milliseconds. Default: 5000. */
  readonly helloMs?: number | undefined;
  /** How often clients are asked whether they are there, in milliseconds: who is silent twice is cut. Default: 15,000. */
  readonly heartbeatMs?: number | undefined;
}

/** The hub on a server, until it is closed. */
export interface Served {
  /** How many are connected. */
  readonly connections: number;
  /** Takes nobody more, and closes all connections: clients come back later by themselves. */
  close(): void;
}

/** The paths of our listeners. */
const paths = new WeakMap<object, string>();

/** So much may come from who was not let in yet, in bytes, the HTTP request included: the longest token fits. */
const maxHelloBytes = 128 * 1024;

/**
 * Serves the hub to WebSockets of subprotocol `rxllm.v1` on a path of a server. Other paths are left to others; where
 * nobody else listens for upgrades they are answered with 404.
 *
 * @throws LlmError `invalid_input` for options that make no sense, and for a path that is served already.
 *
 * @example
 * const server = http.createServer(app).listen(8080);
 * serveWebSocket(hub, server, { hosts: ['chat.example.com'] });
 */
export function serveWebSocket(hub: Hub, server: Server | SecureServer, options: WebSocketOptions = {}): Served {
  const core = coreOf(hub);
  if (core.isClosed) throw new LlmError('invalid_input', 'the hub was closed, and nothing can be served of it');
  const { path = '/hub', helloMs = 5000, heartbeatMs = 15_000 } = options;
  if (!path.startsWith('/')) throw new LlmError('invalid_input', `path begins with "/", unlike ${describe(path)}`);
  for (const [name, ms] of Object.entries({ helloMs, heartbeatMs })) {
    if (!(ms > 0 && ms <= longestMs)) {
      throw new LlmError('invalid_input', `${name} is a time in milliseconds, at most ${longestMs}, not ${ms}`);
    }
  }
  if (server.listeners('upgrade').some((listener) => paths.get(listener) === path)) {
    throw new LlmError(
      'invalid_input',
      `${describe(path)} of this server is served already; close that, or take another`,
    );
  }
  const broadcasts = new Broadcasts();
  const connections = new Set<Connection>();
  const settings = {
    noServer: true,
    clientTracking: false,
    // Deflate costs 13 times the CPU, and is done for each socket anew.
    perMessageDeflate: false,
    // For `ws` 0 is no limit.
    maxPayload: core.settings.limits.messageBytes || 1,
    closeTimeout: helloMs,
    // Another protocol is taken, so that its client learns why it is closed.
    handleProtocols: (offered: ReadonlySet<string>) =>
      offered.has(subprotocol) ? subprotocol : (offered.values().next().value ?? false),
  };
  const sockets = new WebSocketServer(settings);

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const wanted = request.url?.split('?', 1)[0];
    if (wanted !== path) {
      // The last of our own answers what none of them takes; what others listen for is theirs.
      const listeners = server.listeners('upgrade');
      const isOurs = listeners.every((listener) => paths.has(listener) && paths.get(listener) !== wanted);
      if (isOurs && listeners.at(-1) === upgrade) refuse(socket);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      writeWholeFrames(socket);
      const headers = toHeaders(request.headers);
      const connection = new Connection(webSocket, {
        hub: core,
        broadcasts,
        headers,
        address: request.socket.remoteAddress,
        helloMs,
        heartbeatMs,
        bytesRead: () => request.socket.bytesRead,
        problem: (hasToken) => originProblem(headers, options, hasToken || core.access.gate.isOpen),
      });
      const guard = () => {
        if (connection.isWelcome) socket.off('data', guard);
        else if (request.socket.bytesRead > maxHelloBytes) webSocket.terminate();
      };
      socket.on('data', guard);
      connections.add(connection);
      webSocket.on('close', () => connections.delete(connection));
      if (webSocket.protocol !== subprotocol) {
        connection.close(closeCodes.unknownProtocol, `the subprotocol is ${subprotocol}`);
      }
    });
  }

  const beat = () => {
    for (const connection of connections) connection.beat();
  };
  // After a turn that took long, what has come meanwhile is read first.
  const heartbeat = setInterval(() => setImmediate(beat), heartbeatMs);
  heartbeat.unref();

  function close(): void {
    closing.unsubscribe();
    clearInterval(heartbeat);
    server.off('upgrade', upgrade);
    for (const connection of connections) connection.close(closeCodes.goingAway, 'the server is going away');
  }
  const closing = core.closed$.subscribe(close);
  paths.set(upgrade, path);
  server.on('upgrade', upgrade);
  return {
    get connections() {
      return connections.size;
    },
    close,
  };
}

/** Answers an upgrade that is not for us, and closes, whatever the client does. */
function refuse(socket: Duplex): void {
  // A socket that upgrades has no listener but ours: without one a reset would end the process.
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
