// Google's Gemini models, by the Gemini API and by Vertex AI.
export { gemini, type GeminiOptions } from './gemini/model.ts';
export type { GeminiModelOptions } from './gemini/options.ts';
