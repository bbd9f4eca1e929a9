// Sends a request, and follows a redirect only where its key may go.
import { LlmError } from '../values/error.ts';
import { placeOf, type Fetch } from './request.ts';

const maxRedirects = 5;

/**
 * The response to a POST. Redirects that keep it a POST (307, 308) are followed to the same origin, and from `http:` to
 * `https:` of the same host; `fetch` itself would follow them anywhere, and take along every header but `authorization`,
 * such as `x-api-key` (https://fetch.spec.whatwg.org/#http-redirect-fetch).
 *
 * Rejects with LlmError `bad_response` for a redirect that is not followed, and with whatever `fetch` rejects with.
 */
export async function post(fetch: Fetch, url: string, init: RequestInit): Promise<Response> {
  let at = url;
  for (let count = 0; ; count += 1) {
    const response = await fetch(at, { ...init, method: 'POST', redirect: 'manual' });
    if (!isRedirect(response)) return response;
    void response.body?.cancel().catch(() => undefined);
    at = targetOf(response, at, count);
  }
}

/** An injected fetch may give anything. */
function isRedirect(response: Partial<Response> | undefined): boolean {
  const { type, status = 0 } = response ?? {};
  return type === 'opaqueredirect' || [301, 302, 303, 307, 308].includes(status);
}

function targetOf({ type, status, headers }: Response, at: string, count: number): string {
  const refuse = (what: string) =>
    new LlmError('bad_response', `${placeOf({ url: at })} redirects ${what}; if that is right, change baseUrl`, {
      ...(status > 0 && { status }),
    });
  // A page is not told where to.
  if (type === 'opaqueredirect') throw refuse('to a place that a page may not know');
  const location = headers.get('location') ?? '';
  if (location === '' || !URL.canParse(location, at)) throw refuse('to nowhere');
  const [from, to] = [new URL(at), new URL(location, at)];
  if (status !== 307 && status !== 308)
    throw refuse(`to ${to.host || to.protocol} with status ${status}, which makes a GET of a POST`);
  // `fetch` would refuse it, too, as if there were no connection, and show it.
  if (to.username || to.password) throw refuse('to an address with a user name or a password');
  const isSafer = from.protocol === 'http:' && to.protocol === 'https:' && from.hostname === to.hostname;
  if (to.origin !== from.origin && !isSafer)
    throw refuse(`to ${to.host || to.protocol}, another server, which is sent no key`);
  if (count >= maxRedirects) throw refuse(`once more, after ${maxRedirects} times`);
  return to.href;
}
