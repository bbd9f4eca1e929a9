// Usage: what a provider counted for a response. Plain data.
import type { JsonObject } from './json.ts';

/** Tokens, the provider's numbers as they are; whether `output` includes reasoning is the provider's custom. */
export interface Usage {
  readonly input?: number;
  readonly output?: number;
  readonly details?: UsageDetails;
}

/** Finer counts, in tokens; `raw` is the provider's own object. */
export interface UsageDetails {
  readonly reasoning?: number;
  /** Input tokens that came from the provider's cache. */
  readonly cached?: number;
  /** Input tokens that were written to the provider's cache. */
  readonly cache_write?: number;
  readonly raw?: JsonObject;
  readonly [key: string]: unknown;
}

/**
 * What two requests cost together: counts are added; what is no count (the provider's own object) is that of the second,
 * where it has one.
 */
export function addUsage(first: Usage | undefined, second: Usage): Usage {
  if (first === undefined) return second;
  const details = { ...first.details, ...second.details, ...sums(first.details ?? {}, second.details ?? {}) };
  return { ...sums(first, second), ...(Object.keys(details).length > 0 && { details }) };
}

function sums(first: object, second: object): Readonly<Record<string, number>> {
  const sum: Record<string, number> = {};
  for (const [key, count] of [...Object.entries(first), ...Object.entries(second)] as [string, unknown][]) {
    if (typeof count === 'number') sum[key] = (sum[key] ?? 0) + count;
  }
  return sum;
}
