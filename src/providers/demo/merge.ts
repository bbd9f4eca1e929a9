// One JSON Schema out of several that all hold: follows `$ref`, merges `allOf`.
import type { JsonObject, JsonValue } from '../../values/json.ts';
import { isJsonObject } from '../shared/parts.ts';

/** The schema without `$ref` and `allOf`. References point into `root`; one that leads nowhere allows anything. */
export function flatten(schema: JsonValue | undefined, root: JsonObject, budget = 32): JsonObject {
  if (!isJsonObject(schema) || budget === 0) return {};
  const { $ref, allOf, ...rest } = schema;
  const others = [...(typeof $ref === 'string' ? [resolve($ref, root)] : []), ...(Array.isArray(allOf) ? allOf : [])];
  // The budget ends schemas that are made of nothing but themselves.
  return others.reduce<JsonObject>((whole, other) => merge(whole, flatten(other, root, budget - 1)), rest);
}

function resolve(ref: string, root: JsonObject): JsonValue | undefined {
  const path = ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '');
  return path.reduce<JsonValue | undefined>((at, step) => {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    return Array.isArray(at) ? at[Number(key)] : isJsonObject(at) ? at[key] : undefined;
  }, root);
}

/** A schema that says what both say. */
export function merge(a: JsonObject, b: JsonObject): JsonObject {
  const shared = Object.keys(a).filter((key) => key in b);
  return { ...a, ...b, ...Object.fromEntries(shared.map((key) => [key, mergeKeyword(key, a[key], b[key])])) };
}

function mergeKeyword(key: string, a: JsonValue = null, b: JsonValue = null): JsonValue {
  if (typeof a === 'number' && typeof b === 'number')
    return /^(?:min|exclusiveMin)/.test(key) ? Math.max(a, b) : Math.min(a, b);
  if (key === 'properties' && isJsonObject(a) && isJsonObject(b)) return mergeProperties(a, b);
  if (key === 'items' && isJsonObject(a) && isJsonObject(b)) return merge(a, b);
  if (key === 'required' && Array.isArray(a) && Array.isArray(b)) return [...new Set([...a, ...b])];
  if (key === 'enum' && Array.isArray(a) && Array.isArray(b)) return a.filter((value) => b.includes(value));
  if (key === 'type') return mergeTypes([a].flat(), [b].flat());
  return key === 'additionalProperties' && a === false ? a : b;
}

function mergeProperties(a: JsonObject, b: JsonObject): JsonObject {
  // Both for one property: an `allOf`, because either may be a reference.
  const both = Object.keys(a).filter((name) => name in b);
  return { ...a, ...b, ...Object.fromEntries(both.map((name) => [name, { allOf: [a[name] ?? {}, b[name] ?? {}] }])) };
}

function mergeTypes(a: readonly JsonValue[], b: readonly JsonValue[]): JsonValue {
  const narrow = (types: readonly JsonValue[], others: readonly JsonValue[]) =>
    types.filter((type) => others.includes(type) || (type === 'integer' && others.includes('number')));
  return [...new Set([...narrow(a, b), ...narrow(b, a)])];
}
