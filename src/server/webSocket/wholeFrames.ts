// Frames of `ws` in one piece: it writes head and payload apart, which costs a socket as much again as the payload does.
import type { Duplex } from 'node:stream';

/** Frames by their payloads, so that a payload which many sockets are sent is joined with its head once. */
const frames = new WeakMap<Uint8Array, Buffer>();

/** The first byte of a text frame in one piece: https://www.rfc-editor.org/rfc/rfc6455#section-5.2 */
const textFrame = 0x81;

/** From now on joins the head of a text frame with the payload that is written next; everything else passes as it is. */
export function writeWholeFrames(socket: Duplex): void {
  const write = socket.write.bind(socket) as (chunk: unknown, ...more: unknown[]) => boolean;
  let head: Buffer | undefined;
  // `ws` corks a socket for the time between head and payload, and for nothing else.
  socket.cork = () => undefined;
  socket.uncork = () => undefined;
  socket.write = (chunk: unknown, ...more: unknown[]): boolean => {
    if (head === undefined && isHead(chunk)) {
      head = chunk;
      return true;
    }
    const before = head;
    head = undefined;
    if (before === undefined) return write(chunk, ...more);
    return write(chunk instanceof Uint8Array ? join(before, chunk) : chunk, ...more);
  };
}

/** Without a payload: a frame that has one is never this short, and a server's head has no mask. */
function isHead(chunk: unknown): chunk is Buffer {
  if (!(chunk instanceof Uint8Array) || chunk[0] !== textFrame) return false;
  const length = chunk[1]!;
  return chunk.length === (length < 126 ? 2 : length === 126 ? 4 : 10) && length > 0;
}

function join(head: Buffer, payload: Uint8Array): Buffer {
  const known = frames.get(payload);
  if (known) return known;
  const frame = Buffer.concat([head, payload]);
  frames.set(payload, frame);
  return frame;
}
