// The clients of the hub benchmark, in a process of their own: plain sockets that shake hands by hand, and
// look at nothing but whether a stream has ended. Tells its parent when all are ready, and when all that read have a whole
// stream. Told a number, as many read no more.
//
//     node hub-clients.js CONTENDER PORT CLIENTS
import net from 'node:net';
import { endMark, streams, toClientFrame } from './hub-text.js';

const [, , contender, port, count] = process.argv;
const clients = Number(count);

/** What is waited for, and what is then said. */
const upgraded = '\r\n\r\n';
const attach = (stream) => JSON.stringify({ type: 'attach', stream });
const handshakes = {
  bare: [[upgraded]],
  ws: [[upgraded]],
  rxllm: [
    [upgraded, '{"type":"hello"}'],
    ['"type":"welcome"', attach(streams[0])],
    ...streams.map((stream, at) => [`"attached","stream":"${stream}"`, streams[at + 1] && attach(streams[at + 1])]),
  ],
  'socket.io': [[upgraded], ['0{"sid":', '40'], ['40{"sid":']],
};
const paths = { 'socket.io': '/socket.io/?EIO=4&transport=websocket' };
const request = [
  `GET ${paths[contender] ?? '/hub'} HTTP/1.1`,
  `Host: 127.0.0.1:${port}`,
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ...(contender === 'socket.io' ? [] : ['Sec-WebSocket-Protocol: rxllm.v1']),
  '\r\n',
].join('\r\n');

// One buffer for all: what is read is looked at once, and never kept.
const buffer = Buffer.allocUnsafe(65_536);
const tailLength = endMark.length + 8;
const sockets = [];
let reading = clients;
let ended = 0;

/** Connects one; resolves when it has shaken hands. */
function connect() {
  return new Promise((resolve) => {
    const steps = [...handshakes[contender]];
    let said = '';
    let tail = '';

    function shakeHands(text) {
      said += text;
      for (let [step] = steps; step; [step] = steps) {
        const [awaited, answer] = step;
        const at = said.indexOf(awaited);
        if (at < 0) return;
        steps.shift();
        said = said.slice(at + awaited.length);
        if (answer) socket.write(toClientFrame(answer));
      }
      sockets.push(socket);
      resolve();
    }

    function read(length) {
      if (steps.length > 0) return shakeHands(buffer.latin1Slice(0, length));
      const end = buffer.latin1Slice(Math.max(0, length - tailLength), length);
      tail = end.length < tailLength ? (tail + end).slice(-tailLength) : end;
      if (!tail.includes(endMark)) return;
      tail = '';
      ended += 1;
      if (ended < reading) return;
      ended = 0;
      process.send('received');
    }

    const onread = { buffer, callback: (length) => (read(length), true) };
    const socket = net.connect({ port: Number(port), host: '127.0.0.1', noDelay: true, onread });
    socket.write(request);
    // Without one of them nothing ends.
    socket.on('close', () => process.exit(1));
  });
}

process.on('disconnect', () => process.exit());
process.on('message', (paused) => {
  for (const socket of sockets.slice(0, paused)) socket.pause();
  reading -= paused;
  process.send('paused');
});
for (let from = 0; from < clients; from += 50) {
  await Promise.all(Array.from({ length: Math.min(50, clients - from) }, connect));
}
process.send('ready');
