// What the AI SDK calls a language model, in the two versions of its interface that are spoken here. Types alone: nothing
// of it is loaded.
import type {
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3GenerateResult,
  LanguageModelV3Message,
  LanguageModelV3StreamPart,
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4GenerateResult,
  LanguageModelV4Message,
  LanguageModelV4ProviderTool,
  LanguageModelV4StreamPart,
  LanguageModelV4ToolResultOutput,
  SharedV3Warning,
  SharedV4Warning,
} from '@ai-sdk/provider';

/** A language model of the AI SDK: of version 4 of its interface (AI SDK 7), or of version 3 (AI SDK 6). */
export type AiSdkModel = LanguageModelV4 | LanguageModelV3;

/** What a model says of a setting that it does not use. */
export type AiSdkWarning = SharedV4Warning | SharedV3Warning;

/** A tool that a provider brings along, such as `openai.tools.webSearch()`. */
export interface AiSdkProviderTool {
  readonly id: string;
  readonly args: object;
}

export type CallOptions = LanguageModelV4CallOptions;
export type CallOptionsV3 = LanguageModelV3CallOptions;
export type StreamPart = LanguageModelV4StreamPart | LanguageModelV3StreamPart;
export type GenerateResult = LanguageModelV4GenerateResult | LanguageModelV3GenerateResult;

export type PromptMessage = LanguageModelV4Message;
export type PromptMessageV3 = LanguageModelV3Message;
export type UserContent = Extract<PromptMessage, { role: 'user' }>['content'];
export type AssistantContent = Extract<PromptMessage, { role: 'assistant' }>['content'];
export type ToolContent = Extract<PromptMessage, { role: 'tool' }>['content'];
export type FilePart = LanguageModelV4FilePart;
export type ResultOutput = LanguageModelV4ToolResultOutput;
export type ProviderTool = LanguageModelV4ProviderTool;
export type ProviderOptions = NonNullable<CallOptions['providerOptions']>;

/** A part of a stream by its type, in whichever version has it. */
export type PartOf<K extends StreamPart['type']> = Extract<StreamPart, { type: K }>;
