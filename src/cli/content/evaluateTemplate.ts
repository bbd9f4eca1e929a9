// What a template makes of an input: its prompt and its instructions with the variables put in.
import { LlmError } from '../../values/error.ts';
import type { JsonValue } from '../../values/json.ts';
import { textOfValue, type Template } from './template.ts';

export interface TemplateInput {
  /** What the user says: where `usesInput` holds, with what was piped in; elsewhere that is put before the result. */
  readonly input?: string | undefined;
  /** Values of variables, by `-p`. They come before the template's defaults. */
  readonly params?: Readonly<Record<string, string>> | undefined;
}

export interface EvaluatedTemplate {
  readonly prompt: string;
  /** Undefined where it has no instructions. */
  readonly system: string | undefined;
}

/** Whether the template says where the input goes: only then is standard input read for it. */
export function usesInput({ prompt = '', system = '' }: Template): boolean {
  return [...variablesOf(prompt), ...variablesOf(system)].includes('input');
}

/**
 * Puts `$name` and `${name}` in; `$$` is one `$`, and a `$` before anything else stays. Without a prompt of the template
 * the input is the prompt; where `$input` stands nowhere, it follows on a line of its own.
 *
 * @throws LlmError `invalid_input` that names every variable without a value.
 */
export function evaluateTemplate(
  template: Template,
  { input = '', params = {} }: TemplateInput = {},
): EvaluatedTemplate {
  const { prompt = '', system = '', defaults = {}, name } = template;
  const values = new Map<string, JsonValue>([...Object.entries(defaults), ...Object.entries(params), ['input', input]]);
  const wanted = new Set([...variablesOf(prompt), ...variablesOf(system)]);
  const missing = [...wanted].filter((variable) => !values.has(variable));
  if (missing.length > 0) {
    const way = missing.map((variable) => `-p ${variable} VALUE`).join(' ');
    const message = `template ${JSON.stringify(name)} has no value for ${missing.join(', ')}; give ${way}`;
    throw new LlmError('invalid_input', message);
  }
  const filled = prompt === '' ? input : fill(prompt, values);
  const isAdded = prompt !== '' && input !== '' && !wanted.has('input');
  return {
    prompt: isAdded ? `${filled}\n${input}` : filled,
    system: system === '' ? undefined : fill(system, values),
  };
}

/** Those of Python's string.Template: letters of ASCII, digits and `_`. */
const placeholder = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/g;

function variablesOf(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].flatMap(([, , bare, braced]) => bare ?? braced ?? []);
}

function fill(text: string, values: ReadonlyMap<string, JsonValue>): string {
  return text.replaceAll(placeholder, (_, dollar?: string, bare?: string, braced?: string) =>
    dollar === undefined ? textOfValue(values.get(bare ?? braced ?? '') ?? '') : '$',
  );
}
