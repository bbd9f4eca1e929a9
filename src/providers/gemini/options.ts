// The model options of Gemini by their wire names (https://ai.google.dev/api/generate-content), those of
// `generationConfig` beside the others, and what each may be.
import type { JsonObject, JsonValue } from '../../values/json.ts';
import {
  boolean,
  integer,
  list,
  modelOptions,
  oneOf,
  range,
  record,
  text,
  textList,
  textRecord,
} from '../shared/options.ts';

export interface GeminiModelOptions {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxOutputTokens?: number;
  readonly stopSequences?: readonly string[];
  readonly seed?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly candidateCount?: 1;
  readonly responseModalities?: readonly string[];
  readonly responseMimeType?: string;
  readonly responseSchema?: JsonObject;
  readonly responseJsonSchema?: JsonObject;
  readonly responseLogprobs?: boolean;
  readonly logprobs?: number;
  readonly speechConfig?: JsonObject;
  readonly imageConfig?: JsonObject;
  readonly mediaResolution?: string;
  readonly audioTimestamp?: boolean;
  readonly enableEnhancedCivicAnswers?: boolean;
  /** `{thinkingBudget}` or `{thinkingLevel}`, and `{includeThoughts}`. */
  readonly thinkingConfig?: JsonObject;
  /** How much to think, in words that every model has a meaning for. */
  readonly reasoning_effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  /** How many tokens may be thought; comes before `reasoning_effort`. */
  readonly reasoning_budget?: number;
  readonly safetySettings?: readonly JsonValue[];
  readonly cachedContent?: string;
  readonly toolConfig?: JsonObject;
  /** Tools of Google's: `{googleSearch: {}}`, `{codeExecution: {}}`, `{urlContext: {}}`. */
  readonly tools?: readonly JsonValue[];
  readonly serviceTier?: string;
  /** Vertex AI. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly store?: boolean;
}

export const geminiOptions = modelOptions<GeminiModelOptions>({
  temperature: range(0, 2),
  topP: range(0, 1),
  topK: integer(1),
  maxOutputTokens: integer(1),
  stopSequences: textList(),
  seed: integer(-Number.MAX_SAFE_INTEGER),
  presencePenalty: range(-2, 2),
  frequencyPenalty: range(-2, 2),
  // Other candidates would be paid for and not be read; subscribe again for another answer.
  candidateCount: { allowed: '1', fits: (value) => value === 1 },
  responseModalities: textList(),
  responseMimeType: text(),
  responseSchema: record(),
  responseJsonSchema: record(),
  responseLogprobs: boolean(),
  logprobs: integer(0, 20),
  speechConfig: record(),
  imageConfig: record(),
  mediaResolution: text(),
  audioTimestamp: boolean(),
  enableEnhancedCivicAnswers: boolean(),
  thinkingConfig: record(),
  reasoning_effort: oneOf('none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'),
  reasoning_budget: integer(-1),
  safetySettings: list(),
  cachedContent: text(),
  toolConfig: record(),
  tools: list(),
  serviceTier: text(),
  labels: textRecord(),
  store: boolean(),
});

/** Those that do not belong into `generationConfig`. */
export const topLevelOptions = ['safetySettings', 'cachedContent', 'toolConfig', 'serviceTier', 'labels', 'store'];
