// together: one letter of an expected diagram for several values.

/** Several values of one frame. */
export interface Together {
  readonly together: readonly unknown[];
}

const marks = new WeakSet<object>();

/**
 * Stands in `toBe` for several values that come at one frame. A group `(ab)` takes four frames of a diagram, so that
 * nothing can be said of the three after it; a letter takes one. Responses emit `start` with their first event:
 * `toBe('-a-b-|', { a: together(start, hello), b: world })`.
 */
export function together(...values: readonly unknown[]): Together {
  const made: Together = { together: values };
  marks.add(made);
  return made;
}

export function isTogether(value: unknown): value is Together {
  return typeof value === 'object' && value !== null && marks.has(value);
}
