// The one error class. Programs read `code`, people read `message`; what had arrived before it goes along.
import { messageOf } from './describe.ts';
import type { ResponseJSON } from './responseJson.ts';

/** What went wrong, for programs. */
export type LlmErrorCode =
  | 'aborted'
  | 'truncated'
  | 'connection'
  | 'connect_timeout'
  | 'first_event_timeout'
  | 'idle_timeout'
  | 'auth'
  | 'permission'
  | 'not_found'
  | 'rate_limited'
  | 'overloaded'
  | 'server_error'
  | 'bad_request'
  | 'provider_error'
  | 'bad_response'
  | 'guardrail'
  | 'invalid_input'
  | 'unknown_model'
  | 'missing_key'
  | 'unsupported'
  | 'not_run'
  | 'assembly'
  | 'tool_limit'
  | 'budget_exceeded'
  | 'paused'
  | 'gone'
  | 'storage';

// The same request may do better a little later.
const retryableCodes: ReadonlySet<LlmErrorCode> = new Set<LlmErrorCode>([
  'truncated',
  'connection',
  'connect_timeout',
  'first_event_timeout',
  'idle_timeout',
  'rate_limited',
  'overloaded',
  'server_error',
]);

export interface LlmErrorOptions {
  /** Default: as is usual for the code. */
  readonly retryable?: boolean;
  /** The response as far as it had come. */
  readonly partial?: ResponseJSON;
  /** HTTP status. */
  readonly status?: number;
  /** How long the provider asks to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * Every error that rxllm raises, thrown at the call for bad arguments and on the error channel for what happens in a
 * run. `partial` is what had arrived by then, in the same JSON as a whole response; errors of a run always have it.
 */
export class LlmError extends Error {
  override readonly name = 'LlmError';
  readonly code: LlmErrorCode;
  readonly retryable: boolean;
  // Declared only: a field that is defined shows as `status: undefined` when an error is printed.
  declare readonly partial?: ResponseJSON;
  declare readonly status?: number;
  declare readonly retryAfterMs?: number;

  constructor(code: LlmErrorCode, message: string, options: LlmErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryable = options.retryable ?? retryableCodes.has(code);
    if (options.partial !== undefined) this.partial = options.partial;
    if (options.status !== undefined) this.status = options.status;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }

  /** The same error with some of it changed, also in its stack. */
  with({ message = this.message, ...changes }: LlmErrorOptions & { readonly message?: string }): LlmError {
    const { code, retryable, partial, status, retryAfterMs, cause, stack } = this;
    const copy = new LlmError(code, message, {
      retryable,
      ...(partial && { partial }),
      ...(status !== undefined && { status }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      ...(cause !== undefined && { cause }),
      ...changes,
    });
    if (stack !== undefined) copy.stack = stack.replace(this.message, () => message);
    return copy;
  }
}

/** Makes anything that was thrown an LlmError; what is none already gets `code`, its own message and itself as cause. */
export function toLlmError(thrown: unknown, code: LlmErrorCode): LlmError {
  if (thrown instanceof LlmError) return thrown;
  return new LlmError(code, messageOf(thrown), { cause: thrown });
}
