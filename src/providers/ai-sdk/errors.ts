// Errors of the AI SDK and of its providers as errors of ours. They are told by name: classes of two copies of the AI SDK
// differ, and none of them is loaded here.
import type { SchedulerLike } from 'rxjs';
import { brokenOffError, connectionError } from '../../http/connectionError.ts';
import type { HttpRequest } from '../../http/request.ts';
import { statusError } from '../../http/statusError.ts';
import { withoutSecrets } from '../../http/withoutSecrets.ts';
import { LlmError, type LlmErrorCode } from '../../values/error.ts';
import { isNumber, isRecord, isText } from '../shared/options.ts';
import { providerError } from '../shared/providerError.ts';

const codes: Readonly<Record<string, LlmErrorCode>> = {
  AI_LoadAPIKeyError: 'missing_key',
  AI_LoadSettingError: 'invalid_input',
  AI_InvalidArgumentError: 'invalid_input',
  AI_InvalidPromptError: 'invalid_input',
  AI_UnsupportedFunctionalityError: 'unsupported',
  AI_NoSuchModelError: 'not_found',
  AI_NoSuchProviderReferenceError: 'unsupported',
  AI_InvalidResponseDataError: 'bad_response',
  AI_EmptyResponseBodyError: 'bad_response',
  AI_JSONParseError: 'bad_response',
  AI_TypeValidationError: 'bad_response',
  AI_NoContentGeneratedError: 'bad_response',
};

export interface ErrorContext {
  /** Sent with the request: their values are kept out of errors. */
  readonly headers: Headers;
  readonly scheduler: SchedulerLike;
  /** Whether the model had begun to answer. */
  readonly hasBegun: boolean;
}

/**
 * Its cause has the words and the name of the error, and what the server said, but neither the request nor headers, which
 * the AI SDK keeps in its errors.
 */
export function toRunError(thrown: unknown, context: ErrorContext): LlmError {
  if (thrown instanceof LlmError) return thrown;
  const url = urlOf(thrown);
  return withoutSecrets(errorOf(thrown, url, context), { url: url ?? 'http://localhost', headers: context.headers });
}

function errorOf(thrown: unknown, url: string | undefined, context: ErrorContext): LlmError {
  if (!isError(thrown)) return saidError(thrown);
  const { message } = thrown;
  const { name } = fieldsOf(thrown);
  if (url !== undefined && name.endsWith('APICallError'))
    return callError(thrown, { ...context, url, body: undefined });
  const code = codes[name];
  if (code !== undefined) return new LlmError(code, message, { cause: thrown });
  if (isBreak(thrown)) {
    const why = isError(thrown.cause) ? `: ${thrown.cause.message}` : '';
    return new LlmError(context.hasBegun ? 'truncated' : 'connection', `${message}${why}`, { cause: thrown });
  }
  const said = providerError({ message, ...(name !== 'Error' && { type: name }) });
  return new LlmError(said.code, said.message, { cause: thrown });
}

/** What the provider gave for an error in its stream. */
function saidError(said: unknown): LlmError {
  const error = providerError(said);
  const { isRetryable, data } = fieldsOf(said);
  if (typeof isRetryable !== 'boolean') return error;
  // The AI SDK's own form knows whether another try may help; `data` is what the server sent.
  return new LlmError(error.code, error.message, { retryable: isRetryable, cause: data ?? error.cause });
}

/** No answer, one that broke off, a refusal, or one that is not what it should be. */
function callError(error: Error, request: HttpRequest): LlmError {
  const { statusCode, responseBody, responseHeaders, cause } = fieldsOf(error);
  if (!isStatus(statusCode)) return connectionError(request, isBreak(cause) ? cause : error);
  if (isBreak(cause)) return brokenOffError(request, cause);
  const response = new Response(null, { status: statusCode, headers: headersOf(responseHeaders) });
  return statusError(request, response, isText(responseBody) ? responseBody : error.message, true);
}

/** `fetch`, and the body of its response, break with a TypeError, whose cause has a code. */
function isBreak(thrown: unknown): boolean {
  if (!isError(thrown) || fieldsOf(thrown).name !== 'TypeError') return false;
  return isText(fieldsOf(fieldsOf(thrown).cause).code) || /fetch|network|terminated/i.test(thrown.message);
}

/** Those statuses with which a Response can be made, and that mean an error here. */
function isStatus(status: unknown): status is number {
  return isNumber(status) && status >= 200 && status <= 599;
}

function headersOf(given: unknown): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(isRecord(given) ? given : {})) {
    if (/^(retry-after|retry-after-ms|date)$/i.test(name) && isText(value)) headers.set(name, value);
  }
  return headers;
}

function urlOf(thrown: unknown): string | undefined {
  const { url } = fieldsOf(thrown);
  return isText(url) && URL.canParse(url) ? url : undefined;
}

function fieldsOf(thrown: unknown): Readonly<Record<string, unknown>> & { readonly name: string } {
  if (typeof thrown !== 'object' || thrown === null) return { name: '' };
  const fields = thrown as Readonly<Record<string, unknown>>;
  // What belongs to an error by its class is not copied by a spread.
  const { name, code, cause, url, statusCode, isRetryable, responseBody, responseHeaders, data } = fields;
  return {
    name: isText(name) ? name : '',
    code,
    cause,
    url,
    statusCode,
    isRetryable,
    responseBody,
    responseHeaders,
    data,
  };
}

/** Also of another realm, where `instanceof` does not see it. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}
