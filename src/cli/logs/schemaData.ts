// What answers with a schema say: the objects, and which schema it was.
import { canonicalJson } from '../../store/canonicalJson.ts';
import { textHash } from '../../store/contentHash.ts';
import type { Log } from '../../store/log.ts';
import type { LoggedTurn } from '../../store/turnRecord.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonObject, JsonSchema, JsonValue } from '../../values/json.ts';
import { only } from './findId.ts';

/** Makes a schema of what a user writes for one. */
export type ResolveSchema = (text: string) => JsonSchema | Promise<JsonSchema>;

export interface DataOptions {
  /** The key whose array has the objects. */
  readonly key?: string | undefined;
  /** Whether each object says which turn and thread it comes from. */
  readonly ids?: boolean | undefined;
}

/** What the answer of a turn with a schema says; nothing where it is no JSON. */
export function dataOf(turn: LoggedTurn, response: string, { key, ids = false }: DataOptions = {}): JsonValue[] {
  if (!turn.details?.schema) return [];
  const value = parse(response);
  if (value === undefined) return [];
  const items = itemsIn(value, key);
  return ids ? items.map((item) => withIds(item, turn)) : [...items];
}

/** SHA-256 of its canonical JSON in hexadecimal: two schemas that say the same have the same. */
export function schemaId(schema: JsonSchema): string {
  return textHash(canonicalJson(schema)).slice('sha256:'.length);
}

/**
 * The id of the schema that is meant: by JSON, by the beginning of the id of one that the log has, or by whatever else
 * `resolve` knows. Rejects with `invalid_input`.
 */
export async function findSchemaId(log: Log, text: string, resolve: ResolveSchema | undefined): Promise<string> {
  const schema = text.trimStart().startsWith('{') ? parse(text) : undefined;
  if (isObject(schema)) return schemaId(schema);
  if (/^[0-9a-f]{4,64}$/.test(text)) {
    const ids = await schemaIds(log);
    const found = [...ids].filter((id) => id.startsWith(text));
    if (found.length > 0 || !resolve) return only('schema', text, found);
  }
  if (resolve) return schemaId(await resolve(text));
  throw new LlmError('invalid_input', 'a schema is JSON, or the id of one that the log has, at least 4 digits of it');
}

async function schemaIds(log: Log): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { details } of log.records({}, 'newest')) if (details?.schema) ids.add(schemaId(details.schema));
  return ids;
}

function itemsIn(value: JsonValue, key: string | undefined): readonly JsonValue[] {
  const list = key !== undefined && isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return Array.isArray(list) ? (list as readonly JsonValue[]) : [value];
}

function withIds(item: JsonValue, { id, thread }: LoggedTurn): JsonValue {
  if (!isObject(item)) return item;
  return { ...item, [unused(item, 'response_id')]: id, [unused(item, 'conversation_id')]: thread };
}

function unused(item: JsonObject, key: string): string {
  return Object.hasOwn(item, key) ? unused(item, `${key}_`) : key;
}

function parse(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
