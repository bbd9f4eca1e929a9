// Hubs on real servers on 127.0.0.1, clients of them, and sources that a test drives.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Subject } from 'rxjs';
import type { StreamEvent } from 'rxllm';
import { connect, type ConnectOptions, type HubClient } from 'rxllm/client';
import { createHub, serveWebSocket, type Hub, type HubOptions, type Served, type WebSocketOptions } from 'rxllm/server';
import { WebSocket } from 'ws';

export interface TestHub {
  readonly hub: Hub;
  readonly served: Served;
  /** Of the WebSocket. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Starts a hub behind a server; what it refuses is not printed. */
export async function startHub(options: HubOptions = {}, webSocket: WebSocketOptions = {}): Promise<TestHub> {
  const hub = createHub({ onRefused: () => undefined, ...options });
  const server = http.createServer((_, response) => response.writeHead(404).end());
  const served = serveWebSocket(hub, server, webSocket);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    hub,
    served,
    port,
    url: `ws://127.0.0.1:${port}${webSocket.path ?? '/hub'}`,
    close: () =>
      new Promise((resolve) => {
        hub.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A client on Node that comes back fast. Its sockets are in the list, the newest last. */
export function connectTo(url: string, options: ConnectOptions = {}): { client: HubClient; sockets: WebSocket[] } {
  const sockets: WebSocket[] = [];
  class NotedWebSocket extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols);
      sockets.push(this);
    }
  }
  // The types of `ws` and of browsers differ in what nobody here uses.
  const WebSocketCtor = NotedWebSocket as never;
  return { client: connect(url, { firstRetryMs: 2, maxRetryMs: 20, WebSocketCtor, ...options }), sockets };
}

/** A source that emits what a test says, and knows whether it is subscribed. */
export function createSource(): Subject<StreamEvent | string> {
  return new Subject();
}

/** So many text events, one for each turn of the event loop. */
export function words(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `word ${at + 1} `);
}
