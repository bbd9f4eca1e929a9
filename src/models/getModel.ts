// getModel: a model by its name, `demo` or `openai/gpt-4o-mini`.
import type { Model } from '../response/defineModel.ts';
import { distance } from '../values/distance.ts';
import { LlmError } from '../values/error.ts';
import { providers, type ModelSettings } from './providers.ts';

/**
 * The model with this name. Rejects with LlmError `unknown_model`, which lists what there is, and `missing_key`.
 *
 * @param name `demo`, or a provider and the provider's own name for the model: `openai/gpt-4o-mini`.
 *
 * @example
 * const model = await getModel('openai/gpt-4o-mini', { env: process.env });
 */
export async function getModel(name: string, settings: ModelSettings = {}): Promise<Model> {
  const slash = name.indexOf('/');
  const [id, rest] = slash < 0 ? [name, ''] : [name.slice(0, slash), name.slice(slash + 1)];
  const provider = providers.find((each) => each.id === id && each.named === (rest !== '') && each.named === slash > 0);
  if (!provider) throw unknownModel(name, id, rest);
  return provider.load(rest, settings);
}

function unknownModel(name: string, id: string, rest: string): LlmError {
  const known = providers.map((provider) => (provider.named ? `${provider.id}/NAME` : provider.id));
  const near = providers.filter(
    (provider) => provider.named === (rest !== '') && distance(provider.id, id.toLowerCase()) <= 2,
  );
  const meant = near.map((provider) => (provider.named ? `${provider.id}/${rest}` : provider.id));
  // The names that OpenAI gives its models are often written alone.
  if (/^(?:gpt|chatgpt|o\d)\b/i.test(name)) meant.push(`openai/${name}`);
  const hint = meant.length > 0 ? `; did you mean ${meant.map((each) => `"${each}"`).join(' or ')}?` : '';
  return new LlmError('unknown_model', `no model "${name}"; known are ${known.join(', ')}${hint}`);
}
