// Anthropic's protocol, which other servers speak too.
export { anthropic, type AnthropicOptions } from './anthropic/model.ts';
export type { AnthropicModelOptions } from './anthropic/options.ts';
