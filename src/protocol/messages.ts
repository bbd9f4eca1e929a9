// The messages of `rxllm.v1`, one JSON text each. docs/protocol.md says when each is sent.
import type { ErrorJSON, Gone, HubEvent, StreamInfo } from './entry.ts';

/** The WebSocket subprotocol. */
export const subprotocol = 'rxllm.v1';

/** A file of a prompt: its bytes, never a place to get them from. */
export interface PromptAttachment {
  /** Media type, such as `image/png`. */
  readonly type: string;
  /** Standard base64 with padding. */
  readonly content: string;
}

/** What a client may ask a model. Everything else of a prompt is the server's. */
export interface ClientPrompt {
  /** Chosen by the client: sent again, it is answered with the stream that there is. */
  readonly request_id: string;
  readonly text: string;
  /** One of those that the server names. */
  readonly model?: string;
  /** The stream that this is the next turn of. */
  readonly reply_to?: string;
  readonly attachments?: readonly PromptAttachment[];
}

export type ClientMessage =
  | { readonly type: 'hello'; readonly token?: string }
  | { readonly type: 'attach'; readonly stream: string; readonly after?: string }
  | { readonly type: 'detach'; readonly stream: string }
  | ({ readonly type: 'prompt' } & ClientPrompt)
  | { readonly type: 'stop'; readonly request_id: string; readonly stream: string; readonly reason?: string }
  | { readonly type: 'list'; readonly request_id: string }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' };

export interface EventsMessage {
  readonly type: 'events';
  readonly stream: string;
  readonly run: string;
  /** The number of the first of these events; each later one has the next. */
  readonly seq: number;
  readonly events: readonly HubEvent[];
}

export type ServerMessage =
  | { readonly type: 'welcome'; readonly heartbeat_ms: number }
  | { readonly type: 'attached'; readonly stream: string; readonly run: string }
  | EventsMessage
  | ({ readonly type: 'gone'; readonly stream: string } & Gone)
  | { readonly type: 'prompted'; readonly request_id: string; readonly stream: string }
  | { readonly type: 'stopped'; readonly request_id: string }
  | { readonly type: 'streams'; readonly request_id: string; readonly streams: readonly StreamInfo[] }
  | { readonly type: 'refused'; readonly request_id: string; readonly error: ErrorJSON }
  | { readonly type: 'refused'; readonly stream: string; readonly error: ErrorJSON }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' };
