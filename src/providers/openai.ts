// OpenAI's Chat Completions, which a great many servers speak (https://platform.openai.com/docs/api-reference/chat).
import { Observable } from 'rxjs';
import { sse } from '../http/sse.ts';
import { headerValue, toHeaders } from '../http/headers.ts';
import type { Fetch, HttpRequest } from '../http/request.ts';
import { defineModel, type Model } from '../response/defineModel.ts';
import { LlmError } from '../values/error.ts';
import type { StreamEvent } from '../values/event.ts';
import { describe } from '../values/describe.ts';
import { attachmentTypes } from './openai-chat/attachments.ts';
import { encodeBody } from './openai-chat/body.ts';
import { ChatDecoder, isDone } from './openai-chat/decode.ts';
import { chatOptions } from './openai-chat/options.ts';

export interface OpenAIChatOptions {
  /** The server's name for the model, such as `gpt-4o-mini`. */
  readonly model: string;
  /** Default for OpenAI itself: the environment variable `OPENAI_API_KEY`, which is never sent to another server. */
  readonly apiKey?: string | undefined;
  /** Where the server's API begins: what stands before `/chat/completions`. Default: `https://api.openai.com/v1`. */
  readonly baseUrl?: string | undefined;
  /** Sent with every request, over those that are sent anyway. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Used instead of `globalThis.fetch`. */
  readonly fetch?: Fetch | undefined;
  /** Fields put into every request body, over those that are there anyway; an undefined one takes the field away. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
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
export function openaiChat(settings: OpenAIChatOptions): Model {
  const { model, baseUrl = openAI, fetch, extraBody } = settings;
  if (typeof model !== 'string' || model === '') {
    throw new LlmError(
      'invalid_input',
      `openaiChat needs the name of a model, such as "gpt-4o-mini", not ${describe(model)}`,
    );
  }
  const url = endpoint(baseUrl);
  const apiKey = headerValue('apiKey', settings.apiKey);
  const given = toHeaders(settings.headers);
  const isOpenAI = url === `${openAI}/chat/completions`;

  function headersFor(key: string | undefined, stream: boolean): Headers {
    const headers = new Headers({
      'content-type': 'application/json',
      accept: stream ? 'text/event-stream' : 'application/json',
      ...(key && { authorization: `Bearer ${key}` }),
    });
    given.forEach((value, name) => headers.set(name, value));
    if (isOpenAI && !headers.has('authorization')) throw missingKey(model);
    return headers;
  }

  return defineModel({
    id: model,
    capabilities: { tools: true, schema: true, attachments: attachmentTypes },
    options: chatOptions,
    stream(request, context) {
      const key = headerValue('key', context.key) ?? apiKey ?? (isOpenAI ? keyOfEnvironment() : undefined);
      const headers = headersFor(key, request.stream);
      const body = encodeBody(model, request, extraBody);
      const sent: HttpRequest = { url, headers, body, fetch, scheduler: context.scheduler };
      const events$ = sse(sent, { isLast: isDone });
      return new Observable<StreamEvent>((subscriber) => events$.subscribe(new ChatDecoder(subscriber, sent)));
    },
  });
}

/** A query stays at the end: Azure has its `api-version` there. */
function endpoint(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  // `localhost:8080` is a URL to the standard, with the scheme `localhost:` and no host.
  if (!url?.host) {
    // Not shown where it may have a password or a key in it; the error of `new URL` would show it too.
    const shown = /[@?]/.test(baseUrl) ? '' : `is ${describe(baseUrl)}, which `;
    throw new LlmError('invalid_input', `baseUrl ${shown}is no URL; give one such as "${openAI}"`);
  }
  if (url.username || url.password) {
    throw new LlmError(
      'invalid_input',
      "baseUrl has a user name or a password in it, which fetch refuses; give headers: { authorization: 'Basic …' }",
    );
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/chat/completions`;
  return url.href;
}

/** Read at each request, so that it may be set after the model was made; a browser has none. */
function keyOfEnvironment(): string | undefined {
  return headerValue('OPENAI_API_KEY', globalThis.process?.env?.OPENAI_API_KEY);
}

function missingKey(model: string): LlmError {
  return new LlmError(
    'missing_key',
    `model "${model}" of OpenAI needs an API key: give openaiChat the option apiKey or set the environment variable OPENAI_API_KEY (the model "demo" needs none)`,
  );
}
