// OpenAI's two protocols, which a great many servers speak.
export { openaiChat, type OpenAIChatOptions } from './openai-chat/model.ts';
export type { OpenAIChatModelOptions } from './openai-chat/options.ts';
export { openaiResponses, type OpenAIResponsesOptions } from './openai-responses/model.ts';
export type { OpenAIResponsesModelOptions, ServerTool } from './openai-responses/options.ts';
