// Ollama by its own protocol (https://docs.ollama.com/api/chat): on this machine, on another one, or in its cloud.
import { Observable } from 'rxjs';
import { parseJson } from '../../http/errorBody.ts';
import { ndjson, type NdjsonLine } from '../../http/ndjson.ts';
import type { HttpRequest } from '../../http/request.ts';
import { withRetry } from '../../middleware/withRetry.ts';
import { defineModel, type Model } from '../../response/defineModel.ts';
import { LlmError } from '../../values/error.ts';
import type { StreamEvent } from '../../values/event.ts';
import { decodeJson } from '../shared/decodeJson.ts';
import { checkSettings, endpoint, headerMaker, missingKey, type ProviderSettings } from '../shared/endpoint.ts';
import { withDownloads } from '../shared/files.ts';
import { isRecord } from '../shared/options.ts';
import { encodeBody } from './body.ts';
import { OllamaDecoder } from './decode.ts';
import { attachmentTypes, mustBeLoaded } from './files.ts';
import { withHint } from './hints.ts';
import { ollamaOptions, type OllamaModelOptions } from './options.ts';

export interface OllamaOptions extends ProviderSettings {
  /** Ollama's name for the model, such as `qwen3` or `gemma3:4b`. */
  readonly model: string;
  /**
   * Only Ollama's cloud needs one: there the default is the environment variable `OLLAMA_API_KEY`, which is never sent to
   * another server.
   */
  readonly apiKey?: string | undefined;
  /** Where the server is: what stands before `/api/chat`. Default: `http://127.0.0.1:11434`. */
  readonly baseUrl?: string | undefined;
}

const thisMachine = 'http://127.0.0.1:11434';
const cloud = 'https://ollama.com';

/**
 * A model of Ollama, by its own protocol. Ollama also speaks Chat Completions: `openaiChat` reaches it by that one.
 *
 * Its responses error with LlmError: `connection` when Ollama does not run, `not_found` when the model is not there,
 * `bad_request`, `truncated`, `provider_error` and others.
 *
 * @throws LlmError `invalid_input` when the model has no name, `baseUrl` is no URL or has a password in it, or
 * `apiKey` or `headers` hold what no HTTP header can.
 *
 * @example
 * const model = ollama({ model: 'qwen3' });
 * model.prompt('Why is the sky blue?').pipe(text()).subscribe((chunk) => process.stdout.write(chunk));
 */
export function ollama(settings: OllamaOptions): Model<OllamaModelOptions> {
  const { model, baseUrl = thisMachine, fetch, timeouts, maxRetries, extraBody } = settings;
  checkSettings('ollama', settings, 'qwen3');
  const { href: url, origin } = endpoint(baseUrl, 'api/chat', thisMachine);
  const isCloud = origin === cloud;
  const headersFor = headerMaker(settings, {
    headersOf: (key) => ({ authorization: `Bearer ${key}` }),
    variables: isCloud ? ['OLLAMA_API_KEY'] : [],
    ...(isCloud && {
      needed: {
        anyOf: ['authorization'],
        error: () => missingKey("Ollama's cloud", model, 'ollama', 'OLLAMA_API_KEY'),
      },
    }),
  });

  return withRetry(
    defineModel({
      id: model,
      provider: 'ollama',
      capabilities: { tools: true, schema: true, attachments: attachmentTypes },
      options: ollamaOptions,
      stream(request, { key, scheduler }) {
        const headers = headersFor(key, request.stream ? 'application/x-ndjson' : 'application/json');
        const transport = { fetch, timeouts, scheduler };
        return withDownloads(request, mustBeLoaded(request), transport, (ready) => {
          const sent: HttpRequest = {
            url,
            headers,
            body: encodeBody(model, ready, extraBody),
            ...transport,
            isWhole: !request.stream,
          };
          const lines$ = ndjson(sent, { isLast });
          const events$ = decodeJson(lines$, (out) => new OllamaDecoder(out), { request: sent, raw: request.raw });
          return hinting(events$, url, model);
        });
      },
    }),
    { maxRetries },
  );
}

function isLast({ data }: NdjsonLine): boolean {
  const line = parseJson(data);
  return isRecord(line) && line.done === true;
}

function hinting(events$: Observable<StreamEvent>, url: string, model: string): Observable<StreamEvent> {
  return new Observable((subscriber) =>
    events$.subscribe({
      next: (event) => subscriber.next(event),
      error: (error: unknown) => subscriber.error(error instanceof LlmError ? withHint(error, url, model) : error),
      complete: () => subscriber.complete(),
    }),
  );
}
