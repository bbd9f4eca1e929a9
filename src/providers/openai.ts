// OpenAI's two protocols, which a great many servers speak.
export { openaiChat, type OpenAIChatOptions } from './openai-chat/model.ts';
export type { OpenAIChatModelOptions } from './openai-chat/options.ts';
