// Small questions that every encoder asks of parts.
import type { JsonObject, JsonValue } from '../../values/json.ts';
import type { Part, PartOf } from '../../values/part.ts';

export function ofType<K extends Part['type']>(parts: readonly Part[], type: K): PartOf<K>[] {
  return parts.filter((part): part is PartOf<K> => part.type === type);
}

/** What the text parts say, joined. */
export function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

/** Whether the client runs the call, and not the provider. */
export function isClients(part: PartOf<'tool_call' | 'tool_result'>): boolean {
  return part.server_executed !== true;
}

/** What a provider keeps on a part, by its key; `{}` where it keeps nothing. */
export function metadataOf({ provider_metadata: metadata }: Pick<Part, 'provider_metadata'>, key: string): JsonObject {
  const own = metadata?.[key];
  return isJsonObject(own) ? own : {};
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The parts of a message in the order in which they came. Redacted reasoning stands at the front of a message (llm's
 * rule), so what protocols want back where it was has its place noted.
 *
 * @param placeOf The index that a part had among all parts of its message; undefined for one that was not moved.
 */
export function inPlace(parts: readonly Part[], placeOf: (part: Part) => number | undefined): readonly Part[] {
  const placed = parts.flatMap((part) => {
    const place = placeOf(part);
    return place === undefined ? [] : [{ part, place }];
  });
  const ordered = parts.filter((part) => placeOf(part) === undefined);
  for (const { part, place } of placed.toSorted((a, b) => a.place - b.place)) ordered.splice(place, 0, part);
  return ordered;
}

/** The arguments of a call as JSON text; those that were no JSON as the model wrote them. */
export function argumentsText(value: JsonValue): string {
  return rawArguments(value) ?? JSON.stringify(value);
}

/** The arguments of a call for protocols that want an object. */
export function argumentsObject(value: JsonValue): JsonObject {
  return isJsonObject(value) ? value : {};
}

function rawArguments(value: JsonValue): string | undefined {
  if (!isJsonObject(value) || Object.keys(value).length !== 1) return undefined;
  return typeof value._raw === 'string' ? value._raw : undefined;
}

/** Whether an id was made by a decoder, because the provider gave none. */
export function isSyntheticId(part: Part): boolean {
  return metadataOf(part, 'rxllm').synthetic_id === true;
}
