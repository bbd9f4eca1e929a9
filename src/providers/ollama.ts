// Ollama by its own protocol.
export { ollamaUrl } from './ollama/host.ts';
export { ollama, type OllamaOptions } from './ollama/model.ts';
export type { OllamaModelOptions } from './ollama/options.ts';
