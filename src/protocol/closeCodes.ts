// Why a WebSocket of the hub is closed. docs/protocol.md has the same table.

/** Close codes of `rxllm.v1`. A client never comes back by itself after one that `isFinal()`. */
export const closeCodes = {
  /** The client has nothing more to ask. */
  normal: 1000,
  /** The server is going away: come back. */
  goingAway: 1001,
  /** Frames that are none of WebSocket; sent by `ws` itself, as are the next three. */
  badFrame: 1002,
  /** Text that is not UTF-8. */
  badText: 1007,
  /** A message in too many pieces. */
  tooManyPieces: 1008,
  /** A message was larger than the server takes. */
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
  /** The principal has too many connections already. */
  tooMany: 4429,
  /** Nothing came from the client for too long: come back. */
  silent: 4504,
  /** The client reads too slowly, or not what it asks for, and the hub does not wait for it: come back. */
  slowConsumer: 4508,
} as const;

/** Whether the same again would be refused again. */
export function isFinal(code: number): boolean {
  // 1003 is data of a kind that is not taken: for who stands between client and server.
  return (code >= 4400 && code < 4500) || [1002, 1003, 1007, 1008, 1009].includes(code);
}
