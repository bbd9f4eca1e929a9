// The hub's HTTP on a server of Node.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { httpHandler, type HttpOptions } from './httpHandler.ts';
import type { Hub } from '../hub.ts';
import { toHeaders } from '../nodeHeaders.ts';

/** Answers a request of the hub; another goes to `next`, as in Express, and without one is answered with 404. */
export type NodeHandler = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

/**
 * `httpHandler()` for `http.createServer()`, Express, and what takes such functions.
 *
 * @throws LlmError `invalid_input` for what is no hub.
 *
 * @example
 * const server = http.createServer(nodeHandler(hub));
 */
export function nodeHandler(hub: Hub, options: HttpOptions = {}): NodeHandler {
  const handle = httpHandler(hub, options);
  const { path = '/hub' } = options;
  return (incoming, outgoing, next) => {
    if (next && !incoming.url?.startsWith(`${path}/`)) return next();
    return void answer(incoming, outgoing, handle);
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  handle: ReturnType<typeof httpHandler>,
): Promise<void> {
  try {
    const { status, headers, body } = await handle(toRequest(incoming), { address: incoming.socket.remoteAddress });
    outgoing.writeHead(status, Object.fromEntries(headers));
    if (!body) return void outgoing.end();
    // A client is told at once that the stream is there.
    outgoing.flushHeaders();
    await pipeline(Readable.fromWeb(body as NodeReadableStream), outgoing);
  } catch {
    // A client that has gone, or a request that is none (a host that is no name): nobody is left to be told more.
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(400).end();
  }
}

function toRequest(incoming: IncomingMessage): Request {
  const { method = 'GET', url = '/', headers } = incoming;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  // The host is looked at by itself; of the address only the path counts.
  return new Request(`http://localhost${url}`, {
    method,
    headers: toHeaders(headers),
    ...(hasBody && { body: bodyOf(incoming), duplex: 'half' }),
  });
}

/** Read only as far as it is asked for: what is left over Node passes by itself, and the connection can be used again. */
function bodyOf(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  const chunks = incoming.iterator({ destroyOnReturn: false });
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      const { done, value } = (await chunks.next()) as IteratorResult<Uint8Array, undefined>;
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return?.();
      incoming.resume();
    },
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}
