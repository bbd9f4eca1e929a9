// What a template is: the keys that llm's templates have, and what each may be.
import { describe } from '../../values/describe.ts';
import { LlmError } from '../../values/error.ts';
import type { JsonObject, JsonSchema, JsonValue } from '../../values/json.ts';

/** As it stands in the file. */
export interface TemplateContent {
  readonly prompt?: string;
  readonly system?: string;
  /** Paths and URLs. */
  readonly attachments?: readonly string[];
  /** Those whose type is given: `value` is the path or the URL. */
  readonly attachment_types?: readonly { readonly type: string; readonly value: string }[];
  readonly model?: string;
  /** Values of variables for which none is given. */
  readonly defaults?: JsonObject;
  /** Model options. */
  readonly options?: JsonObject;
  readonly extract?: boolean;
  readonly extract_last?: boolean;
  readonly schema_object?: JsonSchema;
  readonly fragments?: readonly string[];
  readonly system_fragments?: readonly string[];
  /** As `-T` takes them. */
  readonly tools?: readonly string[];
  /** Python code of llm's templates, which is never run here. */
  readonly functions?: string;
}

export interface Template extends TemplateContent {
  readonly name: string;
}

interface Rule {
  readonly allowed: string;
  readonly fits: (value: unknown) => boolean;
}

const text: Rule = { allowed: 'a text', fits: (value) => typeof value === 'string' };
const texts: Rule = { allowed: 'a list of texts', fits: (value) => isListOf(value, text.fits) };
const flag: Rule = { allowed: 'true or false', fits: (value) => typeof value === 'boolean' };
const mapping: Rule = { allowed: 'a mapping', fits: isMapping };
const typed: Rule = {
  allowed: 'a list of mappings with a type and a value, both texts',
  fits: (value) => isListOf(value, (item) => isMapping(item) && text.fits(item.type) && text.fits(item.value)),
};

const rules: Readonly<Record<keyof TemplateContent, Rule>> = {
  prompt: text,
  system: text,
  attachments: texts,
  attachment_types: typed,
  model: text,
  defaults: mapping,
  options: mapping,
  extract: flag,
  extract_last: flag,
  schema_object: mapping,
  fragments: texts,
  system_fragments: texts,
  tools: texts,
  functions: text,
};

/**
 * Reads the YAML of a template; a text alone is its prompt. Keys without a value count as not there. Rejects with
 * LlmError `invalid_input` for anything else.
 *
 * @param where Names it in errors.
 */
export async function parseTemplate(name: string, yaml: string, where: string): Promise<Template> {
  const { parse } = await import('yaml');
  let value: unknown;
  try {
    value = parse(yaml, { logLevel: 'error' });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.trimEnd() : describe(cause);
    throw new LlmError('invalid_input', `${where} is no YAML: ${why}`, { cause });
  }
  if (typeof value === 'string') return { name, prompt: value };
  if (!isMapping(value)) {
    const what = value === null ? 'is empty' : `is ${describe(value)}`;
    throw new LlmError('invalid_input', `${where} ${what}; a template is a text, or a mapping with ${keys()}`);
  }
  return { name, ...checkContent(value, where) };
}

/**
 * What holds of the keys of a template.
 *
 * @throws LlmError `invalid_input` for an unknown key, and for a value that does not fit.
 */
export function checkContent(value: Readonly<Record<string, unknown>>, where: string): TemplateContent {
  const given = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  for (const [key, member] of given) {
    const rule = Object.hasOwn(rules, key) ? rules[key as keyof TemplateContent] : undefined;
    if (!rule)
      throw new LlmError('invalid_input', `${where} has the unknown key ${describe(key)}; it may have ${keys()}`);
    if (!rule.fits(member)) {
      throw new LlmError('invalid_input', `${where}: ${key} is ${describe(member)}; it takes ${rule.allowed}`);
    }
  }
  return Object.fromEntries(given);
}

/** A value of a variable as it is put into a text. */
export function textOfValue(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function keys(): string {
  return Object.keys(rules).join(', ');
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf(value: unknown, fits: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(fits);
}
