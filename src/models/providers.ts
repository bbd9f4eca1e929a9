// The models that can be had by name, one object a provider. Its code is loaded when one of its models is asked for.
import type { Model } from '../response/defineModel.ts';
import { LlmError } from '../values/error.ts';

/** What a model is made with. */
export interface ModelSettings {
  /** API key; default: the variable of `env` in which the provider's users keep theirs. */
  readonly key?: string;
  /** Environment variables. Nothing is read from the process itself, so pass `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface Provider {
  /** What a model's name begins with, up to the slash; the whole name, where the provider has one model only. */
  readonly id: string;
  /** Whether `id/NAME` is a model, or `id` alone. */
  readonly named: boolean;
  load(name: string, settings: ModelSettings): Promise<Model>;
}

export const providers: readonly Provider[] = [
  {
    id: 'demo',
    named: false,
    async load() {
      const { demo } = await import('../providers/demo.ts');
      return demo();
    },
  },
  {
    id: 'openai',
    named: true,
    async load(model, { key, env = {} }) {
      const apiKey = key || env.OPENAI_API_KEY;
      const baseUrl = env.OPENAI_BASE_URL;
      // Servers elsewhere often need none.
      if (!apiKey && !baseUrl) throw missingKey(`openai/${model}`, 'OPENAI_API_KEY');
      const { openaiChat } = await import('../providers/openai.ts');
      return openaiChat({ model, ...(apiKey && { apiKey }), ...(baseUrl && { baseUrl }) });
    },
  },
];

function missingKey(id: string, variable: string): LlmError {
  return new LlmError(
    'missing_key',
    `model "${id}" needs an API key: set ${variable}, or give one (--key on the command line); model "demo" needs none`,
  );
}
