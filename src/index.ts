// rxllm: messages in, typed events out. Browser-safe: no Node, no zod.
export { createAllocator } from './values/allocate.ts';
export { attachment, type AttachmentInput } from './values/attachment.ts';
export { LlmError, type LlmErrorCode, type LlmErrorOptions } from './values/error.ts';
export type * from './values/event.ts';
export { foldMessages, MessageFold } from './values/fold.ts';
export { IncrementalJson } from './values/incrementalJson.ts';
export { JsonSyntaxError } from './values/jsonSyntaxError.ts';
export type { JsonObject, JsonValue } from './values/json.ts';
export {
  assistant,
  system,
  toolMessage,
  user,
  type Message,
  type MessageContent,
  type Role,
} from './values/message.ts';
export type * from './values/part.ts';
export type { EndStatus, IncompleteToolCall, PromptJSON, ResponseJSON } from './values/responseJson.ts';
export type { StandardSchema } from './values/standardSchema.ts';
export type { Usage, UsageDetails } from './values/usage.ts';
export { toolOutput, type Tool, type ToolOutput } from './tools/tool.ts';
export { type Conversation, type ConversationOptions } from './response/conversation.ts';
export { defineModel, type Model } from './response/defineModel.ts';
export type { Capabilities, ModelContext, ModelDefinition, ModelRequest } from './response/model.ts';
export type { PromptInput, PromptOptions } from './response/prompt.ts';
export { LiveResponse, LlmResponse, type ResponseResult } from './response/response.ts';
export type { OnEmpty, ShareOptions } from './response/sharedRun.ts';
export type { ResponseState } from './response/state.ts';
