// Why a WebSocket of the hub is closed. docs/protocol.md has the same table.

/** Close codes of `rxllm.v1`. A client never comes back by itself after one that `isFinal()`. */
export const closeCodes = {
  /** The client has nothing more to ask. */
  normal: 1000,
  /** The server is going away: come back. */
  goingAway: 1001,
  /** A message was larger than the server takes; sent by `ws` itself. */
  tooLarge: 1009,
  /** The server failed: come back. */
  serverError: 1011,
  /** A message that is no message of the protocol. */
  badMessage: 4400,
  /** No message but `hello` before `welcome`, or credentials that are not taken. */
  unauthorized: 4401,
  /** Nobody may connect from there: the origin, the host or the address. */
  forbidden: 4403,
  /** The subprotocol that was asked for is another one, or none. */
  unknownProtocol: 4406,
  /** No `hello` in time. */
  helloTimeout: 4408,
  /** Too many connections, streams or messages at once. */
  tooMany: 4429,
  /** Nothing came from the client for too long: come back. */
  silent: 4504,
  /** The client reads too slowly, and the hub does not wait for it: come back. */
  slowConsumer: 4508,
} as const;

/** Whether the same again would be refused again. */
export function isFinal(code: number): boolean {
  return (
    (code >= 4400 && code < 4500) || code === 1002 || code === 1003 || code === 1007 || code === closeCodes.tooLarge
  );
}
