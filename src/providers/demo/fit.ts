// Whether a number or a string fits its schema, and the nearest one that does.
import type { JsonObject } from '../../values/json.ts';
import { sample } from './pattern.ts';

export function fitsNumber(schema: JsonObject): (value: number) => boolean {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const step = stepOf(schema);
  return (value) =>
    !(typeof minimum === 'number' && value < minimum) &&
    !(typeof maximum === 'number' && value > maximum) &&
    !(typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) &&
    !(typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) &&
    !(step > 0 && Math.abs(value / step - Math.round(value / step)) > 1e-9);
}

/** The wanted number if it fits, else one at the bounds or between them. */
export function fitNumber(schema: JsonObject, wanted: number): number {
  const lows = [schema.minimum, schema.exclusiveMinimum].filter((bound) => typeof bound === 'number');
  const highs = [schema.maximum, schema.exclusiveMaximum].filter((bound) => typeof bound === 'number');
  const low = Math.max(...lows);
  const high = Math.min(...highs);
  const step = stepOf(schema);
  const tries = [wanted, low, high, (low + high) / 2, low + 1, high - 1].filter(Number.isFinite);
  const onSteps = (value: number) =>
    [0, 1, -1].map((more) => Number(((Math.round(value / step) + more) * step).toPrecision(12)));
  return (step > 0 ? tries.flatMap(onSteps) : tries).find(fitsNumber(schema)) ?? wanted;
}

function stepOf({ type, multipleOf }: JsonObject): number {
  const step = typeof multipleOf === 'number' ? multipleOf : 0;
  return type === 'integer' && !(step > 0 && Number.isInteger(step)) ? 1 : step;
}

export function fitsString({ minLength, maxLength, pattern }: JsonObject): (value: string) => boolean {
  const expression = toRegExp(pattern);
  return (value) =>
    !(typeof minLength === 'number' && Array.from(value).length < minLength) &&
    !(typeof maxLength === 'number' && Array.from(value).length > maxLength) &&
    expression?.test(value) !== false;
}

/** The first wanted text that fits, else one made to fit. */
export function fitString(schema: JsonObject, wanted: readonly string[]): string {
  const { minLength = 0, maxLength = Infinity, pattern } = schema;
  const resized = wanted.map((text) =>
    Array.from(text.padEnd(Number(minLength), ` ${text}`))
      .slice(0, Number(maxLength))
      .join(''),
  );
  const made = typeof pattern === 'string' ? [sample(pattern)] : [];
  return [...wanted, ...resized, ...made].find(fitsString(schema)) ?? made[0] ?? resized[0] ?? '';
}

function toRegExp(pattern: unknown): RegExp | undefined {
  if (typeof pattern !== 'string') return undefined;
  try {
    return new RegExp(pattern, 'u');
  } catch {
    // Written for another engine; then it is not looked at.
    return undefined;
  }
}
