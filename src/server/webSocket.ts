// The hub on a WebSocket: attached to an HTTP server that may do other things, too.
import type { IncomingMessage, Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { closeCodes } from '../protocol/closeCodes.ts';
import { subprotocol } from '../protocol/messages.ts';
import { LlmError } from '../values/error.ts';
import { describe } from '../values/describe.ts';
import { Broadcasts } from './broadcast.ts';
import { Connection } from './connection.ts';
import { coreOf, type Hub } from './hub.ts';
import { toHeaders } from './nodeHeaders.ts';
import { originProblem, type OriginOptions } from './origin.ts';

export interface WebSocketOptions extends OriginOptions {
  /** Default: `/hub`. */
  readonly path?: string | undefined;
  /** How long a client may take to say hello, in milliseconds. Default: 5000. */
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

/** Answers a close frame that never comes, in milliseconds. */
const closeTimeout = 5000;

/**
 * Serves the hub to WebSockets of subprotocol `rxllm.v1` on a path of a server. Other paths are left to others; where
 * nobody else listens for upgrades they are answered with 404.
 *
 * @throws LlmError `invalid_input` for options that make no sense.
 *
 * @example
 * const server = http.createServer(app).listen(8080);
 * serveWebSocket(hub, server, { hosts: ['chat.example.com'] });
 */
export function serveWebSocket(hub: Hub, server: Server | SecureServer, options: WebSocketOptions = {}): Served {
  const core = coreOf(hub);
  const { path = '/hub', helloMs = 5000, heartbeatMs = 15_000 } = options;
  if (!path.startsWith('/')) throw new LlmError('invalid_input', `path begins with "/", unlike ${describe(path)}`);
  const broadcasts = new Broadcasts();
  const connections = new Set<Connection>();
  const settings = {
    noServer: true,
    clientTracking: false,
    // Deflate costs 13 times the CPU, and is done for each socket anew.
    perMessageDeflate: false,
    maxPayload: core.settings.limits.messageBytes,
    closeTimeout,
    // Another protocol is taken, so that its client learns why it is closed.
    handleProtocols: (offered: ReadonlySet<string>) =>
      offered.has(subprotocol) ? subprotocol : (offered.values().next().value ?? false),
  };
  const sockets = new WebSocketServer(settings);

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.url?.split('?', 1)[0] !== path) {
      if (server.listenerCount('upgrade') === 1) socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const headers = toHeaders(request.headers);
      const connection = new Connection(webSocket, {
        hub: core,
        broadcasts,
        headers,
        address: request.socket.remoteAddress,
        helloMs,
        heartbeatMs,
        problem: (hasToken) => originProblem(headers, options, hasToken || core.access.gate.isOpen),
      });
      connections.add(connection);
      webSocket.on('close', () => connections.delete(connection));
      if (webSocket.protocol !== subprotocol) {
        connection.close(closeCodes.unknownProtocol, `the subprotocol is ${subprotocol}`);
      }
    });
  }

  const heartbeat = setInterval(() => {
    for (const connection of connections) {
      if (!connection.isHeard) connection.terminate();
      connection.isHeard = false;
      connection.send({ type: 'ping' });
    }
  }, heartbeatMs);
  heartbeat.unref();

  function close(): void {
    closing.unsubscribe();
    clearInterval(heartbeat);
    server.off('upgrade', upgrade);
    for (const connection of connections) connection.close(closeCodes.goingAway, 'the server is going away');
  }
  const closing = core.closed$.subscribe(close);
  server.on('upgrade', upgrade);
  return {
    get connections() {
      return connections.size;
    },
    close,
  };
}
