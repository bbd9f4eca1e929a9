// Fills a JSON Schema with plausible values: those that the prompt offers, else invented ones.
import type { JsonObject, JsonSchema, JsonValue } from '../../values/json.ts';
import { fitNumber, fitsNumber, fitsString, fitString } from './fit.ts';
import { Hints, kinds, type Kind } from './hints.ts';
import { flatten, merge } from './merge.ts';
import { isJsonObject } from '../shared/parts.ts';
import { plausibleNumber, plausibleStrings } from './values.ts';

// Below this, what need not be there is left out, so that a schema that contains itself comes to an end.
const maxDepth = 4;

// Where a schema that no value fits, because it requires itself, is given up.
const maxRequiredDepth = 64;
const maxValues = 2000;

// Properties that want the words of the prompt as they are.
const wantsPrompt = /^(?:query|question|text|prompt|message|input|content|expression)$/i;

/**
 * A value that fits the schema. Knows the keywords that structured output uses; `not`, `if`, `patternProperties` and
 * the like are not looked at, of `oneOf` the first branch is taken.
 *
 * @param prompt Where values are looked for first.
 * @param optional Whether properties that are not required are filled always, or when the prompt offers a value for them.
 */
export function fill(schema: JsonSchema, prompt: string, optional: 'always' | 'when offered'): JsonValue {
  const root = schema as JsonObject;
  return new Filler(root, new Hints(prompt), optional === 'always').value(root, '', 0);
}

class Filler {
  readonly #root: JsonObject;
  readonly #hints: Hints;
  readonly #fillsAll: boolean;
  // How often something was invented for a name: the next time it is something else.
  readonly #invented = new Map<string, number>();
  #values = 0;

  constructor(root: JsonObject, hints: Hints, fillsAll: boolean) {
    this.#root = root;
    this.#hints = hints;
    this.#fillsAll = fillsAll;
  }

