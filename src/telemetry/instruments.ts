// The measurements, by OpenTelemetry's conventions for generative AI, version 0.1.0
// (github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/client-inference.md, "Metrics", and
// gen-ai-token-metrics.md). Before 0.1.0 they were called `gen_ai.client.operation.duration`,
// `gen_ai.client.operation.time_to_first_chunk` and `gen_ai.client.token.usage`.
import { ValueType, type Attributes, type Context, type Counter, type Histogram, type Meter } from '@opentelemetry/api';
import type { TokenCounts } from './tokens.ts';

// Both as the conventions advise.
const secondBuckets = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const tokenBuckets = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864];

/** What one request comes to. */
export interface Measurement {
  readonly attributes: Attributes;
  readonly errorType?: string;
  readonly seconds: number;
  /** Only where the answer was to come in pieces, and one came. */
  readonly firstChunkSeconds?: number;
  readonly tokens: TokenCounts;
  /** With the span, so that a measurement can lead to it. */
  readonly context: Context;
}

interface Instruments {
  readonly duration: Histogram;
  readonly firstChunk: Histogram;
  /** How many tokens a request takes: for percentiles. */
  readonly perRequest: { readonly input: Histogram; readonly output: Histogram };
  /** How many tokens were used: for sums. */
  readonly used: { readonly [K in keyof TokenCounts]-?: Counter };
}

// By meter: a provider gives the same one for the same name.
const known = new WeakMap<Meter, Instruments>();

export function instrumentsOf(meter: Meter): Instruments {
  let instruments = known.get(meter);
  if (!instruments) known.set(meter, (instruments = createInstruments(meter)));
  return instruments;
}

export function record(
  { duration, firstChunk, perRequest, used }: Instruments,
  { attributes, errorType, seconds, firstChunkSeconds, tokens, context }: Measurement,
): void {
  const ended = errorType === undefined ? attributes : { ...attributes, 'error.type': errorType };
  duration.record(seconds, ended, context);
  if (firstChunkSeconds !== undefined) firstChunk.record(firstChunkSeconds, attributes, context);
  // The conventions want 0 where nothing was counted, so that a request is a measurement of each.
  perRequest.input.record(tokens.input ?? 0, ended, context);
  perRequest.output.record(tokens.output ?? 0, ended, context);
  // Providers seldom say what kind of content the tokens were.
  const counted = { ...attributes, 'gen_ai.token.modality': 'unknown' };
  for (const kind of Object.keys(used) as (keyof TokenCounts)[]) used[kind].add(tokens[kind] ?? 0, counted, context);
}

function createInstruments(meter: Meter): Instruments {
  const seconds = (name: string, description: string) =>
    meter.createHistogram(`gen_ai.client.inference.${name}`, {
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: secondBuckets },
    });
  const perRequest = (name: string, description: string) =>
    meter.createHistogram(`gen_ai.client.inference.operation.${name}`, {
      description,
      unit: '{token}',
      valueType: ValueType.INT,
      advice: { explicitBucketBoundaries: tokenBuckets },
    });
  const used = (name: string, description: string) =>
    meter.createCounter(`gen_ai.client.inference.usage.${name}`, {
      description,
      unit: '{token}',
      valueType: ValueType.INT,
    });
  return {
    duration: seconds('duration', 'How long a request took, to its end.'),
    firstChunk: seconds('time_to_first_chunk', 'How long it took until the answer began.'),
    perRequest: {
      input: perRequest('input_tokens', 'Input tokens of a request.'),
      output: perRequest('output_tokens', 'Output tokens of a request.'),
    },
    used: {
      input: used('input_tokens', 'Input tokens used, cached ones included.'),
      output: used('output_tokens', 'Output tokens used, reasoning included.'),
      cached: used('cache_read.input_tokens', 'Input tokens that came from the provider’s cache.'),
      written: used('cache_write.input_tokens', 'Input tokens that were written to the provider’s cache.'),
      reasoning: used('reasoning.output_tokens', 'Output tokens that the model thought with.'),
    },
  };
}
