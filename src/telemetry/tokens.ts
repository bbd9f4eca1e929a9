// Token counts as OpenTelemetry's conventions want them: cached tokens are part of the input, reasoning is part of the
// output. Ours are the provider's numbers as they are, so what a provider counts beside is added here.
import type { Usage } from '../values/usage.ts';

export interface TokenCounts {
  readonly input?: number | undefined;
  readonly output?: number | undefined;
  /** Part of the input: read from the provider's cache. */
  readonly cached?: number | undefined;
  /** Part of the input: written to the provider's cache. */
  readonly written?: number | undefined;
  /** Part of the output. */
  readonly reasoning?: number | undefined;
}

/** The counts of one request, by the last usage that it reported. */
export class TokenCounter {
  #usage: Usage | undefined;
  // Once known they stay: where a request was made twice the counts are sums, which the provider's object does not show.
  #cacheIsBeside = false;
  #reasoningIsBeside = false;

  add(usage: Usage): void {
    this.#usage = usage;
    this.#cacheIsBeside ||= cacheIsBeside(usage);
    this.#reasoningIsBeside ||= reasoningIsBeside(usage);
  }

  /** What was counted does not count. */
  reset(): void {
    this.#usage = undefined;
  }

  get counts(): TokenCounts {
    const { input, output, details = {} } = this.#usage ?? {};
    const { cached, cache_write: written, reasoning } = details;
    return {
      input: this.#cacheIsBeside && input !== undefined ? input + (cached ?? 0) + (written ?? 0) : input,
      output: this.#reasoningIsBeside && reasoning !== undefined ? (output ?? 0) + reasoning : output,
      cached,
      written,
      reasoning,
    };
  }
}

// By the provider's own object, not by its name: a gateway has the customs of what is behind it.

/** So in Anthropic's Messages API. Through the AI SDK `input` is a sum already, and not the number in `raw`. */
function cacheIsBeside({ input, details = {} }: Usage): boolean {
  const { cached = 0, cache_write: written = 0, raw = {} } = details;
  const isAnthropic = 'cache_read_input_tokens' in raw || 'cache_creation_input_tokens' in raw;
  return isAnthropic && cached + written > 0 && raw.input_tokens === input;
}

/** So at Gemini, which names thoughts beside candidates, and at xAI, whose total is prompt, completion and reasoning. */
function reasoningIsBeside({ input = 0, output = 0, details = {} }: Usage): boolean {
  const { reasoning = 0, raw = {} } = details;
  if (reasoning === 0) return false;
  if ('thoughtsTokenCount' in raw) return (raw.candidatesTokenCount ?? 0) === output;
  return raw.total_tokens === input + output + reasoning;
}
