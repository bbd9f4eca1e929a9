// A client of a server that says what is no message, as what stands between them may.
import type { AddressInfo } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { WebSocketServer } from 'ws';
import { connectTo } from '../support/hubs.ts';

test.each(['null', '5', '"welcome"', '{}', '{"type":"later"}', '{"type":"toString"}'])(
  'passes over %s',
  async (text) => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => {
        const { type, request_id } = JSON.parse(data.toString()) as {
          readonly type: string;
          readonly request_id?: string;
        };
        socket.send(text);
        const answer =
          type === 'hello' ? { type: 'welcome', heartbeat_ms: 1000 } : { type: 'streams', request_id, streams: [] };
        socket.send(JSON.stringify(answer));
      });
    });
    try {
      await new Promise((resolve) => server.on('listening', resolve));
      const { client, sockets } = connectTo(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      expect(await firstValueFrom(client.list())).toEqual([]);
      expect(sockets).toHaveLength(1);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  },
);
