// The providers that can be had by name without further ado. Their code is loaded when one of their models is asked for.
import { reasons } from '../providers/openai-responses/reasons.ts';
import type { Provider } from './provider.ts';

/** A server that speaks Chat Completions. */
function compatible(id: string, baseUrl: string, ...keyVariables: readonly string[]): Provider {
  return {
    id,
    keyVariables,
    async load(model, { apiKey, fetch }) {
      const { openaiChat } = await import('../providers/openai.ts');
      return openaiChat({ model, apiKey, baseUrl, metadataKey: id, fetch });
    },
  };
}

export const providers: readonly Provider[] = [
  {
    id: 'demo',
    single: true,
    async load(_, { env }) {
      const { demo } = await import('../providers/demo.ts');
      return demo(env.RXLLM_DEMO_MS ? { chunkMs: Number(env.RXLLM_DEMO_MS) } : {});
    },
  },
  {
    id: 'openai',
    keyVariables: ['OPENAI_API_KEY'],
    // Servers elsewhere often need none.
    needsKey: (env) => !env.OPENAI_BASE_URL,
    names: /^(gpt|chatgpt|o\d)\b/i,
    async load(model, { apiKey, env, fetch }) {
      const { openaiChat, openaiResponses } = await import('../providers/openai.ts');
      const baseUrl = env.OPENAI_BASE_URL || undefined;
      // OpenAI shows what a model thinks in its newer protocol only, which few other servers speak.
      const protocol = baseUrl === undefined && reasons(model) ? openaiResponses : openaiChat;
      return protocol({ model, apiKey, baseUrl, fetch });
    },
  },
  {
    id: 'anthropic',
    keyVariables: ['ANTHROPIC_API_KEY'],
    needsKey: (env) => !env.ANTHROPIC_BASE_URL,
    names: /^claude\b/i,
    async load(model, { apiKey, env, fetch }) {
      const { anthropic } = await import('../providers/anthropic.ts');
      const host = env.ANTHROPIC_BASE_URL;
      // Anthropic's own programs put the version after it themselves.
      return anthropic({ model, apiKey, baseUrl: host ? `${host.replace(/\/+$/, '')}/v1` : undefined, fetch });
    },
  },
  {
    id: 'gemini',
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    names: /^(gemini|gemma)\b/i,
    async load(model, { apiKey, fetch }) {
      const { gemini } = await import('../providers/gemini.ts');
      return gemini({ model, apiKey, fetch });
    },
  },
  {
    id: 'ollama',
    keyVariables: ['OLLAMA_API_KEY'],
    needsKey: () => false,
    names: /^(llama|qwen|gemma|mistral|phi|deepseek)[\w.]*(:|$)/i,
    async load(model, { apiKey, env, fetch }) {
      const { ollama, ollamaUrl } = await import('../providers/ollama.ts');
      return ollama({ model, apiKey, baseUrl: env.OLLAMA_HOST ? ollamaUrl(env.OLLAMA_HOST) : undefined, fetch });
    },
  },
  compatible('deepseek', 'https://api.deepseek.com', 'DEEPSEEK_API_KEY'),
  compatible('groq', 'https://api.groq.com/openai/v1', 'GROQ_API_KEY'),
  compatible('huggingface', 'https://router.huggingface.co/v1', 'HF_TOKEN'),
  compatible('mistral', 'https://api.mistral.ai/v1', 'MISTRAL_API_KEY'),
  compatible('openrouter', 'https://openrouter.ai/api/v1', 'OPENROUTER_API_KEY', 'OPENROUTER_KEY'),
  compatible('perplexity', 'https://api.perplexity.ai', 'PERPLEXITY_API_KEY'),
  compatible('together', 'https://api.together.xyz/v1', 'TOGETHER_API_KEY'),
  compatible('xai', 'https://api.x.ai/v1', 'XAI_API_KEY'),
  compatible('zai', 'https://api.z.ai/api/paas/v4', 'ZAI_API_KEY'),
];
