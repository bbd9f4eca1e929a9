// Who may do what: the question that the hub asks the program.
import type { ClientPrompt } from '../../protocol/messages.ts';
import type { Awaitable } from '../awaitable.ts';

/** Somebody wants to come in. */
export interface ConnectRequest {
  readonly action: 'connect';
  /** What the client gave as `token`, or as bearer token of HTTP. */
  readonly token?: string;
  /** Of the request that came; a cookie is among them. */
  readonly headers: Headers;
  /** The IP address that it came from, where it is known. */
  readonly address?: string;
}

/** Somebody who has come in wants something. */
export type ActionRequest =
  | {
      readonly action: 'attach' | 'stop';
      readonly principal: string;
      readonly stream: string;
      /** Whose prompt made the stream; absent where nobody said so, and where there is no such stream. */
      readonly owner?: string;
    }
  | { readonly action: 'publish'; readonly principal: string; readonly prompt: ClientPrompt }
  | { readonly action: 'list'; readonly principal: string };

export type AuthorizeRequest = ConnectRequest | ActionRequest;

/**
 * Says whether somebody may. For `connect` a string is who it is (the principal that later questions name, and limits
 * count), and true somebody without a name. Anything else is no, an empty string too. What it throws refuses.
 *
 * @example
 * const authorize = ({ action, ...request }) => {
 *   if (action === 'connect') return users.get(request.token) ?? false;
 *   return action === 'publish' || request.owner === request.principal;
 * };
 */
export type Authorize = (request: AuthorizeRequest) => Awaitable<boolean | string>;

/** Something that the hub has refused: for a log. Never with the token. */
export interface Refusal {
  readonly action: AuthorizeRequest['action'];
  readonly reason: string;
  readonly principal?: string;
  readonly stream?: string;
  readonly address?: string;
}
