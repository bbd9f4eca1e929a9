// A server that speaks OpenAI's protocols, by its address.
import { asyncScheduler, defer, switchMap, type Observable } from 'rxjs';
import { connectionError } from '../../http/connectionError.ts';
import { statusError } from '../../http/statusError.ts';
import { withoutSecrets } from '../../http/withoutSecrets.ts';
import { openaiChat, openaiResponses } from '../../providers/openai.ts';
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonObject } from '../../values/json.ts';
import { display } from '../display.ts';
import { pipedPrompt } from '../input.ts';
import { stdout } from '../output.ts';
import { showRaw } from '../show.ts';

export interface Server {
  readonly url: string;
  readonly key: string | undefined;
  /** As they were typed: `name: value`. */
  readonly header: readonly string[];
}

export interface EndpointSetting {
  readonly model?: string;
  readonly system?: string;
  readonly responses?: boolean;
  readonly options: JsonObject;
  readonly stream: boolean;
  readonly reasoning: boolean;
  readonly usage: boolean;
}

export function askEndpoint(
  { url, key, header }: Server,
  prompt: string | undefined,
  { model = '', system, responses = false, options, stream, reasoning, usage }: EndpointSetting,
): Observable<unknown> {
  const protocol = responses ? openaiResponses : openaiChat;
  // Nothing of the environment is sent to a server that somebody has typed.
  const made = protocol({ model, baseUrl: url, apiKey: key ?? '', headers: toHeaders(header) });
  return pipedPrompt(prompt).pipe(
    switchMap((text) => {
      if (text === '')
        throw new LlmError('invalid_input', 'there is no prompt; give one in quotes, or on standard input');
      const hideReasoning = !reasoning;
      return made.prompt(text, { ...(system !== undefined && { system }), options, stream, hideReasoning });
    }),
    display(showRaw(), { reasoning: reasoning && stream, usage }),
  );
}

/** Prints the names of the models, or all that the server says of them. */
export function listModels({ url, key, header }: Server, { json = false } = {}): Observable<unknown> {
  return defer(async () => {
    const address = `${url.replace(/\/+$/, '')}/models`;
    const headers = { ...(key && { authorization: `Bearer ${key}` }), ...toHeaders(header) };
    const response = await send(address, headers);
    const body: unknown = await response.json().catch(() => undefined);
    const { data }: { readonly data?: unknown } = typeof body === 'object' && body !== null ? body : {};
    if (!Array.isArray(data)) throw new LlmError('bad_response', `${address} gave no list of models`);
    if (json) stdout.line(JSON.stringify(data, null, 2));
    else for (const name of namesOf(data).toSorted()) stdout.line(name);
  });
}

async function send(url: string, given: Readonly<Record<string, string>>): Promise<Response> {
  const request = { url, headers: new Headers(given), body: undefined, scheduler: asyncScheduler };
  let response: Response;
  try {
    // A key goes nowhere else.
    response = await fetch(url, { headers: given, redirect: 'error', signal: AbortSignal.timeout(30_000) });
  } catch (cause) {
    throw connectionError(request, cause);
  }
  if (response.ok) return response;
  throw withoutSecrets(statusError(request, response, await response.text(), true), request);
}

function namesOf(models: readonly unknown[]): readonly string[] {
  return models.flatMap((model) => {
    const { id }: { readonly id?: unknown } = typeof model === 'object' && model !== null ? model : {};
    return typeof id === 'string' ? id : [];
  });
}

/** @throws LlmError `invalid_input` */
function toHeaders(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*(.*)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) return [name.toLowerCase(), value];
      throw new LlmError('invalid_input', `a header is 'name: value', not ${describe(line)}`);
    }),
  );
}
