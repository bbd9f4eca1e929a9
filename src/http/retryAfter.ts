// How long a server asks to wait: `Retry-After` of RFC 9110 section 10.2.3, and OpenAI's finer `retry-after-ms`.

/** @param now Milliseconds since 1970, used when the server gives a date and does not say what time it has. */
export function retryAfterMs(headers: Headers, now: () => number): number | undefined {
  const ms = toNumber(headers.get('retry-after-ms'));
  if (ms !== undefined) return ms;
  const value = headers.get('retry-after');
  const seconds = toNumber(value);
  if (seconds !== undefined) return Math.round(seconds * 1000);
  const date = Date.parse(value ?? '');
  if (Number.isNaN(date)) return undefined;
  // Compared with the server's own clock, so that ours need not be right.
  const serverNow = Date.parse(headers.get('date') ?? '');
  return Math.max(0, date - (Number.isNaN(serverNow) ? now() : serverNow));
}

/** Google tells it in the body alone: `google.rpc.RetryInfo`, whose duration is seconds with the unit (`"34.5s"`). */
export function retryDelayMs(body: string): number | undefined {
  const seconds = /"retryDelay":\s*"(\d+(?:\.\d+)?)s"/.exec(body)?.[1];
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}

function toNumber(value: string | null): number | undefined {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}
