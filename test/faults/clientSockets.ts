// The sockets of Node's own fetch, seen by what it says of itself: how many bytes have come to the client.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { FaultRequest } from '../support/faultServer.ts';

const channel = 'undici:client:connected';
const sockets = new Map<number, Socket>();

function onConnected(message: unknown): void {
  const { socket } = message as { readonly socket: Socket };
  if (socket.localPort !== undefined) sockets.set(socket.localPort, socket);
}

export function watchClientSockets(): () => void {
  subscribe(channel, onConnected);
  return () => {
    unsubscribe(channel, onConnected);
    sockets.clear();
  };
}

/** When the client has read everything that was sent to it, and has made of it what it makes of it. */
export async function hasCaughtUp(request: FaultRequest): Promise<void> {
  const socket = sockets.get(request.port);
  if (socket === undefined) throw new Error(`nothing is known of the client's socket at port ${request.port}`);
  const wanted = request.bytesOfSocket;
  while (!socket.destroyed && socket.bytesRead < wanted) await turn();
  for (let turns = 0; turns < 5; turns++) await turn();
}

/** A turn of the event loop: sockets are read, and what follows from that runs. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
