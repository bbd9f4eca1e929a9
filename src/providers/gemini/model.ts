// Google's Gemini models by generateContent: of the Gemini API (https://ai.google.dev/api) and of Vertex AI
// (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference).
import type { HttpRequest } from '../../http/request.ts';
import { sse } from '../../http/sse.ts';
import { withRetry } from '../../middleware/withRetry.ts';
import { defineModel, type Model } from '../../response/defineModel.ts';
import { LlmError } from '../../values/error.ts';
import { decodeJson, isDoneMark } from '../shared/decodeJson.ts';
import { checkSettings, endpoint, headerMaker, missingKey, type ProviderSettings } from '../shared/endpoint.ts';
import { withDownloads } from '../shared/files.ts';
import { encodeBody } from './body.ts';
import { GeminiDecoder } from './decode.ts';
import { attachmentTypes, mustBeInline } from './files.ts';
import { geminiOptions, type GeminiModelOptions } from './options.ts';
import { vertexUrl, type VertexPlace } from './vertex.ts';

export interface GeminiOptions extends ProviderSettings {
  /** Google's name for the model, such as `gemini-2.5-flash`; one with a slash (`tunedModels/…`) is a path of its own. */
  readonly model: string;
  /**
   * Default for the Gemini API itself: the environment variable `GEMINI_API_KEY`, else `GOOGLE_API_KEY`, which are never
   * sent elsewhere. With a `vertex` project an OAuth access token.
   */
  readonly apiKey?: string | undefined;
  /**
   * Where the server's API begins: what stands before `/models/…`. Default
   * `https://generativelanguage.googleapis.com/v1beta`, or what follows from `vertex`.
   */
  readonly baseUrl?: string | undefined;
  /** Asks Vertex AI: of a project, or without one in express mode. */
  readonly vertex?: VertexPlace | undefined;
}

const geminiApi = 'https://generativelanguage.googleapis.com/v1beta';

/**
 * A Gemini model.
 *
 * Its responses error with LlmError: `missing_key`, `auth`, `rate_limited`, `truncated`, `provider_error` and others.
 *
 * @throws LlmError `invalid_input` when the model has no name, `baseUrl` is no URL or has a password in it, or
 * `apiKey`, `headers` or `vertex` hold what cannot be sent.
 *
 * @example
 * const model = gemini({ model: 'gemini-2.5-flash' });
 * model.prompt('Why is the sky blue?').pipe(text()).subscribe((chunk) => process.stdout.write(chunk));
 */
export function gemini(settings: GeminiOptions): Model<GeminiModelOptions> {
  const { model, vertex, fetch, timeouts, maxRetries, extraBody } = settings;
  checkSettings('gemini', settings, 'gemini-2.5-flash');
  const { baseUrl = vertex ? vertexUrl(vertex) : geminiApi } = settings;
  const path = model.includes('/') ? model : `models/${model}`;
  const wholeUrl = endpoint(baseUrl, `${path}:generateContent`, geminiApi);
  const streamUrl = endpoint(baseUrl, `${path}:streamGenerateContent`, geminiApi);
  streamUrl.searchParams.set('alt', 'sse');
  const isGeminiApi = wholeUrl.origin === new URL(geminiApi).origin;
  const isVertex = vertex !== undefined && settings.baseUrl === undefined;
  const headersFor = headerMaker(settings, {
    headersOf: (key) => (vertex?.project ? { authorization: `Bearer ${key}` } : { 'x-goog-api-key': key }),
    variables: isGeminiApi ? ['GEMINI_API_KEY', 'GOOGLE_API_KEY'] : [],
    ...((isGeminiApi || isVertex) && {
      needed: {
        anyOf: ['x-goog-api-key', 'authorization'],
        error: () => (isVertex ? missingVertexKey(model) : missingKey('Google', model, 'gemini', 'GEMINI_API_KEY')),
      },
    }),
  });

  return withRetry(
    defineModel({
      id: model,
      provider: vertex ? 'gcp.vertex_ai' : 'gcp.gemini',
      capabilities: { tools: true, schema: true, attachments: attachmentTypes },
      options: geminiOptions,
      stream(request, { key, scheduler }) {
        const url = (request.stream ? streamUrl : wholeUrl).href;
        const headers = headersFor(key, request.stream ? 'text/event-stream' : 'application/json');
        const transport = { fetch, timeouts, scheduler };
        return withDownloads(
          request,
          (_, file) => mustBeInline(file),
          transport,
          (ready) => {
            const sent: HttpRequest = {
              url,
              headers,
              body: encodeBody(model, ready, extraBody),
              ...transport,
              isWhole: !request.stream,
            };
            return decodeJson(sse(sent, { isLast: isDoneMark }), (out) => new GeminiDecoder(out), {
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

function missingVertexKey(model: string): LlmError {
  return new LlmError(
    'missing_key',
    `model "${model}" of Vertex AI needs an access token (\`gcloud auth print-access-token\`), or without a project an API key: give it to gemini as the option apiKey or to the prompt as the option key`,
  );
}
