// Structured output: the part of JSON Schema that Anthropic's models are held to
// (https://platform.claude.com/docs/en/build-with-claude/structured-outputs, "JSON Schema limitations").
import type { JsonObject, JsonSchema, JsonValue } from '../../values/json.ts';
import { isRecord, isText } from '../shared/options.ts';

/**
 * The schema as the API takes it: objects are closed, and what it refuses is told in the description, as Anthropic's own
 * libraries do. Undefined when that would say something else: maps, values of any type, schemas that refer to themselves.
 */
export function nativeSchema(schema: JsonSchema): JsonObject | undefined {
  if (refersToItself(schema)) return undefined;
  try {
    return adapt(schema);
  } catch (error) {
    if (error === unsayable) return undefined;
    throw error;
  }
}

const unsayable = new Error('a schema that the API cannot be told');

/** Kept as they are; all other keywords are for the description. */
const plain = new Set(['type', 'enum', 'const', '$ref', 'required', 'title']);
const formats = new Set('date-time time date duration email hostname uri ipv4 ipv6 uuid'.split(' '));

function adapt(schema: unknown): JsonObject {
  if (!isRecord(schema)) throw unsayable;
  const { $schema: _, $id: __, description, ...rest } = schema;
  const adapted: Record<string, JsonValue> = {};
  const told: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(rest)) {
    if (plain.has(keyword)) adapted[keyword] = value as JsonValue;
    else if (/^(properties|\$defs|definitions)$/.test(keyword)) adapted[keyword] = adaptEach(value);
    else if (/^(anyOf|oneOf|allOf)$/.test(keyword) && Array.isArray(value)) {
      const known = keyword === 'oneOf' ? 'anyOf' : keyword;
      if (known in adapted) throw unsayable;
      adapted[known] = value.map(adapt);
    } else if (keyword === 'items') adapted.items = adapt(value);
    else if (keyword === 'format' && isText(value) && formats.has(value)) adapted.format = value;
    else if (keyword === 'minItems' && (value === 0 || value === 1)) adapted.minItems = value;
    else if (keyword !== 'additionalProperties') told[keyword] = value;
  }
  if (!['type', 'enum', 'const', '$ref', 'anyOf', 'allOf'].some((keyword) => keyword in adapted)) throw unsayable;
  if ([schema.type].flat().includes('object')) {
    const { additionalProperties: open = false, patternProperties } = schema;
    const isFree = schema.properties === undefined && schema.additionalProperties === undefined;
    if (open !== false || patternProperties !== undefined || isFree) throw unsayable;
    adapted.additionalProperties = false;
  }
  const texts = [description, Object.keys(told).length > 0 && JSON.stringify(told)].filter(Boolean);
  return { ...adapted, ...(texts.length > 0 && { description: texts.join('\n\n') }) };
}

function adaptEach(schemas: unknown): JsonObject {
  if (!isRecord(schemas)) throw unsayable;
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, adapt(schema)]));
}

/** Also a reference that leads nowhere. */
function refersToItself(root: JsonSchema): boolean {
  const harmless = new Set<string>();
  function visit(node: unknown, path: readonly string[]): boolean {
    if (typeof node !== 'object' || node === null) return false;
    const { $ref: ref } = node as { readonly $ref?: unknown };
    if (typeof ref === 'string' && !harmless.has(ref)) {
      const target = path.includes(ref) ? undefined : find(root, ref);
      if (target === undefined || visit(target, [...path, ref])) return true;
      harmless.add(ref);
    }
    return Object.entries(node).some(
      ([keyword, value]) => !/^(\$defs|definitions)$/.test(keyword) && visit(value, path),
    );
  }
  return visit(root, []);
}

/** What `#/$defs/name` refers to. */
function find(root: unknown, ref: string): unknown {
  if (!ref.startsWith('#')) return undefined;
  let node = root;
  for (const step of ref.split('/').slice(1)) {
    const key = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    node = isRecord(node) ? node[key] : undefined;
  }
  return node;
}
