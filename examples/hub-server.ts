// Serves a hub with a chat page: open it in two tabs, or run hub-client.ts beside it.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { demo } from 'rxllm/demo';
import { createHub, nodeHandler, serveWebSocket } from 'rxllm/server';
import { chatPage } from './chat/chatPage.ts';

// Without an authorize() everybody of this machine may do everything, and nobody else anything.
const hub = createHub({ models: { demo: demo() }, onEmpty: { graceMs: 60_000 } });

const page = await chatPage();
const events = nodeHandler(hub);
const server = http.createServer((request, response) => events(request, response, () => page(request, response)));
serveWebSocket(hub, server);

server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`A chat is at http://127.0.0.1:${port}/ and its hub at ws://127.0.0.1:${port}/hub`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    hub.close();
    server.close();
    server.closeAllConnections();
  });
}

// A chat is at http://127.0.0.1:8080/ and its hub at ws://127.0.0.1:8080/hub
