// One POST of JSON: what a provider gives to be sent, and how an error message names where it went.
import type { SchedulerLike } from 'rxjs';
import type { Timeouts } from './timeouts.ts';

/** `globalThis.fetch`, or a function that does as much of it as is used here. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpRequest {
  readonly url: string;
  readonly headers: Headers;
  /** Sent as JSON. */
  readonly body: unknown;
  /** Default: `globalThis.fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Where time comes from. */
  readonly scheduler: SchedulerLike;
  /** How long the server may be silent. Default: see `Timeouts`. */
  readonly timeouts?: Timeouts | undefined;
  /** The server answers in one piece, so its answer begins only when it is complete. Default false. */
  readonly isWhole?: boolean | undefined;
}

/** Host and path: the query may hold a key, so no message shows it. */
export function placeOf({ url }: Pick<HttpRequest, 'url'>): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}
