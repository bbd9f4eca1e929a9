// Which pages may reach the hub: the defence against pages of others that use a browser of one who may.

export interface OriginOptions {
  /** Host names, with a port or for any port, under which the server may be reached. Default: those of this machine. */
  readonly hosts?: readonly string[] | undefined;
  /** Origins besides the server's own whose pages may use it: `https://app.example.com`. Default: none. */
  readonly origins?: readonly string[] | undefined;
}

const ownHosts = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Why a request is refused by where it comes from; undefined when it is not. What no page sent has no origin: it has to
 * show a token, so that no page can do the same with a cookie.
 */
export function originProblem(
  headers: Headers,
  { hosts = ownHosts, origins = [] }: OriginOptions,
  mayBeMissing: boolean,
): string | undefined {
  const host = (headers.get('host') ?? '').toLowerCase();
  const isAllowed = hosts
    .map((name) => name.toLowerCase())
    .some((name) => [host, host.replace(/:\d+$/, '')].includes(name));
  // A page that makes its own name point to this machine (DNS rebinding) comes with that name.
  if (!isAllowed) {
    return `the host "${host}" is not among those that the server is reached by (hosts)`;
  }
  const origin = headers.get('origin');
  if (origin !== null) {
    const isOwn = origin === `http://${host}` || origin === `https://${host}`;
    return isOwn || isListed(origin, origins) ? undefined : `pages of "${origin}" may not use it (origins)`;
  }
  // A page's own GET has no origin, but a browser says what kind it is: https://www.w3.org/TR/fetch-metadata/
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin' ? undefined : `a request that is ${site} may not use it`;
  return mayBeMissing ? undefined : 'who sends no origin has to send a token';
}

/** Whether an origin is among those that were named, however that was written: `https://app.example.com/` too. */
export function isListed(origin: string, origins: readonly string[]): boolean {
  return origins.some((named) => named.replace(/\/$/, '').toLowerCase() === origin);
}
