// Attributes of spans and measurements, by OpenTelemetry's conventions for generative AI, version 0.1.0
// (github.com/open-telemetry/semantic-conventions-genai, docs/gen-ai/client-inference.md, "Span").
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ModelDefinition, ModelRequest } from '../response/model.ts';
import type { JsonValue } from '../values/json.ts';
import type { TokenCounts } from './tokens.ts';

/** Providers whose name in the conventions is not ours, or not the AI SDK's. */
const providerNames: Readonly<Record<string, string>> = {
  xai: 'x_ai',
  mistral: 'mistral_ai',
  moonshotai: 'moonshot_ai',
  // The AI SDK does not say which of Google's services it is.
  google: 'gcp.gen_ai',
  azure: 'azure.ai.openai',
  'amazon-bedrock': 'aws.bedrock',
};

/** What every span and every measurement of a model has. */
export function identity({ id, provider = '_OTHER' }: ModelDefinition): Attributes {
  return {
    'gen_ai.operation.name': 'chat',
    // The conventions want a name; `_OTHER` is their word for what they have none for.
    'gen_ai.provider.name': providerNames[provider] ?? provider,
    'gen_ai.request.model': id,
  };
}

/** Attributes of model options, under any provider's wire names; the first that is there counts. */
const parameters: readonly (readonly [attribute: string, toValue: Convert, names: readonly string[]])[] = [
  ['gen_ai.request.temperature', number, ['temperature']],
  ['gen_ai.request.top_p', number, ['top_p', 'topP']],
  ['gen_ai.request.top_k', number, ['top_k', 'topK']],
  [
    'gen_ai.request.max_tokens',
    number,
    ['max_tokens', 'max_output_tokens', 'max_completion_tokens', 'maxOutputTokens', 'num_predict'],
  ],
  ['gen_ai.request.stop_sequences', texts, ['stop', 'stop_sequences', 'stopSequences']],
  ['gen_ai.request.frequency_penalty', number, ['frequency_penalty', 'frequencyPenalty']],
  ['gen_ai.request.presence_penalty', number, ['presence_penalty', 'presencePenalty']],
  ['gen_ai.request.seed', number, ['seed']],
  ['gen_ai.request.reasoning.level', text, ['reasoning_effort']],
];

type Convert = (value: JsonValue | undefined) => AttributeValue | undefined;

/** What is known of a request before it is sent, without anything that was said. */
export function requestAttributes({ options, schema, stream }: ModelRequest): Attributes {
  const attributes: Attributes = {};
  for (const [attribute, toValue, names] of parameters) {
    for (const name of names) attributes[attribute] ??= toValue(options[name]);
  }
  return {
    ...attributes,
    // Left out when the answer comes in one piece.
    ...(stream && { 'gen_ai.request.stream': true }),
    ...(schema && { 'gen_ai.output.type': 'json' }),
  };
}

export function usageAttributes({ input, output, cached, written, reasoning }: TokenCounts): Attributes {
  return {
    ...(input !== undefined && { 'gen_ai.usage.input_tokens': input }),
    ...(output !== undefined && { 'gen_ai.usage.output_tokens': output }),
    ...(cached !== undefined && { 'gen_ai.usage.cache_read.input_tokens': cached }),
    ...(written !== undefined && { 'gen_ai.usage.cache_write.input_tokens': written }),
    ...(reasoning !== undefined && { 'gen_ai.usage.reasoning.output_tokens': reasoning }),
  };
}

function number(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** One stop sequence, or a list of them. */
function texts(value: JsonValue | undefined): string[] | undefined {
  const list: readonly JsonValue[] = Array.isArray(value) ? value : [value ?? null];
  const found = list.filter((each) => typeof each === 'string');
  return found.length > 0 ? found : undefined;
}
