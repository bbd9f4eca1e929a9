// What clients may do with a hub: each asked of the gate first.
import type { StreamInfo } from '../../protocol/entry.ts';
import type { ClientPrompt } from '../../protocol/messages.ts';
import type { LlmResponse } from '../../response/response.ts';
import { messageOf } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { Refusal } from './authorize.ts';
import { Gate } from './gate.ts';
import type { HubSettings } from '../hubOptions.ts';
import type { HubStream } from '../hubStream.ts';
import { Prompts } from './prompts.ts';
import { unknownStream } from '../streamErrors.ts';

/** What access needs of the hub. */
export interface AccessHost {
  readonly settings: HubSettings;
  find(id: string): HubStream | undefined;
  open(id: string, source: LlmResponse, options: { readonly owner: string }): HubStream;
  list(): readonly StreamInfo[];
}

export class Access {
  readonly #hub: AccessHost;
  readonly #prompts: Prompts;
  readonly gate: Gate;

  constructor(hub: AccessHost) {
    this.#hub = hub;
    this.gate = new Gate(hub.settings);
    this.#prompts = new Prompts(
      {
        parentOf: async (principal, stream) => turnOf(await this.attach(principal, stream)),
        allows: (principal, prompt) => this.gate.allows({ action: 'publish', principal, prompt }),
        publish: (id, response, owner) => hub.open(id, response, { owner }),
        refused: (principal, reason) => hub.settings.onRefused({ action: 'publish', principal, reason }),
      },
      hub.settings,
      hub.settings.limits,
    );
  }

  /** A stream to watch. Rejects with `not_found` where there is none, and where it is none of the principal's business. */
  attach(principal: string, id: string): Promise<HubStream> {
    return this.#find('attach', principal, id);
  }

  /** Ends a run. Rejects as `attach()` does. */
  async stop(principal: string, id: string, reason = 'a client asked for it'): Promise<void> {
    (await this.#find('stop', principal, id)).stop(reason);
  }

  /** The streams that the principal may attach to. Rejects with `permission`. */
  async list(principal: string): Promise<readonly StreamInfo[]> {
    if (!(await this.gate.allows({ action: 'list', principal }))) {
      throw new LlmError('permission', 'streams are not listed for you');
    }
    const streams = this.#hub.list();
    // What is left out of a list was not asked for, so it is no refusal for the log.
    const allowed = await Promise.all(
      streams.map(({ stream, owner }) =>
        this.gate.permits({ action: 'attach', principal, stream, ...(owner !== undefined && { owner }) }),
      ),
    );
    return streams.filter((_, at) => allowed[at] === true);
  }

  /** Asks a model. Rejects with what is wrong with the prompt. */
  prompt(principal: string, prompt: ClientPrompt): Promise<HubStream> {
    return this.#prompts.ask(principal, prompt);
  }

  /** Tells the log what went wrong inside. @returns What the client is told of it. */
  failed(what: Omit<Refusal, 'reason'>, thrown: unknown): LlmError {
    this.#hub.settings.onRefused({ ...what, reason: `it failed: ${messageOf(thrown)}` });
    return new LlmError('server_error', 'the server failed');
  }

  forget(stream: HubStream): void {
    this.#prompts.forget(stream);
  }

  async #find(action: 'attach' | 'stop', principal: string, id: string): Promise<HubStream> {
    const owner = this.#hub.find(id)?.owner;
    const isAllowed = await this.gate.allows({ action, principal, stream: id, ...(owner !== undefined && { owner }) });
    const stream = isAllowed ? this.#hub.find(id) : undefined;
    // One that took the id meanwhile may be of somebody else, for whom nobody asked.
    if (stream && stream.owner === owner) return stream;
    throw unknownStream(id);
  }
}

function turnOf({ isLive, response, key: { stream } }: HubStream) {
  if (isLive)
    throw new LlmError('not_run', `stream "${stream}" has not ended yet; reply when it has`, { retryable: true });
  if (response) return response;
  throw new LlmError('unsupported', `stream "${stream}" is no response, so there is nothing to reply to`);
}
