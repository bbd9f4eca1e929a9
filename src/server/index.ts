// rxllm/server: one response, many subscribers.
export type { AuthorizeRequest, ActionRequest, Authorize, ConnectRequest, Refusal } from './authorize.ts';
export type { Awaitable } from './awaitable.ts';
export { createHub, type AttachOptions, type Hub, type Published, type PublishOptions } from './hub.ts';
export { httpHandler, type HttpHandler, type HttpOptions, type RequestContext } from './http.ts';
export type { HubLog, LogEntry, LogRange, StreamKey } from './hubLog.ts';
export { hubLogConformance, type HubLogTest } from './hubLogConformance.ts';
export type { HubLimits, HubOptions, Retention } from './hubOptions.ts';
export type { HubSource } from './hubStream.ts';
export { memoryHubLog } from './memoryHubLog.ts';
export { nodeHandler, type NodeHandler } from './nodeHttp.ts';
export type { OriginOptions } from './origin.ts';
export type { PromptModels, PromptRequest } from './prompts.ts';
export { serveWebSocket, type Served, type WebSocketOptions } from './webSocket.ts';
export { closeCodes, isFinal } from '../protocol/closeCodes.ts';
export type { EndEvent, ErrorJSON, Gone, HubEntry, HubEvent, Snapshot, StreamInfo } from '../protocol/entry.ts';
export { GoneError } from '../protocol/goneError.ts';
export type { ClientPrompt, PromptAttachment } from '../protocol/messages.ts';
