// What a model would send by its settings: to which address, with which headers and body. Nothing leaves this process.
import type { JsonObject, LlmError, Model, PromptOptions } from 'rxllm';
import { outcomeOf } from './outcome.ts';
import { bodyText } from './servers.ts';

export interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: JsonObject;
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * The request of a prompt, or the error that came instead.
 *
 * @param make Makes the model with this fetch.
 * @param answer The body of an answer that is complete.
 */
export async function sentBy<Options>(
  make: (fetch: Fetch) => Model<Options>,
  answer: string,
  options: PromptOptions<Options> = {},
): Promise<Sent | LlmError> {
  let request: Sent | undefined;
  const model = make((url, init) => {
    request = { url, headers: new Headers(init.headers), body: JSON.parse(bodyText(init)) as JsonObject };
    return Promise.resolve(new Response(answer, { headers: { 'content-type': 'text/event-stream' } }));
  });
  const { error } = await outcomeOf(model, options);
  return error ?? request!;
}

/** A header that was sent, or the code of the error. */
export function headerOf(name: string, request: Sent | LlmError): string | null {
  return 'headers' in request ? request.headers.get(name) : request.code;
}

/** Begins each test of a file without these variables of the environment, and puts them back in the end. */
export function withoutVariables(...names: readonly string[]): void {
  const before = names.map((name) => [name, process.env[name]] as const);
  beforeEach(() => {
    for (const name of names) delete process.env[name];
  });
  afterAll(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
}
