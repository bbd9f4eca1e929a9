// The registry: models by name, with the keys, aliases and the default that somebody has set.
import type { Fetch } from '../http/request.ts';
import type { Model } from '../response/defineModel.ts';
import { distance } from '../values/distance.ts';
import { LlmError } from '../values/error.ts';
import type { JsonObject } from '../values/json.ts';
import type { Environment, Provider } from './provider.ts';
import { providers as builtIn } from './providers.ts';

export interface RegistrySettings {
  /** Providers besides those that are built in; one with the same id takes the place of a built-in one. */
  readonly providers?: readonly Provider[] | undefined;
  /** Stored keys by name. A provider's is under its id. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
  /** Other names of models: `{ fast: 'groq/llama-3.1-8b-instant' }`. */
  readonly aliases?: Readonly<Record<string, string>> | undefined;
  /** The model that is meant when none is named. Default: the built-in demo. */
  readonly defaultModel?: string | undefined;
  /** Model options by the full name of a model: `{ 'openai/gpt-4o-mini': { temperature: 0.2 } }`. */
  readonly modelOptions?: Readonly<Record<string, JsonObject>> | undefined;
  /** Where keys and addresses of servers are looked for. Default: nowhere. */
  readonly env?: Environment | undefined;
  /** Said in the error for a key that is missing: where one could be stored. */
  readonly keysPath?: string | undefined;
}

export interface GetModelOptions {
  /** An API key, or the name of a stored one. */
  readonly key?: string | undefined;
  /** What sends the requests of the model. Default: `globalThis.fetch`. */
  readonly fetch?: Fetch | undefined;
  /** The model is wanted for what it says of itself, so a key may be missing. Default false. */
  readonly factsOnly?: boolean | undefined;
}

/** Where a provider's key comes from: it is `stored`, or in an environment variable; undefined where there is none. */
export type KeySource = 'stored' | { readonly variable: string } | undefined;

export interface Registry {
  readonly providers: readonly Provider[];
  readonly aliases: Readonly<Record<string, string>>;
  /** The model that is meant when none is named; undefined where nobody has chosen one, which means the demo. */
  readonly defaultModel: string | undefined;
  /**
   * The model with this name: an alias, `demo`, or a provider and the provider's own name for the model,
   * `openai/gpt-4o-mini`. Its key is the one given, else the stored one, else that of the environment.
   *
   * Rejects with LlmError `unknown_model`, which lists what there is and what may be meant, and `missing_key`.
   */
  getModel(name?: string, options?: GetModelOptions): Promise<Model>;
  /**
   * The full name that is meant by a name: that of an alias, else the name itself.
   *
   * @param name Default: the default model, else the demo.
   * @throws LlmError `unknown_model` for what no provider has.
   */
  resolve(name?: string): string;
  /** The options that the user has set for the model with this name, or for that which it is an alias of. */
  defaultOptions(name?: string): JsonObject;
  /** Where the key comes from that models of this provider get. The key itself is never told. */
  keySource(id: string): KeySource;
  /** Whether models of this provider can be asked nothing without a key. */
  needsKey(id: string): boolean;
}

/**
 * Makes a registry of what is given: no file and no environment is read.
 *
 * @example
 * const registry = createRegistry({ providers: [mine], aliases: { m: 'mine/large' }, env: process.env });
 * const model = await registry.getModel('m');
 */
