// What went wrong with a connection, in plain words.
import { LlmError } from '../values/error.ts';
import { placeOf, type HttpRequest } from './request.ts';

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNRESET: 'the other side closed the connection',
  UND_ERR_SOCKET: 'the other side closed the connection',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'nothing came for too long',
  CERT_HAS_EXPIRED: 'the certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS; try http:',
};

const timeouts: ReadonlySet<string> = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT']);

/** The error for a `fetch` that was rejected: no response came. */
export function connectionError(request: HttpRequest, cause: unknown): LlmError {
  if (cause instanceof LlmError) return cause;
  const { code, text } = reasonOf(cause);
  // Browsers say no more than "Failed to fetch", and leave the reason to their console.
  const hint = code === undefined && 'document' in globalThis ? '; the server may not allow this page (CORS)' : '';
  return new LlmError(
    timeouts.has(code ?? '') ? 'connect_timeout' : 'connection',
    `cannot reach ${placeOf(request)}: ${text}${hint}`,
    { cause },
  );
}

/** The error for a body that broke off. */
export function brokenOffError(request: HttpRequest, cause: unknown): LlmError {
  const { code, text } = reasonOf(cause);
  return new LlmError(
    // Node's fetch gives up by itself after five minutes.
    code === 'UND_ERR_BODY_TIMEOUT' ? 'idle_timeout' : 'truncated',
    `the answer of ${placeOf(request)} broke off: ${text}`,
    { cause },
  );
}

function reasonOf(error: unknown): { readonly code: string | undefined; readonly text: string } {
  const code = codeOf(error);
  if (code !== undefined) return { code, text: code in words ? `${words[code]} (${code})` : code };
  return { code, text: error instanceof Error ? error.message : String(error) };
}

/** Node puts the reason in `cause`. */
function codeOf(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 4) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  // DOMException has numbers for codes.
  return typeof code === 'string' ? code : codeOf(cause, depth + 1);
}
