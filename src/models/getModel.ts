// getModel: a model by its name, with the keys and names that the user has set on this machine.
import type { Model } from '../response/defineModel.ts';
import type { Environment, Provider } from './provider.ts';
import { createRegistry, type GetModelOptions, type Registry } from './registry.ts';
import { readUserFolder, userFolder } from './userFolder.ts';

export interface UserRegistryOptions {
  /** Environment variables. Default: those of the process. */
  readonly env?: Environment | undefined;
  /** Providers besides those that are built in. */
  readonly providers?: readonly Provider[] | undefined;
}

/**
 * The registry of the user of this machine: keys, aliases and the default model from the user's folder
 * (`$RXLLM_USER_PATH`, else where the platform keeps settings), `$RXLLM_MODEL` before that default, keys from the
 * environment where none is stored. Rejects with LlmError `invalid_input` when a file there cannot be used.
 */
export async function userRegistry({ env = process.env, providers }: UserRegistryOptions = {}): Promise<Registry> {
  const kept = await readUserFolder(userFolder(env));
  return createRegistry({ ...kept, providers, env, defaultModel: env.RXLLM_MODEL || kept.defaultModel });
}

/**
 * The model with this name, from the registry of the user; the user's default where no name is given.
 *
 * Rejects with LlmError `unknown_model`, which lists what there is and what may be meant, and `missing_key`.
 *
 * @param name An alias, `demo`, or a provider and the provider's own name for the model: `openai/gpt-4o-mini`.
 *
 * @example
 * const model = await getModel('anthropic/claude-sonnet-4-6');
 */
export async function getModel(
  name?: string,
  { key, fetch, factsOnly, ...options }: GetModelOptions & UserRegistryOptions = {},
): Promise<Model> {
  const registry = await userRegistry(options);
  return registry.getModel(name, { key, fetch, factsOnly });
}
