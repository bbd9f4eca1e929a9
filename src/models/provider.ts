// What a provider is to the registry: one object.
import type { Fetch } from '../http/request.ts';
import type { Model } from '../response/defineModel.ts';

/** What a model is made with. */
export interface LoadSettings {
  /** The key that was given, stored, or found in the environment; undefined where none is needed and none was found. */
  readonly apiKey: string | undefined;
  /** The environment: addresses of servers of the user's own. */
  readonly env: Environment;
  /** What sends the requests. Default: `globalThis.fetch`. */
  readonly fetch?: Fetch | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Makes models by name: `id/NAME`. */
export interface Provider {
  /** What a model's name begins with, up to the slash. Keys are stored under it. */
  readonly id: string;
  /** Whether its only model is `id` itself, and not `id/NAME`. Default false. */
  readonly single?: boolean;
  /** Environment variables in which its users keep their key; the first that is set counts. Default none. */
  readonly keyVariables?: readonly string[];
  /** Whether nothing can be asked without a key, in this environment. Default: whether there are `keyVariables`. */
  needsKey?(env: Environment): boolean;
  /** How its models' own names begin, for the hint to somebody who gives such a name alone. */
  readonly names?: RegExp;
  /** Makes a model; a good place to import its code only now. */
  load(name: string, settings: LoadSettings): Promise<Model>;
}
