// The part of the Standard Schema interface (https://standardschema.dev, version 1) that is used here, so that any
// validation library can be passed in and none is imported.
import { LlmError } from './error.ts';

export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    validate(value: unknown): SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** The part of Standard JSON Schema (https://standardschema.dev/json-schema, version 1) that is used here. */
export interface DescribedSchema {
  readonly '~standard': {
    readonly jsonSchema: {
      input(options: { readonly target: 'draft-2020-12' }): Readonly<Record<string, unknown>>;
    };
  };
}

export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Validates, synchronously.
 *
 * @param what Names the value in the error.
 * @throws LlmError `code` with path and reason of every issue.
 */
export function validate<Output>(
  schema: StandardSchema<Output>,
  value: unknown,
  what: string,
  code: 'invalid_input' | 'bad_response',
): Output {
  const result = schema['~standard'].validate(value);
  if (result instanceof Promise) {
    // Nobody waits for it; what it rejects with must not be unhandled.
    result.catch(() => undefined);
    throw new LlmError('unsupported', `the schema of ${what} validates asynchronously; use one that does not`);
  }
  if (result.issues === undefined) return result.value;
  throw new LlmError(code, `${what}: ${issuesText(result.issues)}`, { cause: result.issues });
}

/** Path and reason of every issue. */
export function issuesText(issues: readonly SchemaIssue[]): string {
  return issues.map(issueText).join('; ');
}

function issueText({ message, path = [] }: SchemaIssue): string {
  const keys = path.map((step) => String(typeof step === 'object' ? step.key : step));
  return keys.length > 0 ? `${keys.join('.')}: ${message}` : message;
}
