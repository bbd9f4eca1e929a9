// A proxy between a client and a server on 127.0.0.1, that breaks connections the way networks do.
import net, { type AddressInfo, type Socket } from 'node:net';

export interface TestProxy {
  readonly port: number;
  /** How many connections have come so far. */
  readonly connections: number;
  /** Ends all connections there are, with a reset. */
  reset(): void;
  /** How many bytes have come from the server on the newest connection. */
  readonly bytes: number;
  /** From now on passes nothing on the connections that there are, and says nothing: they just go silent. */
  stall(): void;
  /** The same, but the server still hears its clients. */
  mute(): void;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /**
   * How many bytes from the server a connection passes on before it breaks, by the number of the connection, from 0;
   * undefined for one that stays.
   */
  readonly breakAfter?: ((connection: number) => number | undefined) | undefined;
  /** How it breaks. Default: `reset`. */
  readonly how?: 'reset' | 'stall' | undefined;
}

/** Starts a proxy to a port. */
export async function startProxy(target: number, { breakAfter, how = 'reset' }: ProxyOptions = {}): Promise<TestProxy> {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket; isStalled: boolean; isMute: boolean }>();
  let connections = 0;
  let newest = 0;
  const listener = net.createServer({ noDelay: true }, (client) => {
    const limit = breakAfter?.(connections);
    connections += 1;
    const server = net.connect({ port: target, host: '127.0.0.1', noDelay: true });
    const pair = { client, server, isStalled: false, isMute: false };
    pairs.add(pair);
    let passed = 0;
    newest = 0;
    const number = connections;
    client.on('data', (bytes) => {
      if (!pair.isStalled) server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (number === connections) newest += bytes.length;
      if (pair.isStalled || pair.isMute) return;
      const room = limit === undefined ? bytes.length : limit - passed;
      passed += bytes.length;
      if (bytes.length < room || limit === undefined) return void client.write(bytes);
      client.write(bytes.subarray(0, Math.max(room, 0)), () => {
        if (how === 'reset') client.resetAndDestroy();
      });
      pair.isStalled = true;
    });
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      // A reset is what this is for.
      socket.on('error', () => undefined);
      socket.on('close', end);
    }
  });
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get bytes() {
      return newest;
    },
    reset() {
      for (const { client } of pairs) client.resetAndDestroy();
    },
    stall() {
      for (const pair of pairs) pair.isStalled = true;
    },
    mute() {
      for (const pair of pairs) pair.isMute = true;
    },
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const { client, server } of pairs) {
          client.destroy();
          server.destroy();
        }
      }),
  };
}
