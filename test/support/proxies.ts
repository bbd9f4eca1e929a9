// A proxy between a client and a server on 127.0.0.1, that breaks connections the way networks do.
import net, { type AddressInfo, type Socket } from 'node:net';

export interface TestProxy {
  readonly port: number;
  /** How many connections have come so far. */
  readonly connections: number;
  /** Ends all connections there are, with a reset. */
  reset(): void;
  /** From now on passes nothing to clients on the connections that there are, and says nothing: they just go silent. */
  stall(): void;
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
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket; isStalled: boolean }>();
  let connections = 0;
  const listener = net.createServer((client) => {
    const limit = breakAfter?.(connections);
    connections += 1;
    const server = net.connect(target, '127.0.0.1');
    const pair = { client, server, isStalled: false };
    pairs.add(pair);
    let passed = 0;
    client.on('data', (bytes) => {
      if (!pair.isStalled) server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (pair.isStalled) return;
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
    reset() {
      for (const { client } of pairs) client.resetAndDestroy();
    },
    stall() {
      for (const pair of pairs) pair.isStalled = true;
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
