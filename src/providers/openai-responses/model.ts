// OpenAI's Responses (https://platform.openai.com/docs/api-reference/responses), which other servers speak too.
import { sse, type SseEvent } from '../../http/sse.ts';
import type { HttpRequest } from '../../http/request.ts';
import { withRetry } from '../../middleware/withRetry.ts';
import { defineModel, type Model } from '../../response/defineModel.ts';
import { decodeJson } from '../shared/decodeJson.ts';
import { checkSettings, endpoint, headerMaker, missingKey, type ProviderSettings } from '../shared/endpoint.ts';
import { encodeBody } from './body.ts';
import { ResponsesDecoder } from './decode.ts';
import { attachmentTypes } from './files.ts';
import { responsesOptions, type OpenAIResponsesModelOptions } from './options.ts';

export interface OpenAIResponsesOptions extends ProviderSettings {
  /** The server's name for the model, such as `gpt-5-mini`. */
  readonly model: string;
  /** Default for OpenAI itself: the environment variable `OPENAI_API_KEY`, which is never sent to another server. */
  readonly apiKey?: string | undefined;
  /** Where the server's API begins: what stands before `/responses`. Default: `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined;
  /**
   * The key of `provider_metadata` under which what is the server's own (encrypted reasoning, items of its tools) is kept
   * and found again. Give each server one of its own where conversations move between several. Default `openai`.
   */
  readonly metadataKey?: string | undefined;
}

const openAI = 'https://api.openai.com/v1';

/**
 * A model of OpenAI by its Responses API, or of another server that speaks it (Azure, xAI, OpenRouter, LM Studio, …).
 *
 * Its responses error with LlmError: `missing_key`, `auth`, `rate_limited`, `truncated`, `provider_error` and others.
 *
 * @throws LlmError `invalid_input` when the model has no name, `baseUrl` is no URL or has a password in it, or
 * `apiKey` or `headers` hold what no HTTP header can.
 *
 * @example
 * const model = openaiResponses({ model: 'gpt-5-mini' });
 * model
 *   .prompt('What happened today?', { options: { tools: [{ type: 'web_search' }] } })
 *   .pipe(text())
 *   .subscribe((chunk) => process.stdout.write(chunk));
 */
export function openaiResponses(settings: OpenAIResponsesOptions): Model<OpenAIResponsesModelOptions> {
  const { model, baseUrl = openAI, metadataKey = 'openai', fetch, timeouts, maxRetries, extraBody } = settings;
  checkSettings('openaiResponses', settings, 'gpt-5-mini');
  const url = endpoint(baseUrl, 'responses', openAI).href;
  const isOpenAI = url === `${openAI}/responses`;
  const headersFor = headerMaker(settings, {
    headersOf: (key) => ({ authorization: `Bearer ${key}` }),
    variables: isOpenAI ? ['OPENAI_API_KEY'] : [],
    ...(isOpenAI && {
      needed: {
        anyOf: ['authorization'],
        error: () => missingKey('OpenAI', model, 'openaiResponses', 'OPENAI_API_KEY'),
      },
    }),
  });

  return withRetry(
    defineModel({
      id: model,
      provider: metadataKey,
      capabilities: { tools: true, schema: true, attachments: attachmentTypes },
      options: responsesOptions,
      stream(request, { key, scheduler }) {
        const headers = headersFor(key, request.stream ? 'text/event-stream' : 'application/json');
        const body = encodeBody(model, request, { key: metadataKey, isOpenAI }, extraBody);
        const transport = { fetch, timeouts, scheduler };
        const sent: HttpRequest = { url, headers, body, ...transport, isWhole: !request.stream };
        return decodeJson(
          sse(sent, { isLast, isKeepAlive }),
          (out) => new ResponsesDecoder(out, metadataKey, body.tools),
          {
            request: sent,
            raw: request.raw,
          },
        );
      },
    }),
    { maxRetries },
  );
}

/** OpenAI sends it while a model thinks for long. */
function isKeepAlive({ event, data }: SseEvent): boolean {
  return (event ?? /^\{"type":\s?"(\w+)"/.exec(data)?.[1]) === 'keepalive';
}

/** The message that says how the response ended. Some servers give its type only in the data. */
function isLast({ event, data }: SseEvent): boolean {
  const type = event ?? /^\{"type":\s?"([^"]*)"/.exec(data)?.[1] ?? '';
  return /^response\.(completed|incomplete|failed)$/.test(type);
}
