// rxllm: messages in, typed events out. Browser-safe: no Node, no zod.
export { createAllocator } from './values/allocate.ts';
export { attachment, type AttachmentInput } from './values/attachment.ts';
export { LlmError, type LlmErrorCode, type LlmErrorOptions } from './values/error.ts';
export type * from './values/event.ts';
export { foldMessages, MessageFold } from './values/fold.ts';
export { IncrementalJson } from './values/incrementalJson.ts';
export { JsonSyntaxError } from './values/jsonSyntaxError.ts';
export type { JsonObject, JsonSchema, JsonValue } from './values/json.ts';
export { assistant, system, toolMessage, user, type MessageContent } from './values/builders.ts';
export type { Message, Role } from './values/message.ts';
export type * from './values/part.ts';
export { pendingCalls } from './values/pendingCalls.ts';
export type { EndStatus, IncompleteToolCall, PromptJSON, ResponseJSON } from './values/responseJson.ts';
export type { StandardSchema } from './values/standardSchema.ts';
export type { Usage, UsageDetails } from './values/usage.ts';
export { tool, type ToolArguments, type ToolInput, type ToolSettings } from './tools/defineTool.ts';
export type { CallHooks, ToolDecision } from './tools/runCall.ts';
export {
  PauseChain,
  toolOutput,
  type Tool,
  type ToolContext,
  type ToolDefinition,
  type ToolOutput,
} from './tools/tool.ts';
export { toolbox, type Toolbox, type ToolboxContext, type ToolboxSettings, type ToolboxTool } from './tools/toolbox.ts';
export type { ChainOptions, ChainState, Steering, StepChanges, ToolApproval } from './response/chainOptions.ts';
export { type Conversation, type ConversationOptions } from './response/conversation.ts';
export { defineModel, type Model } from './response/defineModel.ts';
export type { Capabilities, ModelContext, ModelDefinition, ModelRequest } from './response/model.ts';
export type { ModelOptions, PromptInput, PromptOptions } from './response/prompt.ts';
export { LiveResponse, LlmResponse, type ResponseResult, type ResponseState } from './response/response.ts';
export type { OnEmpty, ShareOptions } from './response/sharedRun.ts';
export { Budget, withBudget, type BudgetOptions } from './middleware/withBudget.ts';
export { withFallback, type WithFallbackOptions } from './middleware/withFallback.ts';
export { withHedge, withRace, type WithHedgeOptions } from './middleware/withHedge.ts';
export { withRetry, type WithRetryOptions } from './middleware/withRetry.ts';
export type { SeveralModels } from './middleware/severalModels.ts';
export { wrapModel, type Middleware, type Next } from './response/wrapModel.ts';
