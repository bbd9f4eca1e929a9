// Where requests of a provider go, and with which key: what the settings of all providers have in common.
import { headerValue, toHeaders } from '../../http/headers.ts';
import type { Fetch } from '../../http/request.ts';
import { toLimits, type Timeouts } from '../../http/timeouts.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';

/** The settings that every provider has. */
export interface ProviderSettings {
  /** The provider's own name for the model. */
  readonly model: string;
  /** API key. */
  readonly apiKey?: string | undefined;
  /** Where the server's API begins. */
  readonly baseUrl?: string | undefined;
  /** Sent with every request, over those that are sent anyway. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Used instead of `globalThis.fetch`. */
  readonly fetch?: Fetch | undefined;
  /** How long the server may be silent, in milliseconds. Default: four minutes for each wait. */
  readonly timeouts?: Timeouts | undefined;
  /**
   * How often a request is sent again that failed before its answer began, with an error that may pass; 0 for never.
   * `withRetry` knows more. Default 2.
   */
  readonly maxRetries?: number | undefined;
  /** Fields put into every request body, over those that are there anyway; an undefined one takes the field away. */
  readonly extraBody?: Readonly<Record<string, unknown>> | undefined;
}

/** @throws LlmError `invalid_input` when the model has no name or the timeouts are no times. */
export function checkSettings(
  maker: string,
  { model, timeouts }: Pick<ProviderSettings, 'timeouts'> & { readonly model: unknown },
  example: string,
): void {
  toLimits(timeouts);
  if (typeof model === 'string' && model !== '') return;
  throw new LlmError(
    'invalid_input',
    `${maker} needs the name of a model, such as "${example}", not ${describe(model)}`,
  );
}

/**
 * A URL below `baseUrl`. Its query stays at the end: Azure has its `api-version` there.
 *
 * @throws LlmError `invalid_input` when `baseUrl` is no URL or has a password in it.
 */
export function endpoint(baseUrl: string, path: string, example: string): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  // `localhost:8080` is a URL to the standard, with the scheme `localhost:` and no host.
  if (!url?.host) {
    // Not shown where it may have a password or a key in it; the error of `new URL` would show it too.
    const shown = /[@?]/.test(baseUrl) ? '' : `is ${describe(baseUrl)}, which `;
    throw new LlmError('invalid_input', `baseUrl ${shown}is no URL; give one such as "${example}"`);
  }
  if (url.username || url.password) {
    throw new LlmError(
      'invalid_input',
      "baseUrl has a user name or a password in it, which fetch refuses; give headers: { authorization: 'Basic …' }",
    );
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`;
  return url;
}

/** What a provider's headers are made of. */
export interface Credentials {
  /** The headers that carry a key. */
  readonly headersOf: (key: string) => Readonly<Record<string, string>>;
  /** Names of the variables in which the provider's users keep their key, the first that is set counts; only where the
   * requests go to the provider itself. */
  readonly variables: readonly string[];
  /** Whether the server refuses everything without one of these headers; the error when none is there. */
  readonly needed?: { readonly anyOf: readonly string[]; readonly error: () => LlmError } | undefined;
}

/**
 * Makes the headers of a request. The key of a call comes before `apiKey`, that before the environment, and headers that
 * were given by name before those of any key.
 *
 * @throws LlmError `invalid_input` for a key or a header that no HTTP header can hold; the function that it returns
 * also throws `missing_key`.
 */
export function headerMaker(
  { apiKey, headers }: Pick<ProviderSettings, 'apiKey' | 'headers'>,
  { headersOf, variables, needed }: Credentials,
): (key: string | undefined, accept: string) => Headers {
  const own = headerValue('apiKey', apiKey);
  const given = toHeaders(headers);
  return (key, accept) => {
    const used = headerValue('key', key) ?? own ?? keyOfEnvironment(variables);
    const made = new Headers({ 'content-type': 'application/json', accept, ...(used && headersOf(used)) });
    given.forEach((value, name) => made.set(name, value));
    if (needed && !needed.anyOf.some((name) => made.has(name))) throw needed.error();
    return made;
  };
}

/** Read at each request, so that it may be set after the model was made; a browser has none. */
function keyOfEnvironment(variables: readonly string[]): string | undefined {
  for (const name of variables) {
    const value = headerValue(name, globalThis.process?.env?.[name]);
    if (value) return value;
  }
  return undefined;
}

/** The error for a request to a provider that answers nobody without a key. */
export function missingKey(provider: string, model: string, maker: string, variable: string): LlmError {
  return new LlmError(
    'missing_key',
    `model "${model}" of ${provider} needs an API key: give ${maker} the option apiKey or set the environment variable ${variable} (the model "demo" needs none)`,
  );
}
