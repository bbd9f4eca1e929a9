// A way beside fetch, for transports that need no Promise: a response played from memory arrives in virtual time.
import type { Observable } from 'rxjs';
import type { Fetch, HttpRequest } from './request.ts';

/** Under this key a fetch keeps its way around Promises. The same in every copy of this package. */
export const direct: unique symbol = Symbol.for('rxllm.http.direct');

/** What is known when a response begins. */
export interface ResponseHead {
  readonly status: number;
  readonly contentType: string;
}

/**
 * A fetch that also answers without Promises. `sse` and `ndjson` use that instead of calling it, and `timeouts` hold for
 * it as for any other.
 */
export interface DirectFetch extends Fetch {
  /**
   * The response to a request, cold: its head, then its body as it comes; completes with the body. An error is a
   * connection that broke, before the head one that was never made. Time comes from `request.scheduler`. Nothing may
   * come while it is being subscribed: what comes at once is scheduled without delay.
   */
  readonly [direct]: (request: HttpRequest) => Observable<ResponseHead | Uint8Array>;
}

export function isDirect(fetch: Fetch): fetch is DirectFetch {
  return typeof fetch === 'function' && direct in fetch;
}
