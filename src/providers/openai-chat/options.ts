// The model options of Chat Completions by their wire names, and what each may be.
import type { JsonObject } from '../../values/json.ts';
import { describe } from '../../values/describe.ts';
import { distance } from '../../values/distance.ts';
import type { SchemaIssue, StandardSchema } from '../../values/standardSchema.ts';

interface Rule {
  readonly allowed: string;
  fits(value: unknown): boolean;
}

const known: Readonly<Record<string, Rule>> = {
  temperature: range(0, 2),
  top_p: range(0, 1),
  frequency_penalty: range(-2, 2),
  presence_penalty: range(-2, 2),
  max_tokens: integer(0),
  max_completion_tokens: integer(0),
  seed: integer(-Number.MAX_SAFE_INTEGER),
  stop: { allowed: 'a string or a list of strings', fits: (value) => isText(value) || isList(value, isText) },
  // Other choices than the first would be paid for and not be read; subscribe again for another answer.
  n: { allowed: '1', fits: (value) => value === 1 },
  logprobs: boolean(),
  top_logprobs: integer(0, 20),
  logit_bias: {
    allowed: 'an object of numbers',
    fits: (value) => isRecord(value) && isList(Object.values(value), isNumber),
  },
  reasoning_effort: text(),
  verbosity: oneOf('low', 'medium', 'high'),
  service_tier: text(),
  parallel_tool_calls: boolean(),
  tool_choice: { allowed: 'a string such as "auto", "none" or "required", or an object', fits: isTextOrRecord },
  response_format: { allowed: 'an object', fits: isRecord },
  modalities: { allowed: 'a list of strings', fits: (value) => isList(value, isText) },
  prediction: { allowed: 'an object', fits: isRecord },
  web_search_options: { allowed: 'an object', fits: isRecord },
  user: text(),
  safety_identifier: text(),
  prompt_cache_key: text(),
  metadata: {
    allowed: 'an object of strings',
    fits: (value) => isRecord(value) && isList(Object.values(value), isText),
  },
  store: boolean(),
};

/** Passes known options with fitting values; says of others what would fit, or where they belong. */
export const chatOptions: StandardSchema<JsonObject> = {
  '~standard': {
    version: 1,
    vendor: 'rxllm',
    validate(value) {
      if (!isRecord(value)) return { issues: [{ message: `expected an object, got ${describe(value)}` }] };
      const issues = Object.entries(value).flatMap(([name, given]) => issuesOf(name, given));
      return issues.length > 0 ? { issues } : { value: value as JsonObject };
    },
  },
};

function issuesOf(name: string, given: unknown): SchemaIssue[] {
  const rule = Object.hasOwn(known, name) ? known[name] : undefined;
  if (rule === undefined) {
    const near = Object.keys(known).filter((candidate) => isNear(name, candidate));
    const meant = near.length > 0 ? `did you mean ${near.join(' or ')}? ` : '';
    return [
      {
        message: `unknown option; ${meant}An option that only your server knows goes into \`extraBody\``,
        path: [name],
      },
    ];
  }
  return rule.fits(given)
    ? []
    : [{ message: `${describe(given)} does not fit; it takes ${rule.allowed}`, path: [name] }];
}

/** Spelt the same but for case, separators and at most two letters, or the one within the other. */
function isNear(name: string, candidate: string): boolean {
  const [a, b] = [name, candidate].map((word) => word.toLowerCase().replace(/[^a-z]/g, '')) as [string, string];
  return distance(a, b) <= 2 || (Math.min(a.length, b.length) > 3 && (b.includes(a) || a.includes(b)));
}

function range(min: number, max: number): Rule {
  return {
    allowed: `a number from ${min} to ${max}`,
    fits: (value) => isNumber(value) && value >= min && value <= max,
  };
}

function integer(min: number, max = Infinity): Rule {
  const bounds = max === Infinity ? (min < 0 ? '' : ` from ${min}`) : ` from ${min} to ${max}`;
  return {
    allowed: `a whole number${bounds}`,
    fits: (value) => isNumber(value) && Number.isInteger(value) && value >= min && value <= max,
  };
}

function boolean(): Rule {
  return { allowed: 'true or false', fits: (value) => typeof value === 'boolean' };
}

function text(): Rule {
  return { allowed: 'a string', fits: isText };
}

function oneOf(...words: readonly string[]): Rule {
  return {
    allowed: words.map((word) => `"${word}"`).join(', '),
    fits: (value) => isText(value) && words.includes(value),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTextOrRecord(value: unknown): boolean {
  return isText(value) || isRecord(value);
}

function isList(value: unknown, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(fits);
}
