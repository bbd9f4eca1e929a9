// HTTP status codes as errors.
import { LlmError, type LlmErrorCode } from '../values/error.ts';
import { errorText, extract, parseJson } from './errorBody.ts';
import { placeOf, type HttpRequest } from './request.ts';
import { retryAfterMs, retryDelayMs } from './retryAfter.ts';

const codes: Readonly<Record<number, LlmErrorCode>> = {
  401: 'auth',
  // Payment required: DeepSeek and OpenRouter, when the account is empty.
  402: 'permission',
  403: 'permission',
  404: 'not_found',
  // The server gave up waiting for the request, or a proxy for the server; the same request may do better.
  408: 'server_error',
  // Two requests came in each other's way; servers that say so mean that one may come again.
  409: 'server_error',
  429: 'rate_limited',
  503: 'overloaded',
  529: 'overloaded',
};

/** What a response with such a status says of itself. */
export type Refusal = Pick<Response, 'status' | 'statusText' | 'headers'>;

/**
 * The error for a response with a status other than 2xx.
 *
 * @param body As far as it came.
 * @param isWhole Whether it came to its end.
 */
export function statusError(request: HttpRequest, response: Refusal, body: string, isWhole: boolean): LlmError {
  const { status, statusText, headers } = response;
  const json = parseJson(body);
  const text = isWhole ? body : `${body}…`;
  const said = errorText(json) ?? extract(text);
  const code = isWrongKey(status, text) ? 'auth' : codeOf(status);
  const wait = retryAfterMs(headers, () => request.scheduler.now()) ?? retryDelayMs(text);
  const heading = `${placeOf(request)} answered ${status}${statusText && ` ${statusText}`}`;
  return new LlmError(code, `${heading}${said && `: ${said}`}${code === 'auth' ? ' (check the API key)' : ''}`, {
    status,
    ...(wait !== undefined && { retryAfterMs: wait }),
    ...retryable(status, headers, text),
    cause: json ?? text,
  });
}

/** Where the server says more about it than its status does. */
function retryable(status: number, headers: Headers, body: string): { readonly retryable?: boolean } {
  // OpenAI answers 429 also when the account is out of credit, which waiting does not cure.
  if (status === 429 && body.includes('insufficient_quota')) return { retryable: false };
  // A header of OpenAI and Anthropic, which their own clients obey before anything else.
  const said = headers.get('x-should-retry');
  return said === 'true' || said === 'false' ? { retryable: said === 'true' } : {};
}

function codeOf(status: number): LlmErrorCode {
  return codes[status] ?? (status >= 500 ? 'server_error' : status >= 400 ? 'bad_request' : 'bad_response');
}

/** Google answers 400 to a key that it does not know, and says so in `google.rpc.ErrorInfo`. */
function isWrongKey(status: number, body: string): boolean {
  return status === 400 && body.includes('"API_KEY_INVALID"');
}
