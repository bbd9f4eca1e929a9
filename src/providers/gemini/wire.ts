// What generateContent and streamGenerateContent send, as far as it is read here
// (https://ai.google.dev/api/generate-content). Whoever reads a field looks at what it is.
import type { JsonObject, JsonValue } from '../../values/json.ts';

/** A chunk of a stream, or the whole answer. */
export interface GeminiResponse {
  readonly candidates?: readonly Candidate[];
  readonly promptFeedback?: { readonly blockReason?: string };
  readonly usageMetadata?: GeminiUsage;
  readonly modelVersion?: string;
  readonly responseId?: string;
  readonly error?: unknown;
}

export interface Candidate {
  readonly index?: number;
  readonly content?: { readonly parts?: readonly WirePart[] };
  readonly finishReason?: string;
  readonly finishMessage?: string;
  readonly groundingMetadata?: JsonObject;
  readonly citationMetadata?: JsonObject;
  readonly urlContextMetadata?: JsonObject;
  readonly safetyRatings?: JsonValue;
  readonly avgLogprobs?: number;
  readonly logprobsResult?: LogprobsResult;
}

/** One part has one of the kinds; what it is about and its signature stand beside that. */
export interface WirePart {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: FunctionCall;
  readonly functionResponse?: FunctionResponse;
  readonly inlineData?: { readonly mimeType?: string; readonly data?: string };
  readonly fileData?: { readonly mimeType?: string; readonly fileUri?: string };
  readonly executableCode?: JsonObject & { readonly id?: string };
  readonly codeExecutionResult?: { readonly id?: string; readonly output?: string };
  /** Tools of Google's that Gemini 3 reports when `includeServerSideToolInvocations` asks for it. */
  readonly toolCall?: { readonly id?: string; readonly toolType?: string; readonly args?: JsonObject };
  readonly toolResponse?: { readonly id?: string; readonly toolType?: string; readonly response?: JsonObject };
}

export interface FunctionCall {
  readonly id?: string;
  readonly name?: string;
  readonly args?: JsonObject;
  /** Vertex AI, with `streamFunctionCallArguments`. */
  readonly partialArgs?: readonly PartialArg[];
  /** More of the same call follows. */
  readonly willContinue?: boolean;
}

/** A value, or a piece of a string, and where in the arguments it belongs. */
export interface PartialArg {
  /** RFC 9535: `$.trip.days[0].city`. */
  readonly jsonPath?: string;
  readonly stringValue?: string;
  readonly numberValue?: number;
  readonly boolValue?: boolean;
  readonly nullValue?: string;
}

export interface FunctionResponse {
  readonly id?: string;
  readonly name?: string;
  readonly response?: JsonObject;
}

export interface LogprobsResult {
  readonly topCandidates?: readonly JsonValue[];
  readonly chosenCandidates?: readonly JsonValue[];
}

export interface GeminiUsage {
  readonly promptTokenCount?: number;
  readonly candidatesTokenCount?: number;
  readonly thoughtsTokenCount?: number;
  readonly cachedContentTokenCount?: number;
}
