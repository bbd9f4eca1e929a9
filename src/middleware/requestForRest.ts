// Asks for the rest of an answer that broke off.
import type { ModelRequest } from '../response/model.ts';
import { user } from '../values/builders.ts';
import type { Message } from '../values/message.ts';

/** Not every model goes on by itself from the beginning of an answer; some refuse a history that ends with one. */
const goOn =
  'Your answer was cut off. Continue exactly where it ends, in the middle of a word if need be. Repeat nothing, and do not comment on this.';

/** @param messages The beginning of the answer. */
export function requestForRest(request: ModelRequest, messages: readonly Message[]): ModelRequest {
  return { ...request, messages: [...request.messages, ...messages, user(goOn)] };
}
