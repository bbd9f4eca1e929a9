// TypeScript to JavaScript: the types are taken out, and all else stays in its line.
import { transform } from 'sucrase';

/**
 * The JavaScript of a TypeScript file. What is imported as a type has to say so, as where Node takes out the types itself.
 * (`module.stripTypeScriptTypes` is not used: up to Node 24 it prints a warning, and its errors have no position.)
 *
 * @throws SyntaxError with line and column.
 */
export function stripTypes(source: string): string {
  return transform(source, { transforms: ['typescript'], disableESTransforms: true, keepUnusedImports: true }).code;
}