export function createRegistry(settings: RegistrySettings = {}): Registry {
  const { keys = {}, aliases = {}, defaultModel, modelOptions = {}, env = {}, keysPath } = settings;
  const own = settings.providers ?? [];
  const providers = [...builtIn.filter(({ id }) => !own.some((each) => each.id === id)), ...own];

  function setVariable({ keyVariables = [] }: Provider): string | undefined {
    return keyVariables.find((name) => env[name]);
  }

  function keyFor(provider: Provider, given: string | undefined): string | undefined {
    // As llm has it: what is given may be the name of a stored key.
    if (given) return ownValue(keys, given) ?? given;
    const variable = setVariable(provider);
    return ownValue(keys, provider.id) || (variable && env[variable]) || undefined;
  }

  function isKeyNeeded(provider: Provider): boolean {
    return provider.needsKey?.(env) ?? (provider.keyVariables ?? []).length > 0;
  }

  function find(name: string) {
    const meant = ownValue(aliases, name) ?? name;
    const { id, rest, hasSlash } = split(meant);
    const provider = providers.find((each) => each.id === id && (each.single ? !hasSlash : rest !== ''));
    if (!provider) throw unknownModel(name, meant, providers, Object.keys(aliases));
    return { meant, rest, provider };
  }

  const nameOf = (asked: string | undefined) => asked ?? defaultModel ?? 'demo';
  const byId = (id: string) => providers.find((each) => each.id === id);

  return {
    providers,
    aliases,
    defaultModel,
    async getModel(asked, { key, fetch, factsOnly = false } = {}) {
      const { meant, rest, provider } = find(nameOf(asked));
      const apiKey = keyFor(provider, key);
      if (!apiKey && !factsOnly && isKeyNeeded(provider)) throw missingKey(meant, provider, keysPath);
      return provider.load(rest, { apiKey, env, fetch });
    },
    resolve: (asked) => find(nameOf(asked)).meant,
    defaultOptions(asked) {
      const name = nameOf(asked);
      return ownValue(modelOptions, ownValue(aliases, name) ?? name) ?? {};
    },
    keySource(id) {
      if (ownValue(keys, id)) return 'stored';
      const provider = byId(id);
      const variable = provider && setVariable(provider);
      return variable === undefined ? undefined : { variable };
    },
    needsKey(id) {
      const provider = byId(id);
      return provider !== undefined && isKeyNeeded(provider);
    },
  };
}

function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function split(name: string): { readonly id: string; readonly rest: string; readonly hasSlash: boolean } {
  const slash = name.indexOf('/');
  return slash < 0
    ? { id: name, rest: '', hasSlash: false }
    : { id: name.slice(0, slash), rest: name.slice(slash + 1), hasSlash: true };
}

function unknownModel(
  asked: string,
  meant: string,
  providers: readonly Provider[],
  aliases: readonly string[],
): LlmError {
  const { id, rest } = split(meant);
  const known = [...providers.map((each) => (each.single ? each.id : `${each.id}/NAME`)), ...aliases];
  const isNear = (word: string, other: string) => distance(word.toLowerCase(), other.toLowerCase()) <= 2;
  const near = [
    ...providers
      .filter((each) => (rest === '') === (each.single === true) && isNear(each.id, id))
      .map((each) => (each.single ? each.id : `${each.id}/${rest}`)),
    ...aliases.filter((alias) => alias !== asked && isNear(alias, asked)),
    // The names that providers give their models are often written alone.
    ...providers.filter((each) => rest === '' && each.names?.test(meant)).map((each) => `${each.id}/${meant}`),
  ];
  const hint = near.length > 0 ? `did you mean ${near.map((each) => `"${each}"`).join(' or ')}? Known` : 'known';
  const through = meant === asked ? '' : ` (alias of "${meant}")`;
  return new LlmError('unknown_model', `no model "${asked}"${through}; ${hint} are ${known.join(', ')}`);
}

function missingKey(name: string, { id, keyVariables = [] }: Provider, keysPath: string | undefined): LlmError {
  const ways = [
    ...(keyVariables[0] ? [`set ${keyVariables[0]}`] : []),
    ...(keysPath ? [`store one as "${id}" in ${keysPath}`] : []),
    'give one (--key on the command line)',
  ];
  const list = `${ways.slice(0, -1).join(', ')}${ways.length > 1 ? ', or ' : ''}${ways.at(-1)}`;
  return new LlmError('missing_key', `model "${name}" needs an API key: ${list}; model "demo" needs none`);
}
