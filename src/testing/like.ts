// like: an expected value of which only some is said.
import { describe } from '../values/describe.ts';
import { differenceOf } from './difference.ts';

/** What jest, vitest and others ask instead of comparing. */
export interface AsymmetricMatcher {
  asymmetricMatch(actual: unknown): boolean;
}

/**
 * Stands for every object that has at least these fields, at any depth; lists have as many items. Made for what a test
 * cannot know, such as the id in `start`, and for errors: `like({ code: 'truncated' })`. jest's `expect` takes it too.
 */
export function like(expected: object): AsymmetricMatcher & Readonly<Record<string, unknown>> {
  return {
    $$typeof: Symbol.for('jest.asymmetricMatcher'),
    asymmetricMatch: (actual: unknown) => differenceOf(actual, expected, { isPartial: true }) === undefined,
    toString: () => 'like',
    toAsymmetricMatcher: () => `like ${describe(expected)}`,
  };
}
