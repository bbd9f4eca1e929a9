// JSON Schema from what users have: JSON Schema itself, or a schema of a validation library that can say itself in it.
import { describe } from './describe.ts';
import { LlmError, toLlmError } from './error.ts';
import type { JsonSchema } from './json.ts';
import type { DescribedSchema, StandardSchema } from './standardSchema.ts';

export function isStandardSchema(schema: unknown): schema is StandardSchema {
  // ArkType's schemas are functions.
  return ((typeof schema === 'object' && schema !== null) || typeof schema === 'function') && '~standard' in schema;
}

/**
 * The JSON Schema of what the schema takes, draft 2020-12.
 *
 * @param what Names the schema in the error.
 * @throws LlmError `unsupported` when the library cannot say it, `invalid_input` when it is no schema at all.
 */
export function toJsonSchema(schema: JsonSchema | StandardSchema, what: string): JsonSchema {
  if (!isStandardSchema(schema)) {
    if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema;
    throw new LlmError('invalid_input', `${what} is JSON Schema or a Standard Schema, not ${describe(schema)}`);
  }
  const { vendor, jsonSchema }: StandardSchema['~standard'] & Partial<DescribedSchema['~standard']> =
    schema['~standard'];
  const way =
    'give JSON Schema instead (zod 4: z.toJSONSchema(schema), valibot: toJsonSchema of @valibot/to-json-schema)';
  if (!jsonSchema) {
    throw new LlmError(
      'unsupported',
      `${what} is a schema of ${vendor}, which does not say itself as JSON Schema; ${way}`,
    );
  }
  try {
    const { $schema: _, ...made } = jsonSchema.input({ target: 'draft-2020-12' });
    return made;
  } catch (cause) {
    const { message } = toLlmError(cause, 'unsupported');
    throw new LlmError('unsupported', `${what} of ${vendor} cannot be said as JSON Schema: ${message}; ${way}`, {
      cause,
    });
  }
}
