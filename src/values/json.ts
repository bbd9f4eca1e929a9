/** Anything that JSON can say. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A JSON Schema. Its values are not typed, so that whatever makes schemas can be used (`z.toJSONSchema`, TypeBox …). */
export type JsonSchema = Readonly<Record<string, unknown>>;
