// rxllm/server: one response, many subscribers.
export type { AuthorizeRequest, ActionRequest, Authorize, ConnectRequest, Refusal } from './access/authorize.ts';
export type { Awaitable } from './awaitable.ts';
export { createHub, type AttachOptions, type Hub, type Published, type PublishOptions } from './hub.ts';
export { httpHandler, type HttpHandler, type HttpOptions, type RequestContext } from './http/httpHandler.ts';
export type { HubLog, LogEntry, LogRange, StreamKey } from './log/hubLog.ts';
export { hubLogConformance, type HubLogTest } from './log/hubLogConformance.ts';
export type { HubLimits, HubOptions, Retention } from './hubOptions.ts';
export type { HubSource } from './hubStream.ts';
export { memoryHubLog } from './log/memoryHubLog.ts';
export { nodeHandler, type NodeHandler } from './http/nodeHandler.ts';
export type { OriginOptions } from './access/origin.ts';
export type { PromptModels, PromptRequest } from './access/prompts.ts';
export { serveWebSocket, type Served, type WebSocketOptions } from './webSocket/serveWebSocket.ts';
export { closeCodes, isFinal } from '../protocol/closeCodes.ts';
export type { EndEvent, ErrorJSON, Gone, HubEntry, HubEvent, Snapshot, StreamInfo } from '../protocol/entry.ts';
export { GoneError } from '../protocol/goneError.ts';
export type { ClientPrompt, PromptAttachment } from '../protocol/messages.ts';
