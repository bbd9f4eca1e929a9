// rxllm/operators: everything that goes into `pipe()` after a response.
export { accumulateMessages } from './accumulateMessages.ts';
export { accumulateReasoning } from './accumulateReasoning.ts';
export { accumulateText } from './accumulateText.ts';
export { coalesce, type CoalesceOptions } from './coalesce.ts';
export { collectJson } from './collectJson.ts';
export { collectMessages } from './collectMessages.ts';
export { collectText } from './collectText.ts';
export { guardText, type GuardTextOptions } from './guardText.ts';
export { idleTimeout } from './idleTimeout.ts';
export { ofType } from './ofType.ts';
export { partialJson, type PartialJson } from './partialJson.ts';
export { reasoning } from './reasoning.ts';
export {
  retryBeforeContent,
  type Continue,
  type Retry,
  type RetryOptions,
  type RetryPolicy,
} from './retryBeforeContent.ts';
export { text } from './text.ts';
export { toolArguments, type ToolArguments } from './toolArguments.ts';
export { toolCalls } from './toolCalls.ts';
export { usage } from './usage.ts';
export { withoutReasoning } from './withoutReasoning.ts';
