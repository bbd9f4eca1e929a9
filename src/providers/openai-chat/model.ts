// OpenAI's Chat Completions, which a great many servers speak (https://platform.openai.com/docs/api-reference/chat).
import { sse } from '../../http/sse.ts';
import type { HttpRequest } from '../../http/request.ts';
import { withRetry } from '../../middleware/withRetry.ts';
import { defineModel, type Model } from '../../response/defineModel.ts';
import { decodeJson, isDoneMark } from '../shared/decodeJson.ts';
import { checkSettings, endpoint, headerMaker, missingKey, type ProviderSettings } from '../shared/endpoint.ts';
import { withDownloads } from '../shared/files.ts';
import { encodeBody } from './body.ts';
import { ChatDecoder } from './decode.ts';
import { attachmentTypes, mustBeInline } from './files.ts';
import { chatOptions, type OpenAIChatModelOptions } from './options.ts';

export interface OpenAIChatOptions extends ProviderSettings {
  /** The server's name for the model, such as `gpt-4o-mini`. */
  readonly model: string;
  /** Default for OpenAI itself: the environment variable `OPENAI_API_KEY`, which is never sent to another server. */
  readonly apiKey?: string | undefined;
  /** Where the server's API begins: what stands before `/chat/completions`. Default: `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined;
  /**
   * The key of `provider_metadata` under which what is the server's own (signatures, encrypted reasoning) is kept and
   * found again. Give each server one of its own where conversations move between several. Default `openai`.
   */
  readonly metadataKey?: string | undefined;
}

const openAI = 'https://api.openai.com/v1';

/**
 * A model of OpenAI, or of any server that speaks Chat Completions (Ollama, llama.cpp, vLLM, Groq, OpenRouter, …).
 *
 * Its responses error with LlmError: `missing_key`, `auth`, `rate_limited`, `truncated`, `provider_error` and others.
 *
 * @throws LlmError `invalid_input` when the model has no name, `baseUrl` is no URL or has a password in it, or
 * `apiKey` or `headers` hold what no HTTP header can.
 *
 * @example
 * const model = openaiChat({ model: 'llama3.2', baseUrl: 'http://localhost:11434/v1' });
 * model.prompt('Why is the sky blue?').pipe(text()).subscribe((chunk) => process.stdout.write(chunk));
 */
export function openaiChat(settings: OpenAIChatOptions): Model<OpenAIChatModelOptions> {
  const { model, baseUrl = openAI, metadataKey = 'openai', fetch, timeouts, maxRetries, extraBody } = settings;
  checkSettings('openaiChat', settings, 'gpt-4o-mini');
  const { href: url, host } = endpoint(baseUrl, 'chat/completions', openAI);
  const isOpenAI = url === `${openAI}/chat/completions`;
  const headersFor = headerMaker(settings, {
    headersOf: (key) => ({ authorization: `Bearer ${key}` }),
    variables: isOpenAI ? ['OPENAI_API_KEY'] : [],
    ...(isOpenAI && {
      needed: { anyOf: ['authorization'], error: () => missingKey('OpenAI', model, 'openaiChat', 'OPENAI_API_KEY') },
    }),
  });

  return withRetry(
    defineModel({
      id: model,
      provider: metadataKey,
      capabilities: { tools: true, schema: true, attachments: attachmentTypes },
      options: chatOptions,
      stream(request, { key, scheduler }) {
        const headers = headersFor(key, request.stream ? 'text/event-stream' : 'application/json');
        const transport = { fetch, timeouts, scheduler };
        return withDownloads(
          request,
          (type) => mustBeInline(type, host),
          transport,
          (ready) => {
            const body = encodeBody(model, ready, metadataKey, extraBody);
            const sent: HttpRequest = { url, headers, body, ...transport, isWhole: !request.stream };
            return decodeJson(sse(sent, { isLast: isDoneMark }), (out) => new ChatDecoder(out, metadataKey), {
              request: sent,
              raw: request.raw,
            });
          },
        );
      },
    }),
    { maxRetries },
  );
}
