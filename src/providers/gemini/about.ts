// What a Gemini candidate says about its text: sources, citations, ratings, log probabilities.
import type { JsonObject, JsonValue } from '../../values/json.ts';
import type { Candidate } from './wire.ts';

/** Collected over a response; each is the whole of it so far or, with log probabilities, what is new. */
export class AboutText {
  readonly #said: Record<string, JsonValue> = {};
  readonly #logprobs: { readonly topCandidates: JsonValue[]; readonly chosenCandidates: JsonValue[] } = {
    topCandidates: [],
    chosenCandidates: [],
  };
  #finishMessage: string | undefined;
  #safetyRatings: JsonValue | undefined;

  add(candidate: Candidate): void {
    for (const key of ['groundingMetadata', 'citationMetadata', 'urlContextMetadata'] as const) {
      const said = candidate[key];
      // Every chunk has an empty one, or a part of it has come before.
      if (said && Object.keys(said).length > 0) this.#said[key] = { ...(this.#said[key] as JsonObject), ...said };
    }
    const { avgLogprobs, logprobsResult: logprobs, finishMessage, safetyRatings } = candidate;
    if (typeof avgLogprobs === 'number') this.#said.avgLogprobs = avgLogprobs;
    for (const entry of logprobs?.topCandidates ?? []) this.#logprobs.topCandidates.push(entry);
    for (const entry of logprobs?.chosenCandidates ?? []) this.#logprobs.chosenCandidates.push(entry);
    if (typeof finishMessage === 'string') this.#finishMessage = finishMessage;
    if (safetyRatings) this.#safetyRatings = safetyRatings;
  }

  /** @param endedWell Otherwise also why it did not. */
  all(endedWell: boolean): JsonObject {
    return {
      ...this.#said,
      ...(this.#logprobs.chosenCandidates.length > 0 && { logprobsResult: this.#logprobs }),
      ...(!endedWell && this.#finishMessage !== undefined && { finishMessage: this.#finishMessage }),
      ...(!endedWell && this.#safetyRatings !== undefined && { safetyRatings: this.#safetyRatings }),
    };
  }
}
