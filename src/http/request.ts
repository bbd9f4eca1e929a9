// One POST of JSON: what a provider gives to be sent, and how an error message names where it went.
import type { SchedulerLike } from 'rxjs';

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
}

/** Host and path: the query may hold a key, so no message shows it. */
export function placeOf({ url }: Pick<HttpRequest, 'url'>): string {
  const { host, pathname } = new URL(url);
  return host + pathname;
}

/** Takes out of a text whatever was sent in the headers: some servers repeat the key that they refuse. */
export function withoutSecrets(text: string, { headers }: Pick<HttpRequest, 'headers'>): string {
  let safe = text;
  headers.forEach((value, name) => {
    if (name === 'content-type' || name === 'accept') return;
    for (const secret of [value, value.replace(/^\S+ /, '')]) {
      // Short values are words such as "true", which say nothing and stand everywhere.
      if (secret.length >= 8) safe = safe.replaceAll(secret, '***');
    }
  });
  return safe;
}
