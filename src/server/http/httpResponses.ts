// Answers of the hub over HTTP: JSON, and errors with the status for them.
import type { ErrorJSON } from '../../protocol/entry.ts';
import { LlmError, toLlmError, type LlmErrorCode } from '../../values/error.ts';

/** What is wrong with a request as HTTP. */
export class HttpError extends LlmError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: LlmErrorCode,
    message: string,
    headers: Record<string, string> = {},
    cause?: unknown,
  ) {
    super(code, message, { status, cause });
    this.headers = headers;
  }
}

const statusOf: Partial<Record<LlmErrorCode, number>> = {
  auth: 401,
  permission: 403,
  not_found: 404,
  not_run: 409,
  rate_limited: 429,
  invalid_input: 400,
  unknown_model: 400,
  unsupported: 400,
};

/** 500 for what is a mistake of ours. */
export function statusFor(error: LlmError): number {
  return (error instanceof HttpError ? error.status : statusOf[error.code]) ?? 500;
}

/** The answer to a request that is refused. Mistakes of ours are not told. */
export function errorResponse(thrown: unknown, cors: Readonly<Record<string, string>>): Response {
  const error = toLlmError(thrown, 'server_error');
  const status = statusFor(error);
  const { code, message, retryable } = error;
  const said: ErrorJSON = { code, message: status === 500 ? 'the server failed' : message, retryable };
  const own = error instanceof HttpError ? error.headers : {};
  return json(status, { error: said }, { ...cors, ...own, ...(status === 401 && { 'www-authenticate': 'Bearer' }) });
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  });
}
