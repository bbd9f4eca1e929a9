// The same call for a model of version 3 of the interface (AI SDK 6).
import { LlmError } from '../../values/error.ts';
import type { CallOptions, CallOptionsV3, FilePart, PromptMessage, PromptMessageV3 } from './types.ts';

/** @throws LlmError `unsupported` for what version 3 has no place for. */
export function toV3(options: CallOptions): CallOptionsV3 {
  const { prompt, reasoning, ...others } = options;
  if (reasoning !== undefined && reasoning !== 'provider-default') {
    throw new LlmError(
      'unsupported',
      'this model is of version 3 of the AI SDK, which has no place for `reasoning`; say it in `providerOptions`',
    );
  }
  return { ...others, prompt: prompt.map(messageOf) };
}

function messageOf(message: PromptMessage): PromptMessageV3 {
  if (message.role === 'user') {
    return { ...message, content: message.content.map((part) => (part.type === 'file' ? fileOf(part) : part)) };
  }
  // Results of tools differ in their files alone, and those are sent after them.
  if (message.role !== 'assistant') return message as PromptMessageV3;
  const content = message.content
    // Version 3 has neither; no model of it can have made one.
    .filter((part) => part.type !== 'custom' && part.type !== 'reasoning-file')
    .map((part) => (part.type === 'file' ? fileOf(part) : part));
  return { ...message, content } as PromptMessageV3;
}

function fileOf({ data, ...part }: FilePart) {
  switch (data.type) {
    case 'url':
      return { ...part, data: data.url };
    case 'data':
      return { ...part, data: data.data };
    default:
      throw new LlmError('unsupported', `version 3 of the AI SDK has no place for a file given by ${data.type}`);
  }
}
