// The first difference between two values, by path.
import { show } from './show.ts';

export interface Difference {
  /** Such as `.partial.messages[0]`; empty for the value itself. */
  readonly path: string;
  readonly text: string;
}

export interface CompareOptions {
  /** Only what is expected of an object is looked at. */
  readonly isPartial?: boolean | undefined;
}

/**
 * Undefined when they are equal: by content, whatever their classes; a field that is undefined is as good as none.
 * Asymmetric matchers (of jest, of `like`) decide by themselves. Errors are equal by name, message and fields; the
 * `partial` of an error counts only where it is expected.
 */
export function differenceOf(actual: unknown, expected: unknown, options: CompareOptions = {}): Difference | undefined {
  return compare(actual, expected, '', options, new Set());
}

function compare(
  actual: unknown,
  expected: unknown,
  path: string,
  options: CompareOptions,
  above: ReadonlySet<unknown>,
): Difference | undefined {
  const differ = (): Difference => ({ path, text: `expected ${show(expected)}, got ${show(actual)}` });
  if (isMatcher(expected)) return expected.asymmetricMatch(actual) ? undefined : differ();
  // What contains itself is compared once.
  if (Object.is(actual, expected) || above.has(expected)) return undefined;
  if (!isObject(actual) || !isObject(expected)) return differ();
  const [a, b] = [contentOf(actual), contentOf(expected)];
  if (Array.isArray(a) !== Array.isArray(b)) return differ();
  const inside = new Set([...above, expected]);
  for (const key of keysOf(a, b, options.isPartial === true)) {
    const at = Array.isArray(b) ? `${path}[${key}]` : /^[\w$]+$/.test(key) ? `${path}.${key}` : `${path}["${key}"]`;
    const found = compare(fieldOf(a, key), fieldOf(b, key), at, options, inside);
    if (found) return found;
  }
  return undefined;
}

function keysOf(actual: object, expected: object, isPartial: boolean): ReadonlySet<string> {
  const keys = new Set(Object.keys(expected));
  if (isError(expected)) for (const key of ['name', 'message']) keys.add(key);
  if (isPartial && !Array.isArray(expected)) return keys;
  for (const key of Object.keys(actual)) if (!isError(expected) || key !== 'partial') keys.add(key);
  return keys;
}

/** Where what counts is not in its fields. */
function contentOf(value: object): object {
  if (value instanceof Map) return [...value.entries()];
  if (value instanceof Set || ArrayBuffer.isView(value)) return [...(value as Iterable<unknown>)];
  return value instanceof Date ? [value.getTime()] : value;
}

function fieldOf(value: object, key: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[key];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function isError(value: unknown): value is Error {
  return value instanceof Error || /^\[object (Error|DOMException)\]$/.test(Object.prototype.toString.call(value));
}

function isMatcher(value: unknown): value is { asymmetricMatch(actual: unknown): boolean } {
  return isObject(value) && 'asymmetricMatch' in value && typeof value.asymmetricMatch === 'function';
}
