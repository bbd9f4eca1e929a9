// The model options that every model of the AI SDK has, by the AI SDK's names, and what each may be.
import type { JsonObject } from '../../values/json.ts';
import {
  integer,
  isNumber,
  isRecord,
  isText,
  modelOptions,
  oneOf,
  record,
  text,
  textList,
  type Rule,
} from '../shared/options.ts';

const efforts = ['provider-default', 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

export interface AiSdkModelOptions {
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly presencePenalty?: number;
  readonly frequencyPenalty?: number;
  readonly stopSequences?: readonly string[];
  readonly seed?: number;
  /** `auto`, `none`, `required`, or the one tool that is to be called. */
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly type: 'tool'; readonly toolName: string };
  /** How much the model thinks; models of version 3 take it through `providerOptions` alone. */
  readonly reasoning?: (typeof efforts)[number];
  /** The same by its name elsewhere. */
  readonly reasoning_effort?: string;
  /** What only one provider knows, by that provider's name: `{ openai: { store: false } }`. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>>;
}

const anyNumber: Rule = { allowed: 'a number', fits: isNumber };

export const aiSdkOptions = modelOptions<AiSdkModelOptions>(
  {
    maxOutputTokens: integer(1),
    temperature: anyNumber,
    topP: anyNumber,
    topK: anyNumber,
    presencePenalty: anyNumber,
    frequencyPenalty: anyNumber,
    stopSequences: textList(),
    seed: integer(-Number.MAX_SAFE_INTEGER),
    toolChoice: {
      allowed: '"auto", "none", "required" or { type: "tool", toolName: NAME }',
      fits: (value) =>
        ['auto', 'none', 'required'].includes(value as string) ||
        (isRecord(value) && value.type === 'tool' && isText(value.toolName)),
    },
    reasoning: oneOf(...efforts),
    reasoning_effort: text(),
    providerOptions: record(),
  },
  '`providerOptions`',
);
