// What models cost, as the user has written it down: `prices.json` in the user's folder. None are shipped: they change.
import { describe } from '../values/describe.ts';
import { LlmError } from '../values/error.ts';
import type { Usage } from '../values/usage.ts';
import { readUserObject, userPath } from './userFiles.ts';

/** US dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** Of input that was read from the provider's cache. Default: `input`. */
  readonly cached?: number;
}

/** The price of a model by the name that it is asked for by; undefined where there is none. */
export async function readPrice(model: string): Promise<Price | undefined> {
  const { [model]: price } = await readUserObject('prices.json');
  if (price === undefined) return undefined;
  const {
    input,
    output,
    cached = input,
  }: { input?: unknown; output?: unknown; cached?: unknown } = typeof price === 'object' && price !== null ? price : {};
  if (typeof input === 'number' && typeof output === 'number' && typeof cached === 'number') {
    return { input, output, cached };
  }
  const what = `${userPath('prices.json')}: the price of "${model}" is ${describe(price)}`;
  throw new LlmError('invalid_input', `${what}; give { "input": 1.25, "output": 10 }, dollars for a million tokens`);
}

export function costOf({ input = 0, output = 0, details }: Usage, price: Price): number {
  const cached = typeof details?.cached === 'number' ? Math.min(details.cached, input) : 0;
  return ((input - cached) * price.input + cached * (price.cached ?? price.input) + output * price.output) / 1e6;
}
