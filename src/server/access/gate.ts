// The gate of a hub: who comes in, what they may do, and how many of them.
import { LlmError } from '../../values/error.ts';
import { messageOf } from '../../values/describe.ts';
import type { ActionRequest, ConnectRequest, Refusal } from './authorize.ts';
import type { HubSettings } from '../hubOptions.ts';
import { isLoopback } from './loopback.ts';

/** Somebody who has come in. */
export interface Visitor {
  readonly principal: string;
  /** Goes out again. */
  leave(): void;
}

export class Gate {
  readonly #settings: Pick<HubSettings, 'authorize' | 'limits' | 'onRefused'>;
  readonly #inside = new Map<string, number>();

  constructor(settings: Pick<HubSettings, 'authorize' | 'limits' | 'onRefused'>) {
    this.#settings = settings;
  }

  /** Whether everybody of this machine is let in. */
  get isOpen(): boolean {
    return this.#settings.authorize === undefined;
  }

  /** Rejects with LlmError `permission` (nobody from there), `auth` (not with these credentials) or `rate_limited`. */
  async enter(request: Omit<ConnectRequest, 'action'>): Promise<Visitor> {
    const { address } = request;
    const from = address === undefined ? {} : { address };
    const refuse = (code: 'permission' | 'auth' | 'rate_limited', reason: string, principal?: string) => {
      this.#settings.onRefused({ action: 'connect', reason, ...from, ...(principal !== undefined && { principal }) });
      return new LlmError(code, reason);
    };
    const principal = await this.#identify(request, (reason) => refuse('permission', reason));
    if (principal === undefined) throw refuse('auth', 'the credentials are not taken');
    const inside = this.#inside.get(principal) ?? 0;
    const { connections } = this.#settings.limits;
    if (inside >= connections) {
      throw refuse(
        'rate_limited',
        `there are ${inside} connections already; at most ${connections} are taken`,
        principal,
      );
    }
    this.#inside.set(principal, inside + 1);
    return { principal, leave: once(() => this.#leave(principal)) };
  }

  /** Asks whether somebody inside may; tells the log when not. */
  async allows(request: ActionRequest): Promise<boolean> {
    const isAllowed = await this.permits(request);
    if (isAllowed === false) this.#settings.onRefused({ ...refusalOf(request), reason: 'authorize() said no' });
    return isAllowed === true;
  }

  /** The same for what nobody asked for, so that no is nothing to be told; undefined where that could not be said. */
  async permits(request: ActionRequest): Promise<boolean | undefined> {
    const { authorize, onRefused } = this.#settings;
    if (!authorize) return true;
    try {
      return (await authorize(request)) === true;
    } catch (error) {
      onRefused({ ...refusalOf(request), reason: `authorize() threw: ${messageOf(error)}` });
      return undefined;
    }
  }

  async #identify(
    request: Omit<ConnectRequest, 'action'>,
    refuse: (reason: string) => LlmError,
  ): Promise<string | undefined> {
    const { authorize } = this.#settings;
    if (!authorize) {
      if (isLoopback(request)) return '';
      throw refuse('without an authorize() the hub is open to this machine only');
    }
    try {
      const answer = await authorize({ action: 'connect', ...request });
      // An empty name is that of nobody, such as of a user who was not found; and true alone is yes.
      if (typeof answer === 'string' && answer !== '') return answer;
      return answer === true ? '' : undefined;
    } catch (error) {
      const { address, token } = request;
      // What is thrown may well have the token in it.
      const message = token ? messageOf(error).replaceAll(token, '…') : messageOf(error);
      const reason = `authorize() threw: ${message}`;
      this.#settings.onRefused({ action: 'connect', reason, ...(address !== undefined && { address }) });
      throw new LlmError('server_error', 'the server could not look at the credentials', { cause: error });
    }
  }

  #leave(principal: string): void {
    const inside = (this.#inside.get(principal) ?? 1) - 1;
    if (inside > 0) this.#inside.set(principal, inside);
    else this.#inside.delete(principal);
  }
}

function refusalOf(request: ActionRequest): Omit<Refusal, 'reason'> {
  const { action, principal } = request;
  return { action, principal, ...('stream' in request && { stream: request.stream }) };
}

function once(call: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    call();
  };
}
