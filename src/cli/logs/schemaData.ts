// What answers with a schema say: the objects, and which schema it was.
import type { Log } from '../../store/log.ts';
import type { LoggedTurn } from '../../store/turnRecord.ts';
import type { JsonObject, JsonValue } from '../../values/json.ts';
import { loadSchema, schemaId } from '../content/loadSchema.ts';
import { only } from './findId.ts';

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

/**
 * The id of the schema that is meant: by the beginning of the id of one that the log has, or by whatever names one for a
 * prompt. Rejects with `invalid_input`.
 */
export async function findSchemaId(log: Log, text: string): Promise<string> {
  if (/^[0-9a-f]{4,32}$/.test(text)) {
    const found = [...(await schemaIds(log))].filter((id) => id.startsWith(text));
    if (found.length > 0) return only('schema', text, found);
  }
  return schemaId(await loadSchema(text));
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
