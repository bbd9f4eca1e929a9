// Anthropic's Messages API, which other servers speak too (https://platform.claude.com/docs/en/api/messages).
import type { HttpRequest } from '../../http/request.ts';
import { sse, type SseEvent } from '../../http/sse.ts';
import { withRetry } from '../../middleware/withRetry.ts';
import { defineModel, type Model } from '../../response/defineModel.ts';
import { decodeJson } from '../shared/decodeJson.ts';
import { checkSettings, endpoint, headerMaker, missingKey, type ProviderSettings } from '../shared/endpoint.ts';
import { withDownloads } from '../shared/files.ts';
import { encodeBody } from './body.ts';
import { MessagesDecoder } from './decode.ts';
import { attachmentTypes, mustBeInline } from './files.ts';
import { factsOf } from './models.ts';
import { messagesOptions, type AnthropicModelOptions } from './options.ts';

export interface AnthropicOptions extends ProviderSettings {
  /** The server's name for the model, such as `claude-sonnet-4-5`. */
  readonly model: string;
  /** Default for Anthropic itself: the environment variable `ANTHROPIC_API_KEY`, which is never sent to another server. */
  readonly apiKey?: string | undefined;
  /**
   * Where the server's API begins: what stands before `/messages`. Default: `https://api.anthropic.com/v1`. One that ends
   * with `/publishers/anthropic/models` is Google's.
   */
  readonly baseUrl?: string | undefined;
  /**
   * The key of `provider_metadata` under which what is the server's own (signatures, results of its tools) is kept and
   * found again. Give each server one of its own where conversations move between several. Default `anthropic`.
   */
  readonly metadataKey?: string | undefined;
}

const home = 'https://api.anthropic.com/v1';

/**
 * A model of Anthropic, or of any server that speaks its Messages API (Google's Vertex AI, DeepSeek, Moonshot, …).
 *
 * Its responses error with LlmError: `missing_key`, `auth`, `rate_limited`, `truncated`, `provider_error` and others.
 *
 * @throws LlmError `invalid_input` when the model has no name, `baseUrl` is no URL or has a password in it, or
 * `apiKey` or `headers` hold what no HTTP header can.
 *
 * @example
 * const model = anthropic({ model: 'claude-sonnet-4-5' });
 * model.prompt('Why is the sky blue?').pipe(text()).subscribe((chunk) => process.stdout.write(chunk));
 */
export function anthropic(settings: AnthropicOptions): Model<AnthropicModelOptions> {
  const { model, baseUrl = home, metadataKey = 'anthropic', fetch, timeouts, maxRetries, extraBody } = settings;
  checkSettings('anthropic', settings, 'claude-sonnet-4-5');
  const isVertex = /\/publishers\/anthropic\/models\/*$/.test(baseUrl.replace(/\?.*/s, ''));
  const urlOf = (method: string) => endpoint(baseUrl, isVertex ? `${model}:${method}` : 'messages', home).href;
  const [streamed, whole] = [urlOf('streamRawPredict'), urlOf('rawPredict')];
  const isAnthropic = streamed === `${home}/messages`;
  // Google's servers fetch nothing (https://platform.claude.com/docs/en/build-with-claude/vision).
  const needsBytes = (type: string | undefined) => isVertex || mustBeInline(type);
  const known = factsOf(model);
  // Other servers of Anthropic's models refuse system messages among the others.
  const facts = { ...known, takesSystemMessages: known.takesSystemMessages && isAnthropic };
  const headersFor = headerMaker(settings, {
    headersOf: (key) => (isVertex ? { authorization: `Bearer ${key}` } : { 'x-api-key': key }),
    variables: isAnthropic ? ['ANTHROPIC_API_KEY'] : [],
    ...(isAnthropic && {
      needed: {
        anyOf: ['x-api-key', 'authorization'],
        error: () => missingKey('Anthropic', model, 'anthropic', 'ANTHROPIC_API_KEY'),
      },
    }),
  });

  return withRetry(
    defineModel({
      id: model,
      provider: isVertex ? 'gcp.vertex_ai' : metadataKey,
      capabilities: { tools: true, schema: true, attachments: attachmentTypes },
      options: messagesOptions,
      stream(request, { key, scheduler }) {
        const headers = headersFor(key, request.stream ? 'text/event-stream' : 'application/json');
        if (!isVertex && !headers.has('anthropic-version')) headers.set('anthropic-version', '2023-06-01');
        const { betas = [] } = request.options as AnthropicModelOptions;
        if (betas.length > 0) headers.append('anthropic-beta', betas.join(','));
        const transport = { fetch, timeouts, scheduler };
        return withDownloads(request, needsBytes, transport, (ready) => {
          const { body, answerTool } = encodeBody(ready, { model, facts, key: metadataKey, extraBody, isVertex });
          const sent: HttpRequest = {
            url: request.stream ? streamed : whole,
            headers,
            body,
            ...transport,
            isWhole: !request.stream,
          };
          return decodeJson(
            sse(sent, { isLast, isKeepAlive }),
            (out) => new MessagesDecoder(out, { key: metadataKey, answerTool }),
            {
              request: sent,
              raw: request.raw,
            },
          );
        });
      },
    }),
    { maxRetries },
  );
}

/** Sent while the model thinks (https://platform.claude.com/docs/en/build-with-claude/streaming). */
function isKeepAlive({ event, data }: SseEvent): boolean {
  return event === 'ping' || (data.length < 100 && /"type":\s*"ping"/.test(data));
}

/** Some servers leave the names of the events out. */
function isLast({ event, data }: SseEvent): boolean {
  return event === 'message_stop' || (data.length < 100 && data.includes('"message_stop"'));
}
