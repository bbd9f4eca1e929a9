// Errors that a server reports after it has begun to answer.
import { errorText } from '../../http/errorBody.ts';
import { LlmError } from '../../values/error.ts';

/**
 * The error for an error object in a message, an `event: error` or llama.cpp's `error:` line.
 *
 * @param said The object, or the text that stood where it was expected.
 * @param finishReason The provider's word for why it had stopped, where it had said one; it goes into the cause.
 */
export function providerError(said: unknown, finishReason = ''): LlmError {
  const { code, type, status } = fieldsOf(said);
  const message = errorText(said) ?? 'it gave no reason';
  const kind = [code, type].filter((part) => part !== undefined).join(', ');
  const after = finishReason && ` (after finish reason ${finishReason})`;
  const what = `the provider broke off with an error${after}: ${message}${kind && ` (${kind})`}`;
  return new LlmError('provider_error', what, {
    retryable: mayPass(code) || mayPass(type) || mayPass(status),
    cause: finishReason
      ? { ...(typeof said === 'object' ? said : { error: said }), finish_reason: finishReason }
      : said,
  });
}

interface Fields {
  readonly code?: string | undefined;
  readonly type?: string | undefined;
  readonly status?: string | undefined;
}

/** A code may be an HTTP status or a word. */
function mayPass(code: string | undefined): boolean {
  if (code === undefined) return false;
  const number = Number(code);
  if (!Number.isNaN(number)) return number === 408 || number === 429 || number >= 500;
  return (
    code !== 'insufficient_quota' &&
    /overload|rate.?limit|server.?error|internal|unavailable|timeout|exhausted|deadline|^api_error$/i.test(code)
  );
}

function fieldsOf(said: unknown, depth = 0): Fields {
  if (typeof said !== 'object' || said === null) return {};
  // Google sends a list of one.
  if (Array.isArray(said)) return fieldsOf(said[0], depth);
  const { error, code, type, status_code, status } = said as Readonly<Record<string, unknown>>;
  if (typeof error === 'object' && error !== null && depth === 0) return fieldsOf(error, 1);
  return { code: word(code), type: word(type) ?? word(status), status: word(status_code) };
}

function word(value: unknown): string | undefined {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined;
}
