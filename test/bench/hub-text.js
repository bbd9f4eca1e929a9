// What the hub benchmark sends: the same text from every contender.

/** The streams of a run, one after the other: those that warm up, and those that are measured. */
export const warmUps = ['warm-up 1', 'warm-up 2', 'warm-up 3'];
export const measured = ['measured 1', 'measured 2', 'measured 3', 'measured 4', 'measured 5'];
export const streams = [...warmUps, ...measured];

/** A delta as a response emits it. */
export function deltaAt(index, length = 12) {
  return { type: 'text', chunk: `word ${index} `.padEnd(length, '.'), part_index: 0, message_index: 0 };
}

/** The messages of a stream: one for each tick, and the end. */
export function* messagesOf(stream, ticks, eventsATick) {
  // As long as the hub's random one.
  const run = 'bare_sockets';
  for (let tick = 0; tick < ticks; tick += 1) {
    const first = tick * eventsATick;
    const events = Array.from({ length: eventsATick }, (_, at) => deltaAt(first + at));
    yield { type: 'events', stream, run, seq: first + 1, events };
  }
  yield { type: 'events', stream, run, seq: ticks * eventsATick + 1, events: [{ type: 'end', state: 'done' }] };
}

/** How the last message of every stream ends, but for brackets. */
export const endMark = '"type":"end","state":"done"';

/** A text frame of a server. */
export function toFrame(text) {
  const payload = Buffer.from(text);
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x81, length]), payload]);
  if (length < 65_536) return Buffer.concat([Buffer.from([0x81, 126, length >> 8, length & 255]), payload]);
  const head = Buffer.from([0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 6);
  return Buffer.concat([head, payload]);
}

/** A short text frame of a client: masked, as it must be, with a mask that changes nothing. */
export function toClientFrame(text) {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
