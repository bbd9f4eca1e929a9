// Models of the AI SDK as models of rxllm.
export { fromAiSdk, type FromAiSdkOptions } from './ai-sdk/model.ts';
export type { AiSdkModelOptions } from './ai-sdk/options.ts';
export type { AiSdkModel, AiSdkProviderTool, AiSdkWarning } from './ai-sdk/types.ts';
