// Model options: what each may be, and what is said of those that cannot be right.
import { describe } from '../../values/describe.ts';
import { distance } from '../../values/distance.ts';
import type { DescribedSchema, SchemaIssue, StandardSchema } from '../../values/standardSchema.ts';

/** What a value may be. */
export interface Rule {
  readonly allowed: string;
  fits(value: unknown): boolean;
}

/** Rules for all options that a model has. */
export type Rules<Options> = { readonly [K in keyof Required<Options>]: Rule };

/**
 * Passes known options with fitting values; says of others what would fit, or where they belong.
 *
 * @param elsewhere Where options go that are not known here.
 */
export function modelOptions<Options>(
  rules: Rules<Options>,
  elsewhere = '`extraBody`',
): StandardSchema<Options> & DescribedSchema {
  const all: Readonly<Record<string, Rule>> = rules;
  return {
    '~standard': {
      version: 1,
      vendor: 'rxllm',
      jsonSchema: {
        input: () => ({
          type: 'object',
          properties: Object.fromEntries(
            Object.entries(all).map(([name, { allowed }]) => [name, { description: allowed }]),
          ),
        }),
      },
      validate(value) {
        if (!isRecord(value)) return { issues: [{ message: `expected an object, got ${describe(value)}` }] };
        const issues = Object.entries(value).flatMap(([name, given]) => issuesOf(rules, elsewhere, name, given));
        return issues.length > 0 ? { issues } : { value: value as Options };
      },
    },
  };
}

function issuesOf(
  rules: Readonly<Record<string, Rule>>,
  elsewhere: string,
  name: string,
  given: unknown,
): SchemaIssue[] {
  const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  if (rule === undefined) {
    const near = Object.keys(rules).filter((candidate) => isNear(name, candidate));
    const meant = near.length > 0 ? `did you mean ${near.join(' or ')}? ` : '';
    return [
      {
        message: `unknown option; ${meant}an option that only your server knows goes into ${elsewhere}`,
        path: [name],
      },
    ];
  }
  return rule.fits(given)
    ? []
    : [{ message: `${describe(given)} does not fit; it takes ${rule.allowed}`, path: [name] }];
}

/** Spelt the same but for case, separators and at most two letters, or the one within the other. */
function isNear(name: string, candidate: string): boolean {
  const [a, b] = [name, candidate].map((word) => word.toLowerCase().replace(/[^a-z]/g, '')) as [string, string];
  return distance(a, b) <= 2 || (Math.min(a.length, b.length) > 3 && (b.includes(a) || a.includes(b)));
}

export function range(min: number, max: number): Rule {
  return {
    allowed: `a number from ${min} to ${max}`,
    fits: (value) => isNumber(value) && value >= min && value <= max,
  };
}

export function integer(min: number, max = Infinity): Rule {
  const bounds = max === Infinity ? (min < 0 ? '' : ` from ${min}`) : ` from ${min} to ${max}`;
  return {
    allowed: `a whole number${bounds}`,
    fits: (value) => isNumber(value) && Number.isInteger(value) && value >= min && value <= max,
  };
}

export function boolean(): Rule {
  return { allowed: 'true or false', fits: (value) => typeof value === 'boolean' };
}

export function text(): Rule {
  return { allowed: 'a string', fits: isText };
}

export function oneOf(...words: readonly string[]): Rule {
  return {
    allowed: words.map((word) => `"${word}"`).join(', '),
    fits: (value) => isText(value) && words.includes(value),
  };
}

export function textOrRecord(allowed: string): Rule {
  return { allowed, fits: (value) => isText(value) || isRecord(value) };
}

export function record(): Rule {
  return { allowed: 'an object', fits: isRecord };
}

/** An object whose values are strings. */
export function textRecord(): Rule {
  return { allowed: 'an object of strings', fits: (value) => isRecord(value) && isList(Object.values(value), isText) };
}

export function list(): Rule {
  return { allowed: 'a list', fits: Array.isArray };
}

export function textList(): Rule {
  return { allowed: 'a list of strings', fits: (value) => isList(value, isText) };
}

/** A string, or a list of them. */
export function textOrList(): Rule {
  return { allowed: 'a string or a list of strings', fits: (value) => isText(value) || isList(value, isText) };
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: unknown, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(fits);
}
