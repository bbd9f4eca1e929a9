// The demo fills schemas; zod, which knows nothing of the demo, says whether the value fits.
import * as fc from 'fast-check';
import { z } from 'zod';
import type { JsonObject, JsonValue } from 'rxllm';
import { demo } from 'rxllm/demo';
import { numRuns } from '../../support/arbitraries.ts';

const model = demo({ chunkMs: 0 });

/** What the demo fills the schema with. */
function filled(schema: JsonObject, prompt = 'Fill it'): JsonValue {
  let text = '';
  model.prompt(prompt, { schema, hideReasoning: true }).subscribe((event) => {
    if (event.type === 'text') text += event.chunk;
  });
  return JSON.parse(text) as JsonValue;
}

/** Fills, and holds the value against the schema. */
function expectFit(schema: JsonObject, prompt?: string): void {
  const value = filled(schema, prompt);
  const { error } = z.fromJSONSchema(schema).safeParse(value);
  if (error)
    throw new Error(`${JSON.stringify(value)} does not fit ${JSON.stringify(schema)}:\n${z.prettifyError(error)}`);
}

describe('a schema', () => {
  test('is filled with what the prompt offers, by kind of value', () => {
    const person = z.object({
      name: z.string(),
      age: z.int().min(0),
      email: z.email(),
      homepage_url: z.string(),
      born: z.iso.date(),
      role: z.enum(['admin', 'reader']),
    });
    const prompt = 'Extract: Ada Lovelace, 36, born 1815-12-10, ada@lovelace.org, https://ada.org/me, a reader';
    expect(filled(z.toJSONSchema(person) as JsonObject, prompt)).toEqual({
      name: 'Ada Lovelace',
      age: 36,
      email: 'ada@lovelace.org',
      homepage_url: 'https://ada.org/me',
      born: '1815-12-10',
      role: 'reader',
    });
  });

  test('is otherwise filled with values that look right and differ', () => {
    const list = z.object({ people: z.array(z.object({ name: z.string(), city: z.string(), breed: z.string() })) });
    expect(filled(z.toJSONSchema(list) as JsonObject)).toEqual({
      people: [
        { name: 'Ada Lovelace', city: 'Paris', breed: 'example breed' },
        { name: 'Grace Hopper', city: 'Oslo', breed: 'example breed 2' },
      ],
    });
  });

  test('takes defaults and constants, and leaves a value that does not fit to the prompt', () => {
    const schema = {
      type: 'object',
      properties: {
        unit: { type: 'string', default: 'metre' },
        kind: { const: 'length' },
        value: { type: 'integer', maximum: 10 },
      },
    };
    expect(filled(schema, 'It is 36 long')).toEqual({ unit: 'metre', kind: 'length', value: 1 });
  });

  test.each<[string, z.ZodType]>([
    ['nested objects and arrays', z.object({ a: z.array(z.object({ b: z.array(z.boolean()) })).min(3) })],
    [
      'formats',
      z.object({
        a: z.email(),
        b: z.url(),
        c: z.uuid(),
        d: z.iso.datetime(),
        e: z.iso.date(),
        f: z.ipv4(),
        g: z.ipv6(),
      }),
    ],
    ['lengths', z.object({ a: z.string().min(40), b: z.string().max(3), c: z.string().length(7) })],
    [
      'patterns',
      z.object({ a: z.string().regex(/^[A-Z]{2}-\d{3,}$/), b: z.string().regex(/^(?:red|green)(\.[a-z]+)?$/) }),
    ],
    [
      'numbers',
      z.object({
        a: z.number().gt(0).lt(1),
        b: z.int().min(100).max(101),
        c: z.number().multipleOf(0.25).min(7.1),
        d: z.int().lt(-3),
      }),
    ],
    ['nullable and optional', z.object({ a: z.string().nullable(), b: z.number().optional(), c: z.null() })],
    [
      'unions',
      z.object({
        a: z.union([z.number(), z.string()]),
        b: z.discriminatedUnion('t', [z.object({ t: z.literal('x'), n: z.number() }), z.object({ t: z.literal('y') })]),
      }),
    ],
    [
      'intersections',
      z.intersection(z.object({ a: z.string().min(5) }), z.object({ b: z.number(), a: z.string().max(6) })),
    ],
    [
      'tuples and records',
      z.object({
        a: z.tuple([z.string(), z.number()]),
        b: z.record(z.string(), z.boolean()),
        c: z.record(z.enum(['x', 'y']), z.int()),
      }),
    ],
    ['a value that is no object', z.array(z.int().min(5)).min(2)],
  ])('with %s is fitted', (_, type) => {
    const { error } = type.safeParse(filled(z.toJSONSchema(type) as JsonObject, 'Fill 3 of "Them" in Rome'));
    expect(error).toBeUndefined();
  });

  test('that contains itself comes to an end', () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree);
      },
      get parent() {
        return tree.nullable();
      },
    });
    const value = filled(z.toJSONSchema(tree) as JsonObject);
    expect(tree.safeParse(value).error).toBeUndefined();
    expect(JSON.stringify(value).length).toBeLessThan(5000);
    const list = { type: 'object', properties: { next: { $ref: '#' } } };
    expect(JSON.stringify(filled(list)).match(/next/g)).toHaveLength(4);
  });

  test('that nothing fits comes to an end too', () => {
    const self = { $ref: '#' };
    expect(() => filled({ type: 'object', properties: { a: self, b: self }, required: ['a', 'b'] })).not.toThrow();
    expect(() => filled({ anyOf: [self, self] })).not.toThrow();
    expect(() => filled({ $ref: '#' })).not.toThrow();
    expect(() => filled({ allOf: [self, self] })).not.toThrow();
    expect(() => filled({ type: 'array', minItems: 3, items: self })).not.toThrow();
    expect(() => filled({ type: 'object', additionalProperties: self, minProperties: 2 })).not.toThrow();
  });

  test('keeps the items of a set apart', () => {
    const items = filled({ type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, uniqueItems: true });
    expect(new Set(items as string[]).size).toBe(3);
    const names = filled({ type: 'array', items: { type: 'string' }, minItems: 6, uniqueItems: true });
    expect(new Set(names as string[]).size).toBe(6);
  });

  test('of any kind that structured output uses is fitted, whatever the prompt', () => {
    fc.assert(
      fc.property(schemas, fc.string(), (schema, prompt) => expectFit(schema, `${prompt} 7 "seven" -1.5`)),
      { numRuns },
    );
  });
});

