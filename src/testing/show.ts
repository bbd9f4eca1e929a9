// Shows a value in the output of a failed test.
import { describe } from '../values/describe.ts';

/** Its JSON, cut where it is long; an error by its name, code and message, a matcher by what it says of itself. */
export function show(value: unknown, maxLength = 200): string {
  const text = toText(value);
  return text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
}

function toText(value: unknown): string {
  if (value === undefined || typeof value !== 'object' || value === null) return short(value);
  if (value instanceof Error) {
    const code = 'code' in value ? ` ${String(value.code)}` : '';
    return `${value.name}${code} "${value.message}"`;
  }
  if ('toAsymmetricMatcher' in value && typeof value.toAsymmetricMatcher === 'function') {
    return String(value.toAsymmetricMatcher());
  }
  try {
    return JSON.stringify(value) ?? describe(value);
  } catch {
    return describe(value);
  }
}

function short(value: unknown): string {
  if (typeof value === 'function') return `the function ${value.name || 'without a name'}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
