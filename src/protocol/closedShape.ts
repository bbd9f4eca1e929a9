// Checks data against a closed shape: what is not named in it is refused.
import { describe } from '../values/describe.ts';

/** Says what is wrong with a value, found at `at`; undefined when nothing is. */
export type Check = (value: unknown, at: string) => string | undefined;

/** A text of so many UTF-16 units. */
export function textOf({ least = 0, most }: { readonly least?: number; readonly most: number }): Check {
  return (value, at) => {
    if (typeof value !== 'string') return `${at} is a string, not ${describe(value)}`;
    if (value.length < least) return `${at} is empty`;
    return value.length > most ? `${at} has ${value.length} characters; at most ${most} are taken` : undefined;
  };
}

/** An optional key: absent, but not null. */
export function optional(check: Check): Check & { readonly isOptional: true } {
  return Object.assign((value: unknown, at: string) => check(value, at), { isOptional: true } as const);
}

/** A list of at most so many. */
export function listOf(check: Check, most: number): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return `${at} is a list, not ${describe(value)}`;
    if (value.length > most) return `${at} has ${value.length} items; at most ${most} are taken`;
    for (const [index, item] of value.entries()) {
      const problem = check(item, `${at}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

/** An object with these keys and no other. */
export function closedShape(shape: Readonly<Record<string, Check>>): Check {
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return `${at} is an object, not ${describe(value)}`;
    }
    const given = new Map<string, unknown>(Object.entries(value));
    const unknown = [...given.keys()].find((key) => !Object.hasOwn(shape, key));
    if (unknown !== undefined) {
      return `${at} has ${describe(unknown)}, which is not taken; it may have ${Object.keys(shape).join(', ')}`;
    }
    return firstProblem(
      Object.entries(shape).map(([key, check]) => () => {
        if (given.has(key)) return check(given.get(key), `${at}.${key}`);
        return 'isOptional' in check ? undefined : `${at} lacks ${key}`;
      }),
    );
  };
}

function firstProblem(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem !== undefined) return problem;
  }
  return undefined;
}
