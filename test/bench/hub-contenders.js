// How each contender of the hub benchmark serves its clients: every one gives a function that prepares a stream, which
// gives a function to call with the number of each tick, the last of which is the end.
import { createHash } from 'node:crypto';
import { never } from './hub-process.js';
import { deltaAt, messagesOf, streams, toFrame } from './hub-text.js';

export const contenders = {
  /** Frames made before, written to sockets: what no server in JavaScript can be faster than. */
  async bare(server) {
    const sockets = [];
    server.on('upgrade', (request, socket) => {
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
      socket.write([...head, `Sec-WebSocket-Accept: ${accept}`, '\r\n'].join('\r\n'));
      socket.resume();
      sockets.push(socket);
    });
    return (stream, ticks, eventsATick) => {
      const frames = Array.from(messagesOf(stream, ticks, eventsATick), (message) => toFrame(JSON.stringify(message)));
      return (tick) => {
        for (const socket of sockets) socket.write(frames[tick]);
      };
    };
  },

  /** Texts made before, as buffers that all clients share. */
  async ws(server) {
    const { WebSocketServer } = await import('ws');
    const sockets = new WebSocketServer({ server, perMessageDeflate: false });
    const asText = { binary: false };
    return (stream, ticks, eventsATick) => {
      const texts = Array.from(messagesOf(stream, ticks, eventsATick), (message) =>
        Buffer.from(JSON.stringify(message)),
      );
      return (tick) => {
        for (const socket of sockets.clients) socket.send(texts[tick], asText);
      };
    };
  },

  async rxllm(server, clients) {
    const [{ Subject }, { createHub, serveWebSocket }] = await Promise.all([import('rxjs'), import('rxllm/server')]);
    const hub = createHub({ limits: { connections: clients } });
    serveWebSocket(hub, server, { heartbeatMs: never });
    const sources = new Map(streams.map((stream) => [stream, new Subject()]));
    for (const [stream, source] of sources) hub.publish(stream, source);
    return (stream, ticks, eventsATick) => {
      const source = sources.get(stream);
      return (tick) => {
        if (tick === ticks) return source.complete();
        for (let at = 0; at < eventsATick; at += 1) source.next(deltaAt(tick * eventsATick + at));
      };
    };
  },

  async 'socket.io'(server) {
    const { Server } = await import('socket.io');
    const io = new Server(server, { transports: ['websocket'], pingInterval: never, serveClient: false });
    io.on('connection', (socket) => socket.join('bench'));
    return (stream, ticks, eventsATick) => {
      const messages = [...messagesOf(stream, ticks, eventsATick)];
      return (tick) => io.to('bench').emit('events', messages[tick]);
    };
  },
};
