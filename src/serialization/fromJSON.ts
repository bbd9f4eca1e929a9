// fromJSON: a response again from its JSON, to read it or to reply to it.
import { z } from 'zod';
import type { Model } from '../response/defineModel.ts';
import { restoreResponse, type LlmResponse } from '../response/response.ts';
import { LlmError } from '../values/error.ts';
import { ResponseSchema } from './schemas.ts';

export interface FromJSONOptions {
  /** Who answers a reply; it need not be the model that gave the response. */
  readonly model: Model;
}

/**
 * A response from its JSON, ours or Python llm's. It has ended: helpers and `toJSON()` answer at once, subscribers get
 * events made from what is stored, and `reply()` goes on from it. Tools are not stored, so pass them to `reply()`.
 *
 * @param data The parsed JSON, or its text.
 * @throws LlmError `invalid_input` with the path and the reason of whatever does not fit.
 */
export function fromJSON(data: unknown, { model }: FromJSONOptions): LlmResponse {
  const parsed = ResponseSchema.safeParse(typeof data === 'string' ? parseText(data) : data);
  // A copy: what is done to `data` later must not reach the response.
  if (parsed.success) return restoreResponse(model, structuredClone(parsed.data));
  throw new LlmError('invalid_input', `this is not the JSON of a response:\n${z.prettifyError(parsed.error)}`, {
    cause: parsed.error,
  });
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LlmError('invalid_input', `the text of a response is not JSON: ${String(cause)}`, { cause });
  }
}