const bounds = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.nat(20));
const scalar: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom<JsonObject>(
    { type: 'string' },
    { type: 'boolean' },
    { type: 'null' },
    { type: 'number' },
    { type: 'integer' },
  ),
  fc.constantFrom('email', 'uuid', 'date', 'date-time', 'ipv4').map((format) => ({ type: 'string', format })),
  fc.tuple(fc.nat(30), fc.nat(30)).map(([min, more]) => ({ type: 'string', minLength: min, maxLength: min + more })),
  fc
    .constantFrom('^[a-z]+$', '^\\d{4}$', '^(?:ab|cd)[^x]?$', '^\\w+@\\w+\\.org$')
    .map((pattern) => ({ type: 'string', pattern })),
  fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 4 }).map((values) => ({ type: 'string', enum: values })),
  fc.constantFrom<JsonValue>('x', 3, true, null).map((value) => ({ const: value })),
  bounds.map(([min, more]) => ({ type: 'number', minimum: min, maximum: min + more })),
  bounds.map(([min, more]) => ({ type: 'integer', minimum: min, maximum: min + more })),
  bounds.map(([min, more]) => ({ type: 'number', exclusiveMinimum: min, exclusiveMaximum: min + more + 0.5 })),
  fc
    .tuple(bounds, fc.integer({ min: 1, max: 9 }))
    .map(([[min], step]) => ({ type: 'number', minimum: min, multipleOf: step })),
);

const { schema: schemas } = fc.letrec<{ schema: JsonObject }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'schema' },
    scalar,
    fc
      .tuple(tie('schema'), fc.nat(4), fc.nat(3))
      .map(([items, min, more]) => ({ type: 'array', items, minItems: min, maxItems: min + more })),
    fc
      .tuple(fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), tie('schema'), { maxKeys: 4 }), fc.nat(4))
      .map(([properties, count]) => ({
        type: 'object',
        properties,
        required: Object.keys(properties).slice(0, count),
        additionalProperties: false,
      })),
    tie('schema').map((each) => ({ anyOf: [each, { type: 'null' }] })),
    fc.tuple(tie('schema'), tie('schema')).map(([a, b]) => ({ anyOf: [a, b] })),
  ),
}));
