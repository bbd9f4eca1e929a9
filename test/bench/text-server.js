// Streams a chat answer of `n` small deltas, in a process of its own so that its work is not counted. Sends its port.
import { once } from 'node:events';
import http from 'node:http';

const blockBytes = 16 * 1024;

const chunk = (delta, finish_reason = null) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'bench',
    system_fingerprint: 'fp_bench',
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  })}\n\n`;

/** The bytes of an answer, one event an item. */
function* events(n) {
  yield chunk({ role: 'assistant', content: '' });
  for (let index = 0; index < n; index += 1) yield chunk({ content: ` w${index % 10}` });
  yield chunk({}, 'stop');
  yield 'data: [DONE]\n\n';
}

function* blocks(n) {
  let block = '';
  for (const event of events(n)) {
    block += event;
    if (block.length < blockBytes) continue;
    yield block;
    block = '';
  }
  yield block;
}

const server = http.createServer(async (request, response) => {
  const [, mode, count] = request.url.split('/');
  request.resume();
  await once(request, 'end');
  response.socket.setNoDelay(true);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const pieces = mode === 'blocks' ? blocks(Number(count)) : events(Number(count));
  for (const piece of pieces) if (!response.write(piece)) await once(response, 'drain');
  response.end();
});

server.listen(0, '127.0.0.1', () => process.send(server.address().port));
