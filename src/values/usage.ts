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