  value(given: JsonValue | undefined, name: string, depth: number): JsonValue {
    if (depth > maxRequiredDepth || ++this.#values > maxValues) return null;
    const schema = this.#resolve(given, depth);
    if (schema.const !== undefined) return schema.const;
    if (Array.isArray(schema.enum)) return this.#member(schema.enum, schema, name);
    const type = typeOf(schema);
    if (schema.default !== undefined && !this.#offers(schema, name)) return schema.default;
    switch (type) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#array(schema, name, depth);
      case 'number':
      case 'integer':
        return this.#number(schema, name);
      case 'boolean':
        return this.#turn(name) % 2 === 0;
      case 'null':
        return null;
      default:
        return this.#string(schema, name);
    }
  }

  /** The schema with references followed and one branch of each choice taken. */
  #resolve(given: JsonValue | undefined, depth: number): JsonObject {
    const { anyOf, oneOf, ...rest } = flatten(given, this.#root);
    if (depth > maxRequiredDepth) return rest;
    return [anyOf, oneOf].reduce<JsonObject>((schema, choice) => {
      if (!Array.isArray(choice) || choice.length === 0) return schema;
      const branches = choice.map((branch) => flatten(branch, this.#root));
      const branch = branches.find((each) => (depth < maxDepth ? typeOf(each) !== 'null' : isLeaf(each)));
      return merge(schema, this.#resolve(branch ?? choice[0], depth + 1));
    }, rest);
  }

  #object(schema: JsonObject, depth: number): JsonObject {
    const properties = isJsonObject(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    const filled: Record<string, JsonValue> = Object.create(null);
    for (const [name, property] of Object.entries(properties)) {
      const isWanted = this.#fillsAll ? depth < maxDepth : this.#offers(this.#resolve(property, depth), name);
      if (required.includes(name) || isWanted) filled[name] = this.value(property, name, depth + 1);
    }
    for (const name of [...required, ...freeNames(schema, Object.keys(properties).length, depth)]) {
      if (!(name in filled)) filled[name] = this.value(schema.additionalProperties, name, depth + 1);
    }
    return { ...filled };
  }

  #array({ items, prefixItems, ...schema }: JsonObject, name: string, depth: number): readonly JsonValue[] {
    const { minItems = 0, maxItems = Infinity, uniqueItems } = schema;
    const first = Array.isArray(prefixItems) ? prefixItems : [];
    const values = first.map((item) => this.value(item, name, depth + 1));
    const usual = items === undefined || items === false || depth >= maxDepth ? values.length : values.length + 2;
    const count = Math.min(Math.max(usual, Number(minItems)), Number(maxItems));
    // Twice as many tries as items: what is invented comes round again.
    for (let tries = 2 * count; values.length < count && tries > 0; tries -= 1) {
      const value = this.value(items, singular(name), depth + 1);
      const isKnown = values.some((known) => JSON.stringify(known) === JSON.stringify(value));
      if (uniqueItems !== true || !isKnown) values.push(value);
    }
    return values;
  }

  #number(schema: JsonObject, name: string): number {
    const offered = this.#hints.takeNumber(fitsNumber(schema));
    if (offered !== undefined) return offered;
    const usual = fitNumber(schema, plausibleNumber(name));
    return fitNumber(schema, [usual + this.#turn(name), usual].find(fitsNumber(schema)) ?? usual);
  }

  #string(schema: JsonObject, name: string): string {
    const fits = fitsString(schema);
    const kind = kindOf(schema, name);
    const offered = this.#hints.takeString(kind, fits);
    if (offered !== undefined) return offered;
    if (kind === 'plain' && wantsPrompt.test(name) && fits(this.#hints.text)) return this.#hints.text;
    const usual = plausibleStrings(name, schema.format);
    const turn = this.#turn(name);
    const next = usual[turn] ?? (kind === 'plain' ? `${usual[0]} ${turn + 1}` : usual[turn % usual.length]) ?? '';
    return fitString(schema, [next, ...usual]);
  }

  #member(values: readonly JsonValue[], schema: JsonObject, name: string): JsonValue {
    const mentioned = values.find((value) => typeof value === 'string' && this.#hints.mentions(value));
    return mentioned ?? schema.default ?? values[this.#turn(name) % values.length] ?? null;
  }

  /** Whether the prompt has something to fill in here. */
  #offers(schema: JsonObject, name: string): boolean {
    const { enum: values } = schema;
    if (Array.isArray(values)) return values.some((value) => typeof value === 'string' && this.#hints.mentions(value));
    switch (typeOf(schema)) {
      case 'number':
      case 'integer':
        // Any number could be meant for it, so it must be named too: “for 3 days”.
        return this.#hints.mentions(name) && this.#hints.hasNumber(fitsNumber(schema));
      case 'boolean':
        return this.#hints.mentions(name);
      case 'string':
        return this.#hints.hasString(kindOf(schema, name), fitsString(schema));
      default:
        return false;
    }
  }

  /** How often a value was invented for that name before. */
  #turn(name: string): number {
    const turn = this.#invented.get(name) ?? 0;
    this.#invented.set(name, turn + 1);
    return turn;
  }
}

function typeOf({ type, properties, required, additionalProperties, items, prefixItems, ...rest }: JsonObject): string {
  const given = [type ?? []].flat().map(String);
  if (given.length > 0) return given.find((each) => each !== 'null') ?? 'null';
  if (properties ?? required ?? additionalProperties) return 'object';
  if (items ?? prefixItems) return 'array';
  return ['minimum', 'maximum', 'multipleOf'].some((key) => key in rest) ? 'number' : 'string';
}

function isLeaf(schema: JsonObject): boolean {
  return !['object', 'array'].includes(typeOf(schema)) && !schema.anyOf && !schema.oneOf;
}

/** What kind of text is wanted, by the format or else by the property's name. */
function kindOf({ format }: JsonObject, name: string): Kind | undefined {
  if (format !== undefined) return kinds.find((kind) => kind === format);
  return (
    kinds.find((kind) =>
      name
        .toLowerCase()
        .replace(/ur[li]$|link$/, 'uri')
        .endsWith(kind),
    ) ?? 'plain'
  );
}

/** Names for the entries of a record: those that the schema names, else some of our own. */
function freeNames(schema: JsonObject, known: number, depth: number): string[] {
  const { additionalProperties, propertyNames } = schema;
  const least = Number(schema.minProperties ?? 0);
  const wanted = known > 0 || depth >= maxDepth ? least - known : Math.max(2, least);
  if (!isJsonObject(additionalProperties) || wanted <= 0) return [];
  const named =
    isJsonObject(propertyNames) && Array.isArray(propertyNames.enum) ? propertyNames.enum.map(String) : undefined;
  return named ?? Array.from({ length: wanted }, (_, at) => `key_${at + 1}`);
}

function singular(name: string): string {
  return name.replace(/(?<=\p{L}{2})s$/u, '');
}
