// Takes out of an error whatever was sent in the headers and the query: servers repeat the key that they refuse, and
// fetch repeats the address that it cannot reach.
import type { LlmError } from '../values/error.ts';
import type { HttpRequest } from './request.ts';

/** Shorter values are words such as "true", which say nothing and stand everywhere. */
const minLength = 8;

type Hide = (text: unknown) => string;

/** The same error without secrets in its words and in its cause. Every error of a request leaves through here. */
export function withoutSecrets(error: LlmError, request: Pick<HttpRequest, 'url' | 'headers'>): LlmError {
  const secrets = secretsOf(request);
  const hide: Hide = (text) => secrets.reduce(withoutSecret, String(text));
  const { message, cause } = error;
  const safe = error.with({ message: hide(message), ...(cause !== undefined && { cause: safeCause(cause, hide) }) });
  safe.stack = safeStack(error, hide);
  return safe;
}

function secretsOf({ url, headers }: Pick<HttpRequest, 'url' | 'headers'>): readonly string[] {
  const { search, searchParams } = new URL(url);
  const secrets = [search, ...[...searchParams.values()].flatMap((value) => [value, encodeURIComponent(value)])];
  headers.forEach((value, name) => {
    // What follows `Bearer` is a secret by itself.
    if (name !== 'content-type' && name !== 'accept') secrets.push(value, value.replace(/^\S+ /, ''));
  });
  return secrets.filter((secret) => secret.length >= minLength);
}

function withoutSecret(text: string, secret: string): string {
  let safe = text.replaceAll(secret, '***');
  // A text that was cut short may end within it.
  for (let length = secret.length - 1; length >= minLength; length--) {
    const start = secret.slice(0, length);
    safe = safe.replaceAll(`${start}…`, '***…');
    if (safe.endsWith(start)) safe = `${safe.slice(0, -length)}***`;
  }
  return safe;
}

function safeCause(cause: unknown, hide: Hide, depth = 0): unknown {
  if (isError(cause)) {
    const { name, message, code, cause: next } = cause;
    const deeper = next !== undefined && depth < 5 ? { cause: safeCause(next, hide, depth + 1) } : undefined;
    // Its words and code, but none of the fields in which HTTP clients keep the request.
    const copy = new Error(hide(message), deeper);
    return Object.assign(copy, { name, stack: safeStack(cause, hide), ...(typeof code === 'string' && { code }) });
  }
  try {
    return JSON.parse(JSON.stringify(cause), (_, value: unknown) => (typeof value === 'string' ? hide(value) : value));
  } catch {
    // No JSON: a cycle, a function.
    return hide(cause);
  }
}

/** The message stands in it by itself, because its end counts. */
function safeStack({ message, stack = '' }: Error, hide: Hide): string {
  return hide(stack.replace(message, () => hide(message)));
}

/** Also of another realm, where `instanceof` does not see it. */
function isError(value: unknown): value is Error & { readonly code?: unknown } {
  return /^\[object (Error|DOMException)\]$/.test(Object.prototype.toString.call(value));
}
